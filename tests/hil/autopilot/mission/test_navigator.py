"""Missions item by item: the flight of each kind of item, and the order of the items."""

from __future__ import annotations

import asyncio
import itertools
import math
from typing import Any

import pytest

from controller.missions.estimate import estimate
from controller.missions.plan import Plan, PlanItem
from controller.protocol.mission.items import MissionItem
from hil.autopilot.mission.arc import arc_between
from hil.sim.vehicle import SimVehicle
from tests.support.ground_station import Ground, flying, until, until_disarmed

LAT, LON = 473_977_419, 85_455_938
HOME = MissionItem(frame=0, command=16)
RETURN = MissionItem(frame=3, command=20)
UP = MissionItem(frame=3, command=22, z=10.0)


def at(north_m: float, east_m: float, alt_m: float = 10.0, command: int = 16, **more: Any) -> MissionItem:
    x, y = LAT + round(north_m / 1.1119 * 100), LON + round(east_m / 0.7532 * 100)
    return MissionItem(frame=more.pop("frame", 3), command=command, x=x, y=y, z=alt_m, **more)


def do(command: int, *params: float) -> MissionItem:
    return MissionItem(frame=3, command=command, **{f"param{i}": value for i, value in enumerate(params, 1)})


async def start(ground: Ground, *items: MissionItem) -> None:
    """Fly an ArduCopter mission; item 1 is a takeoff to 10 m."""
    assert await ground.upload([HOME, UP, *items]) == 0
    for command in ((176, 1, 4), (400, 1), (176, 1, 3), (300,)):
        assert await ground.command(*command) == 0


async def reach(ground: Ground, seq: int, *, within_s: float = 90.0) -> None:
    await ground.until("MISSION_ITEM_REACHED", seq=seq, within_s=within_s)


def place(vehicle: SimVehicle) -> tuple[float, float, float]:
    return vehicle.loop.truth.pos_ned


async def test_a_waypoint_is_held_for_its_time() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(15, 0, param1=6.0), at(15, 10))
        await until(lambda: math.dist(place(vehicle)[:2], (15.0, 0.0)) < 0.3, within_s=60.0)
        near_s = vehicle.time_s
        await reach(ground, 2)
        assert 6.0 <= vehicle.time_s - near_s < 8.0  # the time counts from the end of the leg's profile


async def test_items_without_position_or_height_keep_the_last_one() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(15, 0, 14.0), at(20, 0, 0.0), MissionItem(frame=3, command=16, z=18.0))
        await reach(ground, 3)
        assert place(vehicle)[2] == pytest.approx(-14.0, abs=1.0)
        await reach(ground, 4)
        assert place(vehicle) == pytest.approx((20.0, 0.0, -18.0), abs=2.5)


async def test_heights_above_mean_sea_level_are_flown() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(10, 0, 488.0 + 16.0, frame=0))
        await reach(ground, 2)
        assert place(vehicle)[2] == pytest.approx(-16.0, abs=1.5)


async def test_a_jump_is_repeated_as_often_as_its_parameter_says() -> None:
    async with flying() as (_, ground):
        await start(ground, at(8, 0), at(8, 8), do(177, 2, 2), at(0, 0))
        await reach(ground, 5, within_s=200.0)
        assert ground.reached() == [1, 2, 3, 2, 3, 2, 3, 5]
        assert [text for text in ground.texts() if "Jump" in text] == [
            "Mission: 4 Jump 1/2",
            "Mission: 4 Jump 2/2",
        ]


async def test_jumps_without_target_end_the_mission_and_not_the_flight() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(8, 0), do(177, 99, -1), do(177, 3, -1))
        await reach(ground, 2)
        await asyncio.sleep(5.0)
        assert vehicle.loop.armed
        assert vehicle.autopilot.commander.navigator.ending is not None
        assert any("Jump to missing item 99" in text for text in ground.texts())


async def test_a_changed_speed_holds_for_the_following_items() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(30, 0), do(178, 1, 3.0), at(30, 60), RETURN)
        await reach(ground, 3)  # DO_CHANGE_SPEED overwrites the waypoint before it, as on the real one
        await asyncio.sleep(9.0)
        assert math.hypot(*vehicle.loop.truth.vel_ned[:2]) == pytest.approx(3.0, abs=0.4)


