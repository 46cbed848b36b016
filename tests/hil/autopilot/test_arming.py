"""Arming, disarming and mode changes."""

from __future__ import annotations

import asyncio

import pytest

from controller.link.memory import memory_pair
from controller.wire import messages as m
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import Ground, flying, until

US = {"target_system": 1, "target_component": 1}
GUIDED, AUTO, RTL = 4, 3, 6


async def test_ardupilot_arms_only_with_a_position_and_names_the_failed_check() -> None:
    here, there = memory_pair()
    vehicle = SimVehicle(clock=VirtualClock())
    ground = Ground(there)
    async with asyncio.TaskGroup() as group:
        group.create_task(vehicle.run(here))
        group.create_task(ground.listen())
        await asyncio.sleep(0.5)
        assert await ground.command(176, 1, GUIDED) == 0
        assert await ground.command(400, 1) == 4
        await asyncio.sleep(0.1)
        assert "Arm: GPS 1: Bad fix" in ground.texts()
        assert not vehicle.loop.armed
        await there.close()


async def test_the_estimator_can_take_as_long_to_settle_as_on_a_real_autopilot() -> None:
    async with flying("ardupilot", settle_s=41.0) as (vehicle, ground):
        assert vehicle.time_s == pytest.approx(41.0, abs=0.2)
        assert "EKF3 IMU0 is using GPS" in ground.texts()


async def test_arming_in_an_unsuitable_mode_is_refused_by_name() -> None:
    async with flying("ardupilot") as (_, ground):
        assert await ground.command(176, 1, RTL) == 0
        assert await ground.command(400, 1) == 4
        await asyncio.sleep(0.1)
        assert "Arm: RTL mode not armable" in ground.texts()


async def test_px4_does_not_arm_in_mission_mode_without_a_mission() -> None:
    async with flying("px4") as (_, ground):
        assert await ground.command(176, 1, 4, 4) == 0
        assert await ground.command(400, 1) == 1
        await asyncio.sleep(0.1)
        assert "Arming denied: Resolve system health failures first" in ground.texts()


@pytest.mark.parametrize(("stack", "refusal"), [("ardupilot", 4), ("px4", 1)])
async def test_disarming_in_flight_needs_force(stack: str, refusal: int) -> None:
    async with flying(stack) as (vehicle, ground):
        if stack == "ardupilot":
            await ground.command(176, 1, GUIDED)
            await ground.command(400, 1)
            await ground.command(22, 0, 0, 0, 0, 0, 0, 5)
        else:
            await ground.command(176, 1, 4, 2)
            await ground.command(400, 1)
        await until(lambda: not vehicle.loop.estimate.landed, within_s=10.0)
        assert await ground.command(400, 0) == refusal
        assert vehicle.loop.armed
        assert await ground.command(400, 0, 21196) == 0
        assert not vehicle.loop.armed


@pytest.mark.parametrize(("stack", "after_s"), [("ardupilot", 10.0), ("px4", 10.0)])
async def test_an_armed_vehicle_disarms_when_it_does_not_take_off(stack: str, after_s: float) -> None:
    async with flying(stack) as (vehicle, ground):
        if stack == "ardupilot":
            await ground.command(176, 1, GUIDED)
        assert await ground.command(400, 1) == 0
        armed_s = vehicle.time_s
        await until(lambda: not vehicle.loop.armed, within_s=30.0)
        assert vehicle.time_s - armed_s == pytest.approx(after_s, abs=0.3)


async def test_ardupilot_takes_off_only_in_guided_and_armed() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        assert await ground.command(22, 0, 0, 0, 0, 0, 0, 10) == 4
        assert await ground.command(400, 1) == 0  # in STABILIZE
        assert await ground.command(22, 0, 0, 0, 0, 0, 0, 10) == 4
        assert vehicle.loop.estimate.landed


async def test_a_mission_without_takeoff_does_not_start_on_the_ground() -> None:
    from controller.protocol.mission.items import MissionItem

    item = MissionItem(frame=3, command=16, x=473_977_000, y=85_456_000, z=20.0)
    async with flying("ardupilot") as (_, ground):
        assert await ground.upload([item, item]) == 0
        await ground.command(176, 1, GUIDED)
        await ground.command(400, 1)
        assert await ground.command(176, 1, AUTO) == 4
        await asyncio.sleep(0.1)
        assert "Auto: Missing Takeoff Cmd" in ground.texts()


async def test_the_deprecated_set_mode_message_changes_the_mode() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        ack = await ground.ask(m.SET_MODE(target_system=1, base_mode=1, custom_mode=GUIDED), "COMMAND_ACK")
        assert (ack.command, ack.result) == (11, 0)
        assert vehicle.autopilot.commander.mode.name == "GUIDED"
        assert await ground.command(176, 1, 99) == 4
        await asyncio.sleep(0.1)
        assert "No such mode 99" in ground.texts()
