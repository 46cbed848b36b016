"""After a fall whose impact no accelerometer can measure, the estimate comes back to the ground."""

from __future__ import annotations

import asyncio

import pytest

from tests.support.ground_station import flying, until

STOP_IN_FLIGHT = 21196


@pytest.mark.parametrize("autopilot", ["ardupilot", "px4"])
async def test_height_and_speed_are_those_of_the_ground_soon_after_a_fall(autopilot: str) -> None:
    async with flying(autopilot) as (vehicle, ground):
        if autopilot == "ardupilot":
            await ground.command(176, 1, 4)
        await ground.command(22, 0, 0, 0, 0, 0, 0, 500.0)
        await ground.command(400, 1)
        if autopilot == "ardupilot":
            await ground.command(22, 0, 0, 0, 0, 0, 0, 12.0)
        await until(lambda: vehicle.loop.truth.pos_ned[2] < -11.0, within_s=60.0)
        await ground.command(400, 0, STOP_IN_FLIGHT)
        await until(lambda: vehicle.loop.truth.pos_ned[2] > -0.5, within_s=20.0)
        await asyncio.sleep(10.0)
        estimate = vehicle.loop.estimate
        assert abs(estimate.pos_ned[2] - vehicle.loop.truth.pos_ned[2]) < 1.5
        assert abs(estimate.vel_ned[2]) < 0.5
        assert not vehicle.loop.armed