async def test_conditions_delay_the_items_after_them() -> None:
    async with flying() as (vehicle, ground):
        await start(
            ground, at(5, 0), do(112, 4.0), do(183, 9, 1600), do(114, 20.0), do(183, 9, 1800), at(80, 0)
        )
        await reach(ground, 2)
        begun_s, servos = vehicle.time_s, vehicle.autopilot.payload.servos_us
        await until(lambda: servos.get(9) == 1600, within_s=20.0)
        assert vehicle.time_s - begun_s == pytest.approx(4.0, abs=0.3)
        await until(lambda: servos.get(9) == 1800, within_s=30.0)
        assert place(vehicle)[0] == pytest.approx(60.0, abs=3.0)


async def test_the_heading_follows_path_condition_and_region_of_interest() -> None:
    async with flying() as (vehicle, ground):
        heading = lambda: math.degrees(vehicle.loop.truth.euler_rad[2])  # noqa: E731
        await start(
            ground,
            at(0, 25),
            do(115, 180, 0, 1, 0),
            at(0, 60),
            at(20, 60, 0.0, command=201),
            at(40, 0, param1=3.0),
            RETURN,
        )
        await until(lambda: place(vehicle)[1] > 10.0, within_s=60.0)
        assert heading() == pytest.approx(90.0, abs=8.0)
        await until(lambda: place(vehicle)[1] > 45.0, within_s=60.0)
        assert abs(heading()) == pytest.approx(180.0, abs=8.0)
        await reach(ground, 6)
        n, e, _ = place(vehicle)
        assert heading() == pytest.approx(math.degrees(math.atan2(60.0 - e, 20.0 - n)), abs=8.0)


async def test_turns_are_flown_around_the_centre() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(30, 0, command=18, param1=2.0, param3=8.0), RETURN)
        await until(lambda: vehicle.autopilot.commander.navigator.seq == 2, within_s=60.0)
        await until(lambda: math.dist(place(vehicle)[:2], (30.0, 0.0)) < 9.5, within_s=60.0)
        await asyncio.sleep(6.0)
        off = []
        for _ in range(20):
            off.append(math.dist(place(vehicle)[:2], (30.0, 0.0)) - 8.0)
            await asyncio.sleep(0.5)
        assert max(map(abs, off)) < 1.5
        await reach(ground, 2)


async def test_a_spline_is_flown_through_without_stopping() -> None:
    async with flying() as (vehicle, ground):
        await start(
            ground,
            at(20, 0),
            at(40, 20, 15.0, command=82),
            at(20, 40, 10.0, command=82),
            at(0, 20, 10.0, command=82),
            RETURN,
        )
        await reach(ground, 2)
        await asyncio.sleep(3.0)
        slowest = math.inf
        while ground.reached()[-1] < 4:
            await asyncio.sleep(0.2)
            slowest = min(slowest, math.hypot(*vehicle.loop.truth.vel_ned))
        assert slowest > 1.0
        await reach(ground, 5)


async def test_loiter_to_alt_changes_height_and_a_delay_waits() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(10, 5, 16.0, command=31), do(93, 5.0), RETURN)
        await until(lambda: "Delaying 5 sec" in ground.texts(), within_s=60.0)
        begun_s = vehicle.time_s
        assert place(vehicle) == pytest.approx((10.0, 5.0, -16.0), abs=2.0)
        await reach(ground, 3)
        assert vehicle.time_s - begun_s == pytest.approx(5.0, abs=0.3)


async def test_a_land_item_lands_at_its_position() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(20, 10, 0.0, command=21))
        await until_disarmed(vehicle)
        assert math.dist(place(vehicle)[:2], (20.0, 10.0)) < 2.5
        # The mission stands at its first item again.
        assert vehicle.autopilot.commander.navigator.seq == 1


async def test_terrain_heights_without_terrain_data_trigger_a_return() -> None:
    async with flying() as (vehicle, ground):
        await start(
            ground, at(20, 0, 5.0, command=31, frame=10), at(5, 0), at(20, 0, 5.0, frame=10), at(40, 0)
        )
        await reach(ground, 3)
        assert "bad do_loiter_to_alt" in ground.texts()
        await until(lambda: vehicle.autopilot.commander.mode.name == "RTL", within_s=10.0)
        assert "Failsafe: Terrain data missing" in ground.texts()


