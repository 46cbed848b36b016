"""Uploads of whole plans: fence and rally points, the current item, what stays on board."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.errors import AircraftRefused, UserError
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.missions.plan import Plan
from controller.vehicle.mission_upload import VerifiedUpload
from tests.support.flights import RETURN, TAKEOFF, plan_of, vehicle_with, waypoint
from tests.support.scripted.script import Script

PLAN = plan_of(TAKEOFF, waypoint(50), RETURN)
CORNERS = ((47.39, 8.54), (47.41, 8.54), (47.41, 8.56))
POLYGON = Fence(polygons=(FencePolygon(tuple(FencePoint(*corner) for corner in CORNERS)),))
CIRCLE = Fence(circles=(FenceCircle(FencePoint(47.3977, 8.5456), 200.0),))
RALLY = (RallyPoint(47.3977, 8.5456, 25.5), RallyPoint(47.398, 8.546, 30.0))
FULL = replace(PLAN, fence=POLYGON, rally=RALLY)
STACKS = pytest.mark.parametrize("stack", ["ardupilot", "px4"])


@STACKS
async def test_a_plan_with_fence_and_rally_points_is_uploaded_and_verified(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, _):
        uploaded = await vehicle.mission.upload(FULL)
        assert uploaded.what == "3 items, fence of 1 polygon, 2 rally points"
        assert (uploaded.fence_items, uploaded.rally_points) == (3, 2)
        down = await vehicle.mission.download()
        assert down.fence == POLYGON
        assert len(down.rally) == 2


@STACKS
async def test_a_plan_without_a_fence_says_what_stays_and_clears_it_when_asked(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, _):
        await vehicle.mission.upload(FULL)
        kept = await vehicle.mission.upload(PLAN)
        assert (kept.kept_fence, kept.kept_rally) == ("fence of 1 polygon", "2 rally points")
        cleared = await vehicle.mission.upload(PLAN, clear_fence=True, clear_rally=True)
        assert cleared.cleared == ("geofence", "rally points")
        assert (cleared.kept_fence, cleared.kept_rally) == ("", "")
        down = await vehicle.mission.download()
        assert (down.fence, down.rally) == (Fence(), ())


@STACKS
@pytest.mark.parametrize("area", [Plan(fence=CIRCLE), Plan(rally=RALLY), Plan(fence=POLYGON, rally=RALLY)])
async def test_a_fence_or_rally_points_alone_leave_the_mission(stack: str, area: Plan) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        await vehicle.mission.upload(PLAN)
        before = scripted.items
        uploaded: VerifiedUpload = await vehicle.mission.upload(area)
        assert uploaded.mission is None
        assert vehicle.mission.onboard is not None
        assert scripted.items == before
        down = await vehicle.mission.download()
        assert (down.fence, len(down.rally)) == (area.fence, len(area.rally))


@STACKS
async def test_only_a_fence_of_another_kind_is_cleared_before_the_upload(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        cleared = []
        for fence in (POLYGON, POLYGON, CIRCLE, CIRCLE):
            await vehicle.mission.upload(Plan(fence=fence))
            cleared.append(
                sum(
                    message.name == "MISSION_CLEAR_ALL" and message.mission_type == 1
                    for message in scripted.received
                )
            )
        assert cleared == ([0, 0, 1, 1] if stack == "ardupilot" else [0, 0, 0, 0])


async def test_the_first_item_is_made_the_current_one_after_an_upload() -> None:
    # PX4 keeps the number of its item when a mission follows another.
    async with vehicle_with("px4") as (vehicle, scripted):
        await vehicle.mission.upload(plan_of(TAKEOFF, waypoint(50), waypoint(60), RETURN))
        scripted.current = 3
        uploaded = await vehicle.mission.upload(PLAN)
        assert scripted.current == 0
        note = "the aircraft was at item 3 of the mission before; it is at item 1 now"
        assert uploaded.notes[-1] == note


async def test_an_upload_fails_where_another_item_stays_the_current_one() -> None:
    async with vehicle_with("px4", Script(keeps_current=True)) as (vehicle, scripted):
        scripted.current = 2
        with pytest.raises(AircraftRefused, match="stays at item 3 of the mission"):
            await vehicle.mission.upload(PLAN)
        assert vehicle.mission.onboard is None


@STACKS
async def test_a_mission_is_started_at_its_first_item(stack: str) -> None:
    async with vehicle_with(stack, Script(ready_at_s=0)) as (vehicle, scripted):
        await vehicle.mission.upload(PLAN)
        scripted.current = 2
        await vehicle.mission.start()
        reached = [item.number async for item in vehicle.mission.progress() if item.reached]
        assert reached == [1, 2, 3]


async def test_no_mission_is_started_where_another_item_stays_the_current_one() -> None:
    async with vehicle_with("px4", Script(ready_at_s=0)) as (vehicle, scripted):
        await vehicle.mission.upload(PLAN)
        scripted.script.keeps_current = True
        scripted.current = 2
        with pytest.raises(AircraftRefused, match="stays at item 3 of the mission"):
            await vehicle.mission.start()
        assert not scripted.armed


async def test_a_plan_with_nothing_in_it_is_not_uploaded() -> None:
    async with vehicle_with("ardupilot") as (vehicle, scripted):
        with pytest.raises(UserError, match="no items, no fence and no rally points"):
            await vehicle.mission.upload(Plan())
        assert not any(one.name == "MISSION_COUNT" for one in scripted.received)


@STACKS
async def test_clearing_the_mission_names_the_lists_that_stay(stack: str) -> None:
    async with vehicle_with(stack) as (vehicle, scripted):
        await vehicle.mission.upload(FULL)
        assert await vehicle.mission.clear() == ("fence of 1 polygon", "2 rally points")
        assert scripted.items == ()
        assert await vehicle.mission.clear(everything=True) == ()
        assert await vehicle.mission.clear() == ()
