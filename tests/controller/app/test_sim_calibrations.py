"""Calibrations of the emulated autopilots, started, confirmed and stopped by an operator."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from controller.app.station import Station
from controller.autopilots.calibrations import calibrations
from controller.link.memory import memory_pair
from controller.protocol.calibration.base import CalibrationView
from controller.vehicle.calibration.calibrate import RunningCalibration
from controller.vehicle.vehicle import Vehicle
from hil.sim.clock import VirtualClock
from hil.sim.vehicle import SimVehicle


@asynccontextmanager
async def aircraft(face: str) -> AsyncIterator[Vehicle]:
    clock = VirtualClock()
    ours, theirs = memory_pair("ground", "aircraft")
    simulated = SimVehicle("quad_x", face, clock=clock)
    async with asyncio.TaskGroup() as group:
        living = group.create_task(simulated.run(theirs))
        async with Station(clock=clock) as station:
            await station.add(ours)
            yield await station.vehicle(timeout_s=30.0)
        living.cancel()


async def calibrated(vehicle: Vehicle, name: str) -> CalibrationView:
    recipe = next(one for one in calibrations(vehicle.autopilot) if one.name == name)
    running = RunningCalibration(vehicle, recipe)
    task = asyncio.create_task(running.run())
    while not task.done():
        if running.view.confirm:
            running.confirm()
        await asyncio.sleep(0.1)
    return await task


@pytest.mark.parametrize("face", ["ardupilot", "px4"])
async def test_everything_that_is_offered_can_be_calibrated(face: str) -> None:
    async with aircraft(face) as vehicle:
        for recipe in calibrations(vehicle.autopilot):
            view = await calibrated(vehicle, recipe.name)
            assert (recipe.name, view.phase) == (recipe.name, "done"), view.says


async def test_a_second_calibration_is_refused_while_one_runs() -> None:
    async with aircraft("px4") as vehicle:
        first = RunningCalibration(vehicle, calibrations(vehicle.autopilot)[0])
        task = asyncio.create_task(first.run())
        await asyncio.sleep(2)
        assert "TEMPORARILY_REJECTED" in (await calibrated(vehicle, "gyro")).says
        first.stop()
        assert (await task).phase == "cancelled"
