"""Geofences: breaches and the reactions of each stack, by its parameters."""

from __future__ import annotations

import asyncio

import pytest

from controller.geo import METRES_PER_DEGREE
from controller.protocol.mission.items import MissionItem
from controller.wire import messages as m
from controller.wire.enums import MAV_CMD, MAV_SYS_STATUS_SENSOR
from hil.autopilot.failsafe.fence_areas import FenceAreas
from tests.support.ground_station import flying, until

LAT, LON = 473_977_419, 85_455_938
METRE = 1e7 / METRES_PER_DEGREE
INSIDE, OUTSIDE = MAV_CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION, MAV_CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION
CIRCLE_INSIDE, CIRCLE_OUTSIDE = MAV_CMD.NAV_FENCE_CIRCLE_INCLUSION, MAV_CMD.NAV_FENCE_CIRCLE_EXCLUSION


def item(command: int, param1: float, north_m: float, east_m: float = 0.0) -> MissionItem:
    x, y = LAT + round(north_m * METRE), LON + round(east_m * METRE / 0.6769)
    return MissionItem(frame=0, command=int(command), param1=param1, x=x, y=y, mission_type=1)


def square(command: int, south_m: float, north_m: float) -> list[MissionItem]:
    corners = ((south_m, -50.0), (south_m, 50.0), (north_m, 50.0), (north_m, -50.0))
    return [item(command, 4.0, *corner) for corner in corners]


def breach_m(areas: list[MissionItem], north_m: float, *, any_inclusion: bool = False) -> float:
    at = item(0, 0.0, north_m)
    return FenceAreas(areas).breach_m(at.x * 1e-7, at.y * 1e-7, any_inclusion=any_inclusion)


@pytest.mark.parametrize(
    ("areas", "north_m", "metres"),
    [
        ([], 0.0, 0.0),
        (square(INSIDE, -50.0, 50.0), 30.0, 0.0),
        (square(INSIDE, -50.0, 50.0), 80.0, 30.0),
        (square(OUTSIDE, 20.0, 60.0), 0.0, 0.0),
        (square(OUTSIDE, 20.0, 60.0), 35.0, 15.0),
        ([item(CIRCLE_INSIDE, 40.0, 0.0)], 39.0, 0.0),
        ([item(CIRCLE_INSIDE, 40.0, 0.0)], 47.0, 7.0),
        ([item(CIRCLE_OUTSIDE, 40.0, 0.0)], 30.0, 10.0),
        ([*square(INSIDE, -50.0, 50.0), item(CIRCLE_OUTSIDE, 10.0, 30.0)], 30.0, 10.0),
    ],
)
def test_the_distance_beyond_a_fence_is_measured_to_its_border(
    areas: list[MissionItem], north_m: float, metres: float
) -> None:
    assert breach_m(areas, north_m) == pytest.approx(metres, abs=0.1)


def test_of_two_inclusion_areas_all_or_one_are_required() -> None:
    areas = [*square(INSIDE, -50.0, 50.0), *square(INSIDE, 20.0, 90.0)]
    assert breach_m(areas, 70.0) == pytest.approx(20.0, abs=0.1)
    assert breach_m(areas, 70.0, any_inclusion=True) == 0.0


def mission(stack: str) -> list[MissionItem]:
    """Take off and fly 300 m north at 20 m."""
    home = [MissionItem(frame=0, command=16)] if stack == "ardupilot" else []
    return [
        *home,
        MissionItem(frame=3, command=22, param4=float("nan"), x=LAT, y=LON, z=20.0),
        MissionItem(frame=3, command=16, x=LAT + round(300 * METRE), y=LON, z=20.0),
    ]


MODES = {
    "ardupilot": ((176, 1, 4), (400, 1), (176, 1, 3), (300,)),
    "px4": ((176, 1, 4, 4), (400, 1)),
}
ARDUPILOT = {"FENCE_ENABLE": 1.0}
FENCE = square(INSIDE, -50.0, 100.0)


@pytest.mark.parametrize(
    ("stack", "params", "fence", "mode", "text"),
    [
        ("ardupilot", ARDUPILOT, FENCE, "RTL", "Polygon fence breached"),
        ("ardupilot", ARDUPILOT | {"FENCE_ACTION": 4.0}, FENCE, "BRAKE", "Polygon fence breached"),
        ("ardupilot", ARDUPILOT | {"FENCE_ACTION": 2.0}, FENCE, "LAND", "Polygon fence breached"),
        ("ardupilot", ARDUPILOT | {"FENCE_RADIUS": 80.0}, [], "RTL", "Circle fence breached"),
        ("ardupilot", ARDUPILOT | {"FENCE_ALT_MAX": 15.0}, [], "RTL", "Max Alt fence breached"),
        ("px4", {}, FENCE, "LOITER", "Geofence: approaching or outside geofence"),
        ("px4", {"GF_ACTION": 3.0}, FENCE, "RTL", "Geofence: approaching or outside geofence"),
        ("px4", {"GF_MAX_HOR_DIST": 80.0}, [], "LOITER", "Geofence: exceeding maximum distance to Home"),
    ],
)
async def test_a_breach_has_the_stacks_reaction(
    stack: str, params: dict[str, float], fence: list[MissionItem], mode: str, text: str
) -> None:
    async with flying(stack, params=params) as (vehicle, ground):
        if fence:
            assert await ground.upload(fence) == 0
        assert await ground.upload(mission(stack)) == 0
        for command in MODES[stack]:
            assert await ground.command(*command) == 0
        await until(lambda: vehicle.autopilot.commander.mode.name == mode, within_s=60.0)
        await asyncio.sleep(1.0)
        assert text in ground.texts()
        assert vehicle.loop.estimate.pos_ned[0] < 125.0


@pytest.mark.parametrize(
    ("stack", "params"),
    [
        ("ardupilot", {"FENCE_ENABLE": 0.0}),
        ("ardupilot", ARDUPILOT | {"FENCE_ACTION": 0.0}),
        ("px4", {"GF_ACTION": 1.0}),
    ],
    ids=["off", "report only", "warning"],
)
async def test_a_fence_that_is_off_or_only_reports_lets_the_mission_go_on(
    stack: str, params: dict[str, float]
) -> None:
    async with flying(stack, params=params | ({"FENCE_RADIUS": 900.0} if stack == "ardupilot" else {})) as (
        vehicle,
        ground,
    ):
        assert await ground.upload(FENCE) == 0
        assert await ground.upload(mission(stack)) == 0
        for command in MODES[stack]:
            assert await ground.command(*command) == 0
        await until(lambda: vehicle.loop.estimate.pos_ned[0] > 150.0, within_s=90.0)
        assert vehicle.autopilot.commander.in_mission


async def test_ardupilot_does_not_arm_outside_its_fence() -> None:
    async with flying("ardupilot", params=ARDUPILOT) as (vehicle, ground):
        assert await ground.upload(square(INSIDE, 20.0, 90.0)) == 0
        await until(lambda: vehicle.autopilot.vehicle.fence_breached, within_s=10.0)
        assert await ground.command(400, 1) == 4
        await ground.until("STATUSTEXT", text="Arm: Vehicle breaching Polygon fence")
        request = m.COMMAND_LONG(command=512, param1=1.0, target_system=1, target_component=1)
        status = await ground.ask(request, "SYS_STATUS")
        assert not status.onboard_control_sensors_health & MAV_SYS_STATUS_SENSOR.GEOFENCE
