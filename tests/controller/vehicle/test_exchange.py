"""Protocol machines over a link: several at once, over a bad radio, cancelled, and with errors."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from controller.app.station import Station
from controller.errors import LinkError
from controller.link.impair import ImpairedLink
from controller.link.memory import memory_pair
from controller.link.url import Impairment
from controller.missions.plan import Plan
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.params.client_list import ParamList
from controller.protocol.state_machine import Progress, StateMachine
from controller.wire.address import Address
from controller.wire.message import Message
from hil.sim.clock import VirtualClock
from tests.support.flights import plan_of, vehicle_with, waypoint
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle


class FaultyMachine(StateMachine[None]):
    """Machine with a bug."""

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        raise ZeroDivisionError("a bug")


def long_plan(count: int) -> Plan:
    return plan_of(*(waypoint(number % 50, number // 50) for number in range(count)))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("stack", ["ardupilot", "px4"])
async def test_a_mission_is_uploaded_and_verified_over_a_bad_radio(stack: str, seed: int) -> None:
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    bad = Impairment(loss=0.2, delay_ms=150, dup=0.05, reorder=0.05, seed=seed)
    plan = long_plan(60)
    async with asyncio.TaskGroup() as group:
        scripted = ScriptedVehicle(stack, clock, Script(ready_at_s=0))
        living = group.create_task(scripted.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ImpairedLink(ours, bad))
            vehicle = await station.vehicle()
            uploaded = await vehicle.mission.upload(plan)
            assert uploaded.items == len(scripted.items) == 60
        living.cancel()


async def test_transfers_of_different_services_run_side_by_side() -> None:
    async with vehicle_with("ardupilot") as (vehicle, _):
        await vehicle.mission.upload(long_plan(5))
        params, mission, version = await asyncio.gather(
            vehicle.params.list(),
            vehicle.mission.download(with_areas=False),
            vehicle.message("AUTOPILOT_VERSION"),
        )
        assert set(params) == {"TKOFF_ALT", "TEST_COUNT"}
        assert len(mission.items) == 5
        assert version.name == "AUTOPILOT_VERSION"


async def test_progress_is_reported_as_it_grows() -> None:
    reported: list[Progress] = []
    async with vehicle_with("px4") as (vehicle, _):
        await vehicle.mission.upload(long_plan(4), progress=reported.append)
    counts = [progress.done for progress in reported if progress.text.startswith("uploading")]
    assert counts == sorted(counts)
    assert counts[-1] == 4


async def test_a_bug_in_a_machine_reaches_only_its_caller() -> None:
    async with vehicle_with("ardupilot") as (vehicle, _):
        results = await asyncio.gather(
            vehicle.run(FaultyMachine()), vehicle.params.get("TKOFF_ALT"), return_exceptions=True
        )
        assert isinstance(results[0], ZeroDivisionError)
        assert results[1] == 50.0


@pytest.mark.parametrize("machine", [MissionUpload, MissionDownload])
async def test_a_cancelled_mission_transfer_sends_a_cancelling_ack(machine: Any) -> None:
    script = Script(
        ready_at_s=0, silent_when=lambda one: any(m.name.startswith("MISSION_") for m in one.received)
    )
    async with vehicle_with("ardupilot", script) as (vehicle, scripted):
        items = vehicle.autopilot.wire_plan(long_plan(3).wire_items(first_seq=1), None).items
        run = machine(vehicle.address, items) if machine is MissionUpload else machine(vehicle.address)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(2.0):
                await vehicle.run(run)
        await asyncio.sleep(0.1)
        assert scripted.received[-1].name in ("MISSION_ACK", "HEARTBEAT")
        acks = [message for message in scripted.received if message.name == "MISSION_ACK"]
        assert [ack.type for ack in acks] == [15]  # MAV_MISSION_OPERATION_CANCELLED


async def test_other_cancelled_machines_send_nothing() -> None:
    script = Script(
        ready_at_s=0, silent_when=lambda one: any(m.name == "PARAM_REQUEST_LIST" for m in one.received)
    )
    async with vehicle_with("ardupilot", script) as (vehicle, scripted):
        before = len(scripted.received)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1.0):
                await vehicle.run(ParamList(vehicle.address, vehicle.encoding))
        after = [message.name for message in scripted.received[before:] if message.name != "HEARTBEAT"]
        assert after == ["PARAM_REQUEST_LIST"]


async def test_no_answer_is_a_link_error() -> None:
    script = Script(
        ready_at_s=0, silent_when=lambda one: any(m.name == "PARAM_REQUEST_READ" for m in one.received)
    )
    async with vehicle_with("ardupilot", script) as (vehicle, _):
        with pytest.raises(LinkError):
            await vehicle.params.get("TKOFF_ALT")
