"""RC input and setpoints in all supported messages and frames."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest

from controller.protocol.mission.items import MissionItem
from controller.wire import messages as m
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import AIRCRAFT, Ground, flying, until

US = {"target_system": 1, "target_component": 1}


async def hover(vehicle: SimVehicle, ground: Ground, *, heading_deg: float = 0.0) -> None:
    """Fly ArduCopter to 10 m in GUIDED."""
    for command in ((176, 1, 4), (400, 1), (22, 0, 0, 0, 0, 0, 0, 10)):
        assert await ground.command(*command) == 0
    await until(lambda: vehicle.loop.truth.pos_ned[2] < -9.7, within_s=30.0)
    if heading_deg:
        assert await ground.command(115, heading_deg, 0, 1, 0) == 0
    await asyncio.sleep(5.0)


async def keep(ground: Ground, message: Any, seconds: float) -> None:
    for _ in range(round(seconds * 5)):
        await ground.send(message)
        await asyncio.sleep(0.2)


def local(frame: int, *, mask: int = 0xDF8, **values: float) -> Any:
    return m.SET_POSITION_TARGET_LOCAL_NED(coordinate_frame=frame, type_mask=mask, **US, **values)


@pytest.mark.parametrize(
    ("frame", "point", "expected"),
    [
        (1, (8.0, 0.0, -12.0), (8.0, 0.0, -12.0)),  # LOCAL_NED
        (7, (8.0, 0.0, -2.0), (8.0, 0.0, -12.0)),  # LOCAL_OFFSET_NED
        (9, (8.0, 0.0, -2.0), (0.0, 8.0, -12.0)),  # BODY_OFFSET_NED, nose to the east
        (8, (8.0, 0.0, -12.0), (0.0, 8.0, -12.0)),  # BODY_NED
    ],
)
async def test_a_position_setpoint_is_flown_in_every_local_frame(
    frame: int, point: Any, expected: Any
) -> None:
    async with flying() as (vehicle, ground):
        await hover(vehicle, ground, heading_deg=90.0)
        x, y, z = point
        await ground.send(local(frame, x=x, y=y, z=z))
        await until(lambda: math.dist(vehicle.loop.truth.pos_ned, expected) < 1.2, within_s=30.0)


async def test_a_global_position_setpoint_is_flown() -> None:
    async with flying() as (vehicle, ground):
        await hover(vehicle, ground)
        await ground.send(
            m.SET_POSITION_TARGET_GLOBAL_INT(
                coordinate_frame=6, type_mask=0xDF8, lat_int=473_978_319, lon_int=85_455_938, alt=13.0, **US
            )
        )
        await until(lambda: math.dist(vehicle.loop.truth.pos_ned, (10.0, 0.0, -13.0)) < 1.2, within_s=30.0)


async def test_unsupported_setpoints_are_reported_once() -> None:
    async with flying() as (vehicle, ground):
        await hover(vehicle, ground)
        await ground.send(local(13, x=1.0), m.SET_ATTITUDE_TARGET(**US), m.SET_ATTITUDE_TARGET(**US))
        await asyncio.sleep(0.2)
        texts = ground.texts()
        assert "Setpoint in frame 13 is not supported" in texts
        assert texts.count("SET_ATTITUDE_TARGET is not supported") == 1


async def test_rc_input_moves_the_vehicle_in_loiter_and_centred_sticks_hold_it() -> None:
    async with flying() as (vehicle, ground):
        await hover(vehicle, ground)
        assert await ground.command(176, 1, 5) == 0
        await keep(ground, m.MANUAL_CONTROL(target=1, x=500, y=0, z=500, r=0), 4.0)
        assert vehicle.loop.truth.vel_ned[0] == pytest.approx(5.0, abs=0.8)
        await asyncio.sleep(8.0)
        assert math.hypot(*vehicle.loop.truth.vel_ned) < 0.5


async def test_a_raised_throttle_takes_off_and_starts_a_mission() -> None:
    up = m.RC_CHANNELS_OVERRIDE(chan1_raw=1500, chan2_raw=1500, chan3_raw=1700, chan4_raw=1500, **US)
    async with flying() as (vehicle, ground):
        assert await ground.command(176, 1, 5) == 0
        assert await ground.command(400, 1) == 0
        await keep(ground, up, 5.0)
        assert vehicle.loop.truth.pos_ned[2] < -1.0
    takeoff = MissionItem(frame=3, command=22, z=8.0)
    async with flying() as (vehicle, ground):
        assert await ground.upload([MissionItem(frame=0, command=16), takeoff]) == 0
        for command in ((176, 1, 4), (400, 1), (176, 1, 3)):
            assert await ground.command(*command) == 0
        await asyncio.sleep(3.0)
        assert vehicle.loop.estimate.landed
        await keep(ground, up, 6.0)
        assert vehicle.loop.truth.pos_ned[2] < -4.0


async def test_a_fence_is_stored_and_answered_with_the_stacks_text() -> None:
    corners = [
        MissionItem(
            frame=0, command=5001, param1=3.0, x=473_977_000 + north, y=85_456_000 + east, mission_type=1
        )
        for north, east in ((0, 0), (9000, 0), (0, 9000))
    ]
    async with flying() as (_, ground):
        assert await ground.upload(corners) == 0
        await ground.until("STATUSTEXT", text="Fence received")
        where = {"target_system": AIRCRAFT.system, "target_component": AIRCRAFT.component, "mission_type": 1}
        count = await ground.ask(m.MISSION_REQUEST_LIST(**where), "MISSION_COUNT")
        assert (count.count, count.mission_type) == (3, 1)
