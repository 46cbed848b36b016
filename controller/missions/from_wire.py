"""Builds a plan from the mission, fence and rally items of an aircraft."""

from __future__ import annotations

from collections.abc import Sequence

from controller.missions import commands
from controller.missions.commands import CMD, FRAME
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.missions.plan import Home, Plan, PlanItem
from controller.protocol.mission.items import MissionItem
from controller.units import deg_from_e7


def plan_from_wire(
    items: Sequence[MissionItem],
    *,
    home: Home | None = None,
    fence: Sequence[MissionItem] = (),
    rally: Sequence[MissionItem] = (),
    vehicle_type: int = 0,
    firmware_type: int = 0,
) -> Plan:
    """Return a plan from mission items without the home item; DO_JUMP items refer to item numbers (1 is the first)."""
    return Plan(
        items=tuple(_plan_item(item, number) for number, item in enumerate(items, start=1)),
        home=home,
        fence=fence_from_wire(fence),
        rally=tuple(RallyPoint(deg_from_e7(item.x), deg_from_e7(item.y), item.z) for item in rally),
        vehicle_type=vehicle_type,
        firmware_type=firmware_type,
    )


def home_from_wire(item: MissionItem) -> Home | None:
    """Return the home position of ArduPilot's item 0; None if it has no home."""
    if item.x == 0 and item.y == 0:
        return None
    return Home(deg_from_e7(item.x), deg_from_e7(item.y), item.z)


def fence_from_wire(items: Sequence[MissionItem]) -> Fence:
    """Return the fence of fence items.

    Corners are grouped by the count that each carries; incomplete polygons are dropped.
    """
    polygons, circles, breach = [], [], None
    corners: list[FencePoint] = []
    for item in items:
        point = FencePoint(deg_from_e7(item.x), deg_from_e7(item.y))
        if item.command in (CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION, CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION):
            corners.append(point)
            if len(corners) >= item.param1:
                inclusion = item.command == CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION
                polygons.append(FencePolygon(tuple(corners), inclusion=inclusion))
                corners = []
        elif item.command in (CMD.NAV_FENCE_CIRCLE_INCLUSION, CMD.NAV_FENCE_CIRCLE_EXCLUSION):
            inclusion = item.command == CMD.NAV_FENCE_CIRCLE_INCLUSION
            circles.append(FenceCircle(point, item.param1, inclusion=inclusion))
        elif item.command == CMD.NAV_FENCE_RETURN_POINT:
            breach = RallyPoint(point.lat_deg, point.lon_deg, item.z)
    return Fence(tuple(polygons), tuple(circles), breach)


def _plan_item(item: MissionItem, number: int) -> PlanItem:
    lat_deg, lon_deg = float(item.x), float(item.y)
    if commands.has_position(item.command) and item.frame != FRAME.MISSION:
        scale = 1e7 if item.frame in commands.GLOBAL_FRAMES else 1e4
        lat_deg, lon_deg = item.x / scale, item.y / scale
    return PlanItem(
        command=item.command,
        frame=item.frame,
        param1=item.param1,
        param2=item.param2,
        param3=item.param3,
        param4=item.param4,
        lat_deg=lat_deg,
        lon_deg=lon_deg,
        alt_m=item.z,
        autocontinue=item.autocontinue,
        jump_id=number,
    )
