"""The aircraft's parameters: unknown names, values that do not stay, and files that are loaded without harm."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from controller.autopilots.ardupilot import ArduPilot
from controller.autopilots.px4 import PX4
from controller.autopilots.vehicle_class import VehicleClass
from controller.errors import LinkError, VerificationFailed
from controller.protocol.params.server import ParamService, ParamStore
from controller.protocol.params.values import ParamRefused, ParamValue
from controller.protocol.params.wire import INT32, REAL32, ParamEncoding
from controller.protocol.state_machine import Progress
from controller.wire.address import Address
from controller.wire.message import Message
from tests.support.flights import vehicle_with
from tests.support.mavlink.lossy_pipe import VEHICLE
from tests.support.scripted.script import Script

REAL = Path(__file__).parents[2] / "data" / "real"
STACKS = pytest.mark.parametrize("stack", ["ardupilot", "px4"])
EXTRA = [
    ParamValue("FLTMODE_GCSBLOCK", 2097152, INT32),
    ParamValue("STAT_BOOTCNT", 3, INT32),
    ParamValue("LND_FLIGHT_T_LO", 77, INT32),
    ParamValue("WPNAV_SPEED", 500.0, REAL32),
]


def script(**more: Any) -> Script:
    return Script(ready_at_s=0.0, params=list(EXTRA), **more)


# -- unknown names


@STACKS
async def test_an_unknown_name_is_refused_soon_with_the_names_that_look_like_it(stack: str) -> None:
    async with vehicle_with(stack, script()) as (vehicle, _):
        began_s = vehicle.clock.now()
        with pytest.raises(ParamRefused) as caught:
            await vehicle.params.get("WPNAV_SPED")
        assert vehicle.clock.now() - began_s < (1.0 if stack == "ardupilot" else 5.0)
        assert "the aircraft has no such parameter" in str(caught.value)
        assert "did you mean WPNAV_SPEED?" in str(caught.value)
        assert "link" not in caught.value.what
        with pytest.raises(ParamRefused, match="has no such parameter"):
            await vehicle.params.set("WPNAV_SPED", 5)


async def test_a_dead_link_is_not_taken_for_an_unknown_name() -> None:
    made = script()
    async with vehicle_with("px4", made) as (vehicle, _):
        made.silent_when = lambda _: True
        await asyncio.sleep(6)
        with pytest.raises(LinkError, match="no answer"):
            await vehicle.params.get("WPNAV_SPEED")


class UnlistedService(ParamService):
    """Serves a parameter that is in no list (PX4, before its first use)."""

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name == "PARAM_REQUEST_LIST":
            return []
        answers = super().receive(message, source, now)
        return [answer.replace(param_index=65535, param_count=6) for answer in answers]


async def test_a_parameter_in_no_list_is_read_by_name_and_loaded(tmp_path: Path) -> None:
    hidden = ParamStore([ParamValue("MIS_DIST_1WP", 900.0, REAL32)])
    made = script(services=[UnlistedService(VEHICLE, hidden, ParamEncoding.BYTEWISE)])
    file = tmp_path / "a.param"
    file.write_text("MIS_DIST_1WP,800\n", encoding="utf-8")
    async with vehicle_with("px4", made) as (vehicle, _):
        assert await vehicle.params.get("MIS_DIST_1WP") == 900.0
        assert await vehicle.params.load(file) == ({"MIS_DIST_1WP": (900.0, 800.0)}, {})


# -- values that do not stay


@STACKS
async def test_a_value_that_the_aircraft_changes_a_moment_later_is_reported(
    stack: str, tmp_path: Path
) -> None:
    async with vehicle_with(stack, script()) as (vehicle, scripted):
        loop = asyncio.get_running_loop()
        loop.call_later(0.8, scripted.params.set, "TEST_COUNT", 12)
        with pytest.raises(VerificationFailed, match=r"did not keep 9999: 1/1 changed it to 12 a moment"):
            await vehicle.params.set("TEST_COUNT", 9999)
        file = tmp_path / "a.param"
        file.write_text("TEST_COUNT,9999\nWPNAV_SPEED,600\n", encoding="utf-8")
        loop.call_later(1.0, scripted.params.set, "TEST_COUNT", 12)
        changed, failed = await vehicle.params.load(file)
    assert changed == {"WPNAV_SPEED": (500.0, 600.0)}
    assert "changed it to 12 a moment later" in failed["TEST_COUNT"]


# -- loading


async def test_only_the_low_bit_that_differs_is_written(tmp_path: Path) -> None:
    file = tmp_path / "low_bits.param"
    file.write_text("FLTMODE_GCSBLOCK,2097153\nWPNAV_SPEED,500.0004\n", encoding="utf-8")
    async with vehicle_with("ardupilot", script()) as (vehicle, scripted):
        assert await vehicle.params.load(file) == ({"FLTMODE_GCSBLOCK": (2097152, 2097153)}, {})
        sets = [message.param_id for message in scripted.received if message.name == "PARAM_SET"]
    assert sets == ["FLTMODE_GCSBLOCK"]


@pytest.mark.parametrize(("stack", "kept"), [("ardupilot", "STAT_BOOTCNT"), ("px4", "LND_FLIGHT_T_LO")])
async def test_values_that_the_autopilot_maintains_are_not_written_back(stack: str, kept: str) -> None:
    values: dict[str, float | int] = {kept: 1, "WPNAV_SPEED": 600}
    async with vehicle_with(stack, script()) as (vehicle, scripted):
        plan = await vehicle.params.plan(values)
        assert (plan.left, list(plan.changes)) == ((kept,), ["WPNAV_SPEED"])
        assert (await vehicle.params.plan({kept: EXTRA_VALUES[kept]})).left == ()
        result = await vehicle.params.apply(await vehicle.params.plan(values, everything=True))
        assert scripted.params[kept] == 1
    assert (len(result.changed), result.failed) == (2, {})


EXTRA_VALUES = {value.name: value.value for value in EXTRA}


async def test_a_value_that_does_not_fit_its_type_is_listed_before_anything_is_written() -> None:
    values: dict[str, float | int] = {"TEST_COUNT": 0.5, "FLTMODE_GCSBLOCK": 16777217, "TKOFF_ALT": 20}
    async with vehicle_with("ardupilot", script()) as (vehicle, _):
        plan = await vehicle.params.plan(values)
        result = await vehicle.params.apply(plan)
    assert list(plan.changes) == list(result.changed) == ["TKOFF_ALT"]
    assert plan.impossible == {
        "TEST_COUNT": "invalid value 0.5: the parameter is an integer",
        "FLTMODE_GCSBLOCK": "cannot encode 16777217: not exact as a 32-bit float",
    }


async def test_names_that_the_aircraft_does_not_have_are_listed_and_the_others_written() -> None:
    values: dict[str, float | int] = {"WPNAV_SPED": 600, "TKOFF_ALT": 20, "WPNAV_SPEED": 600}
    async with vehicle_with("ardupilot", script()) as (vehicle, _):
        result = await vehicle.params.apply(await vehicle.params.plan(values))
    assert list(result.changed) == ["TKOFF_ALT", "WPNAV_SPEED"]
    assert result.failed == {"WPNAV_SPED": "the aircraft has no such parameter; did you mean WPNAV_SPEED?"}


async def test_many_unknown_names_of_px4_do_not_take_minutes() -> None:
    values: dict[str, float | int] = {f"NO_SUCH_{number}": 1 for number in range(60)}
    async with vehicle_with("px4", script()) as (vehicle, _):
        began_s = vehicle.clock.now()
        plan = await vehicle.params.plan(values)
        assert vehicle.clock.now() - began_s < 10
    assert len(plan.impossible) == 60


async def test_a_link_lost_during_a_load_tells_what_was_written_and_what_was_not() -> None:
    made = script()
    values: dict[str, float | int] = {"TKOFF_ALT": 20, "WPNAV_SPEED": 600, "TEST_COUNT": 9}

    def dies(progress: Progress) -> None:
        if progress.text == "WPNAV_SPEED":
            made.silent_when = lambda _: True

    async with vehicle_with("ardupilot", made) as (vehicle, _):
        result = await vehicle.params.apply(await vehicle.params.plan(values), progress=dies)
    assert isinstance(result.error, LinkError)
    assert list(result.changed) == ["TKOFF_ALT"]
    assert {name: why.split(":")[0] for name, why in result.failed.items()} == {
        "WPNAV_SPEED": "not written", "TEST_COUNT": "not written"
    }  # fmt: skip


def test_px4s_maintained_parameters_are_the_volatile_ones_of_its_metadata() -> None:
    names = json.loads((REAL / "px4_volatile_parameters.json").read_text())
    px4 = PX4(VehicleClass.COPTER)
    assert [name for name in names["volatile"] if not px4.maintains(name)] == []
    assert [name for name in names["others"] if px4.maintains(name)] == []


def test_ardupilots_maintained_parameters_are_no_settings() -> None:
    copter = ArduPilot(VehicleClass.COPTER)
    kept = ("STAT_FLTTIME", "MIS_TOTAL", "FENCE_TOTAL", "COMPASS_DEV_ID2", "INS_ACC_ID", "BARO1_GND_PRESS")
    assert all(map(copter.maintains, kept))
    assert not any(map(copter.maintains, ("COMPASS_OFS_X", "FENCE_ENABLE", "FLTMODE1", "INS_ACCOFFS_X")))