async def test_images_are_taken_and_reported() -> None:
    async with flying() as (vehicle, ground):
        await start(
            ground,
            at(5, 0),
            do(206, 10.0, 0, 1),
            at(45, 0),
            do(206, 0.0),
            do(2000, 0, 1.0, 3),
            do(93, 6.0),
            RETURN,
        )
        await until_disarmed(vehicle)
        taken = [(message.img_idx, message.lat / 1e7) for _, message in ground.messages("CAMERA_FEEDBACK")]
        assert [number for number, _ in taken] == list(range(1, len(taken) + 1))
        assert len(taken) == 4 + 3
        along = [(lat - LAT / 1e7) * 111_190 for _, lat in taken[:4]]
        assert [b - a for a, b in itertools.pairwise(along)] == pytest.approx([10.0] * 3, abs=1.0)


async def test_px4_reports_images_in_its_own_message_and_flies_item_headings() -> None:
    items = [
        at(0, 0, command=22, param4=math.nan),
        at(20, 0, param4=90.0),
        do(2000, 0, 0, 1),
        at(20, 5, param4=math.nan),
    ]
    items[2] = MissionItem(frame=2, command=2000, param3=1.0)
    async with flying("px4") as (vehicle, ground):
        assert await ground.upload(items) == 0
        for command in ((176, 1, 4, 4), (400, 1)):
            assert await ground.command(*command) == 0
        await reach(ground, 2)
        assert math.degrees(vehicle.loop.truth.euler_rad[2]) == pytest.approx(90.0, abs=8.0)
        assert len(ground.messages("CAMERA_IMAGE_CAPTURED")) == 1
        await reach(ground, 3)
        await asyncio.sleep(1.0)
        assert "Mission finished, loitering" in ground.texts()
        assert vehicle.autopilot.commander.mode.name == "LOITER"


async def test_the_current_item_can_be_changed_in_flight() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(60, 0), at(0, 30), RETURN)
        await until(lambda: place(vehicle)[0] > 10.0, within_s=60.0)
        assert await ground.command(224, 3) == 0
        await reach(ground, 3)
        assert 2 not in ground.reached()
        assert place(vehicle)[1] == pytest.approx(30.0, abs=3.0)


@pytest.mark.parametrize("angle_deg", [180.0, -90.0, 270.0])
async def test_an_arc_is_flown_along_its_circle_and_as_long_as_planned(angle_deg: float) -> None:
    arc = arc_between((0.0, 0.0, -10.0), (40.0, 0.0, -14.0), angle_deg)
    assert arc is not None
    async with flying() as (vehicle, ground):
        await start(ground, at(0, 0), at(40, 0, 14.0, command=36, param1=angle_deg), at(60, 0, 14.0))
        await reach(ground, 2)
        flown_m, off_m, before = 0.0, [], place(vehicle)
        while ground.reached()[-1] < 3:
            await asyncio.sleep(0.2)
            here = place(vehicle)
            flown_m += math.dist(here[:2], before[:2])
            off_m.append(abs(math.dist(here[:2], arc.centre) - arc.radius_m))
            before = here
        assert "Mission: 3 ArcWP" in ground.texts()
        assert "Reached command #3" in ground.texts()
        assert max(off_m) < 1.5
        assert math.dist(before, arc.goal) < 3.0
    plan = [PlanItem(command=item.command, param1=item.param1, lat_deg=item.x / 1e7, lon_deg=item.y / 1e7,
                     alt_m=item.z) for item in (at(0, 0), at(40, 0, 14.0, command=36, param1=angle_deg))]  # fmt: skip
    planned_m = estimate(Plan(items=tuple(plan), home=None)).legs[-1].distance_m
    assert arc.length_m == pytest.approx(planned_m, rel=0.02)
    assert flown_m == pytest.approx(planned_m, abs=4.0)


async def test_an_arc_without_an_angle_is_a_straight_leg() -> None:
    async with flying() as (vehicle, ground):
        await start(ground, at(20, 0), at(20, 20, command=36, param1=360.0), at(0, 20))
        await reach(ground, 2)
        off_m = []
        while ground.reached()[-1] < 3:
            await asyncio.sleep(0.2)
            off_m.append(abs(place(vehicle)[0] - 20.0))
        assert max(off_m) < 2.5
