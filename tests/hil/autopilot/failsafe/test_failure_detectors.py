"""Crash check of ArduCopter and failure detector of PX4, on a copter that loses a motor after take-off."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest

from hil.faults.schedule import Fault
from tests.support.ground_station import flying, until

NAN = float("nan")


async def after_a_dead_motor(
    stack: str, params: dict[str, Any], *, at_m: float, within_s: float = 40.0
) -> tuple[bool, list[str]]:
    """Stop motor 2 at a height; return whether the copter is still armed some time later, and its texts."""
    async with flying(stack, params=params) as (vehicle, ground):
        takeoff = (22, 0, 0, 0, NAN, NAN, NAN, 20)
        commands = {"ardupilot": ((176, 1, 4), (400, 1), takeoff), "px4": ((176, 1, 4, 2), (400, 1))}
        for command in commands[stack]:
            assert await ground.command(*command) == 0
        await until(lambda: vehicle.loop.estimate.relative_alt_m > at_m, within_s=60.0)
        vehicle.loop.faults = (Fault.parse(f"motor2 dead {vehicle.time_s + 0.1:.1f}"),)
        with contextlib.suppress(TimeoutError):
            await until(lambda: not vehicle.loop.armed, within_s=within_s)
        await asyncio.sleep(0.5)
        return vehicle.loop.armed, [text.strip() for text in ground.texts()]


async def test_ardupilots_crash_check_disarms_a_wreck_and_says_the_angle() -> None:
    armed, texts = await after_a_dead_motor("ardupilot", {}, at_m=6.0)
    assert not armed
    assert [text for text in texts if text.startswith("Crash: Disarming: AngErr=") and ">30, Accel=" in text]
    armed, texts = await after_a_dead_motor("ardupilot", {"FS_CRASH_CHECK": 0}, at_m=6.0, within_s=20.0)
    assert armed
    assert not [text for text in texts if text.startswith("Crash")]


@pytest.mark.parametrize(
    ("params", "at_m", "said"),
    [
        ({}, 1.0, "Critical failure detected: lockdown"),
        ({"COM_LKDOWN_TKO": 0.0, "CBRK_FLIGHTTERM": 0}, 1.0, "Critical failure detected: terminate flight"),
        ({"COM_LKDOWN_TKO": 0.0}, 1.0, None),
    ],
)
async def test_px4s_failure_detector_stops_the_motors_by_its_parameters(
    params: dict[str, float], at_m: float, said: str | None
) -> None:
    armed, texts = await after_a_dead_motor("px4", params, at_m=at_m, within_s=6.0)
    assert armed == (said is None)
    assert [text for text in texts if text.startswith("Critical failure")] == ([said] if said else [])
