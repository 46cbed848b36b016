"""The pytest fixture `box`: the ground box between the simulated aircraft and the ground station."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from controller.logs.box.record import box_blocks, entries_of, verify_box_record
from controller.vehicle.vehicle import Vehicle
from hil.box.in_process import RECORD, InProcessBox
from hil.sim.session import SimSession


async def within(seconds: int, true: Callable[[], bool]) -> bool:
    """Return whether a condition becomes true in that time."""
    for _ in range(seconds * 5):
        if true():
            return True
        await asyncio.sleep(0.2)
    return False


@pytest.mark.box(dead_man={"silent_ms": 2000, "hold_ms": 3000, "action": "return"})
async def test_after_a_pulled_cable_the_box_alone_commands_return(
    sim: SimSession, box: InProcessBox, vehicle: Vehicle
) -> None:
    await vehicle.takeoff(10.0)
    assert await within(30, lambda: sim.aircraft.loop.estimate.relative_alt_m > 9.0)
    box.pull_cable()
    assert await within(120, lambda: not sim.aircraft.autopilot.vehicle.armed)
    assert (vehicle.state.armed, vehicle.state.mode) == (
        True,
        "GUIDED",
    )  # the ground station got none of it
    box.plug_in()
    assert await within(5, lambda: not vehicle.state.armed)
    assert vehicle.state.mode == "RTL"


@pytest.mark.box(emergency_stop={"action": "land"})
async def test_the_stop_on_the_box_reaches_the_aircraft(
    sim: SimSession, box: InProcessBox, vehicle: Vehicle, tmp_path: Path
) -> None:
    await vehicle.takeoff(10.0)
    assert await within(30, lambda: sim.aircraft.loop.estimate.relative_alt_m > 9.0)
    await box.press_stop()
    assert await within(5, lambda: vehicle.state.mode == "LAND")
    await asyncio.sleep(2.0)
    record = tmp_path / RECORD
    assert verify_box_record(record).ok
    assert len(entries_of(box_blocks(record))) > 1000
