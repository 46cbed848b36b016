"""Whole flights of simulated aircraft, in virtual time."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from controller.link.memory import memory_pair
from controller.protocol.mission.items import MissionItem
from controller.wire import messages as m
from hil.errors import ScenarioError
from hil.sim.clock import VirtualClock, run_virtual
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import Ground, flying, until, until_disarmed

LAT, LON = 473_977_419, 85_455_938
BOTH = pytest.mark.parametrize("stack", ["ardupilot", "px4"])


def at(north_m: float, east_m: float, alt_m: float = 15.0, command: int = 16, **more: Any) -> MissionItem:
    x, y = LAT + round(north_m / 1.1119 * 100), LON + round(east_m / 0.7532 * 100)
    return MissionItem(frame=3, command=command, x=x, y=y, z=alt_m, **more)


RETURN = MissionItem(frame=2, command=20)


def square(stack: str) -> list[MissionItem]:
    items = [at(0, 0, command=22), at(40, 0), at(40, 40), at(0, 40), RETURN]
    return [MissionItem(frame=0, command=16), *items] if stack == "ardupilot" else items


async def fly(stack: str, ground: Ground) -> None:
    """Arm and start the mission as the autopilot stack requires."""
    start = (
        ((176, 1, 4), (400, 1), (176, 1, 3), (300,)) if stack == "ardupilot" else ((176, 1, 4, 4), (400, 1))
    )
    for command in start:
        assert await ground.command(*command) == 0, command


@BOTH
async def test_a_mission_is_flown_to_its_end(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        assert await ground.upload(square(stack)) == 0
        await fly(stack, ground)
        await until(lambda: vehicle.loop.truth.pos_ned[0] > 35.0, within_s=60.0)
        assert 14.0 < -vehicle.loop.truth.pos_ned[2] < 16.5
        await until_disarmed(vehicle)
        # PX4's last waypoint goes unreported, as the end of the mission follows in the same moment.
        assert ground.reached() == ([1, 2, 3, 4, 5] if stack == "ardupilot" else [0, 1, 2, 4])
        assert math.hypot(*vehicle.loop.truth.pos_ned[:2]) < 2.0
        assert vehicle.loop.truth.pos_ned[2] > -0.5


@BOTH
async def test_each_stack_flies_the_plan_as_seen_from_the_ground(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        await ground.command(511, 245, 100_000)
        assert await ground.upload(square(stack)) == 0
        await fly(stack, ground)
        await until_disarmed(vehicle)
        await asyncio.sleep(2.0)
        landed = [message.landed_state for _, message in ground.messages("EXTENDED_SYS_STATE")]
        order = [state for i, state in enumerate(landed) if i == 0 or landed[i - 1] != state]
        assert order == [1, 3, 2, 4, 1]
        beats = [message for _, message in ground.messages("HEARTBEAT")]
        assert beats[0].autopilot == {"ardupilot": 3, "px4": 12}[stack]
        assert [bool(beat.base_mode & 128) for beat in (beats[0], beats[len(beats) // 2], beats[-1])] == [
            False,
            True,
            False,
        ]
        assert beats[-1].system_status == 3


@BOTH
async def test_a_mission_can_be_interrupted_and_continued(stack: str) -> None:
    hold, mission = (5, 3) if stack == "ardupilot" else (0, 0)
    async with flying(stack) as (vehicle, ground):
        assert await ground.upload(square(stack)) == 0
        await fly(stack, ground)
        await until(lambda: vehicle.loop.truth.pos_ned[0] > 20.0, within_s=60.0)
        assert await ground.command(*((176, 1, hold) if stack == "ardupilot" else (176, 1, 4, 3))) == 0
        await asyncio.sleep(8.0)
        there = vehicle.loop.truth.pos_ned
        await asyncio.sleep(5.0)
        assert math.dist(there, vehicle.loop.truth.pos_ned) < 1.0
        assert await ground.command(*((176, 1, mission) if stack == "ardupilot" else (176, 1, 4, 4))) == 0
        await until_disarmed(vehicle)
        first = 1 if stack == "ardupilot" else 0
        assert ground.reached()[:3] == [first, first + 1, first + 2]


async def test_ardupilots_pause_and_continue() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        assert await ground.upload(square("ardupilot")) == 0
        await fly("ardupilot", ground)
        await until(lambda: vehicle.loop.truth.pos_ned[0] > 20.0, within_s=60.0)
        assert await ground.command(193, 0) == 0
        await asyncio.sleep(10.0)
        assert math.hypot(*vehicle.loop.truth.vel_ned) < 0.5
        assert vehicle.autopilot.commander.mode.name == "AUTO"
        assert await ground.command(193, 1) == 0
        await until_disarmed(vehicle)
        assert ground.reached() == [1, 2, 3, 4, 5]


async def test_px4_does_not_know_pause_and_continue() -> None:
    async with flying("px4") as (_, ground):
        assert await ground.command(193, 0) == 3


async def test_guided_flies_to_its_target() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        for command in ((176, 1, 4), (400, 1), (22, 0, 0, 0, 0, 0, 0, 10)):
            assert await ground.command(*command) == 0
        await until(lambda: vehicle.loop.truth.pos_ned[2] < -9.5, within_s=20.0)
        await ground.send(target(x=15.0, y=-10.0, z=-12.0))
        await until(lambda: math.dist(vehicle.loop.truth.pos_ned, (15.0, -10.0, -12.0)) < 1.0, within_s=30.0)
        await ground.send(target(mask=0xDC7, vx=0.0, vy=4.0))
        await asyncio.sleep(2.5)
        assert vehicle.loop.truth.vel_ned[1] == pytest.approx(4.0, abs=1.0)
        # Without renewal it ends after GUID_TIMEOUT.
        await asyncio.sleep(6.0)
        assert math.hypot(*vehicle.loop.truth.vel_ned) < 0.7
        assert await ground.command(115, 90, 0, 1, 0) == 0
        await asyncio.sleep(4.0)
        assert math.degrees(vehicle.loop.truth.euler_rad[2]) == pytest.approx(90.0, abs=4.0)


def target(*, mask: int = 0xDF8, **values: float) -> Any:
    return m.SET_POSITION_TARGET_LOCAL_NED(
        target_system=1, target_component=1, coordinate_frame=1, type_mask=mask, **values
    )


@BOTH
async def test_it_is_repositioned(stack: str) -> None:
    async with flying(stack) as (vehicle, ground):
        if stack == "ardupilot":
            for command in ((176, 1, 4), (400, 1), (22, 0, 0, 0, 0, 0, 0, 10)):
                assert await ground.command(*command) == 0
        else:
            for command in ((176, 1, 4, 2), (400, 1)):
                assert await ground.command(*command) == 0
        await until(lambda: not vehicle.loop.estimate.landed, within_s=20.0)
        await asyncio.sleep(8.0)
        there = at(20.0, 10.0)
        # PX4 takes z as above mean sea level, whatever the frame.
        home_m = vehicle.autopilot.vehicle.core.home.alt_amsl_m if stack == "px4" else 0.0
        place = {"x": there.x, "y": there.y, "z": home_m + 12.0, "frame": 6}
        order = m.COMMAND_INT(
            command=192,
            target_system=1,
            target_component=1,
            param1=-1.0,
            param2=1.0,
            param4=math.nan,
            **place,
        )
        assert (await ground.ask(order, "COMMAND_ACK", command=192)).result == 0
        await until(lambda: math.dist(vehicle.loop.truth.pos_ned, (20.0, 10.0, -12.0)) < 2.0, within_s=40.0)


@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
def test_the_same_seed_repeats_the_flight(stack: str) -> None:
    async def bytes_of(seed: int) -> bytes:
        async with flying(stack, seed=seed) as (vehicle, ground):
            assert await ground.upload(square(stack)) == 0
            await fly(stack, ground)
            await asyncio.sleep(15.0)
            assert vehicle.loop.armed
            return bytes(ground.raw)

    first = run_virtual(bytes_of(5))
    assert run_virtual(bytes_of(5)) == first
    assert run_virtual(bytes_of(6)) != first


async def test_two_links_are_served_each_at_its_own_rates() -> None:
    one, other = memory_pair("aircraft", "one"), memory_pair("aircraft", "other")
    vehicle = SimVehicle(clock=VirtualClock())
    first, second = Ground(one[1]), Ground(other[1])
    async with asyncio.TaskGroup() as group:
        group.create_task(vehicle.run(one[0], other[0]))
        group.create_task(first.listen())
        group.create_task(second.listen())
        assert await first.command(511, 30, 100_000) == 0
        await asyncio.sleep(5.0)
        assert len(first.messages("ATTITUDE")) == pytest.approx(50, abs=1)
        assert not second.messages("ATTITUDE")
        assert len(second.messages("HEARTBEAT")) == pytest.approx(5, abs=1)
        assert first.texts() == second.texts()
        await one[1].close()
        await asyncio.sleep(1.0)  # the other link goes on
        assert await second.command(520) == 0
        await other[1].close()


@pytest.mark.parametrize(
    "options",
    [{"autopilot": "betaflight"}, {"system_id": 0}, {"speed": 0.0}, {"params": {"NO_SUCH": 1.0}}],
)
def test_a_wrong_option_is_one_line(options: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError) as refused:
        SimVehicle(**options)
    assert "\n" not in str(refused.value)


async def test_a_blocked_link_does_not_stop_the_flight() -> None:
    here, there = memory_pair("aircraft", "ground", limit_bytes=100)
    vehicle = SimVehicle(clock=VirtualClock())
    async with asyncio.TaskGroup() as group:
        group.create_task(vehicle.run(here))
        await asyncio.sleep(30.0)
        assert vehicle.time_s > 5.0
        await there.close()
