"""Builds a plan from the mission, fence and rally items of an aircraft."""

from __future__ import annotations

from collections.abc import Sequence

from controller.missions import commands
from controller.missions.areas import InvalidArea, fence_of, rally_point_of
from controller.missions.commands import FRAME
from controller.missions.fence import Fence
from controller.missions.plan import Home, Plan, PlanItem, ReadingNote
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
    """Return a plan from mission items without the home item; DO_JUMP items refer to item numbers (1 is the first).

    An invalid fence is left out, with a note.
    """
    notes: tuple[ReadingNote, ...] = ()
    try:
        area = fence_from_wire(fence)
    except InvalidArea as error:
        area = Fence()
        notes = (ReadingNote("the fence on board is left out", str(error)),)
    return Plan(
        items=tuple(_plan_item(item, number) for number, item in enumerate(items, start=1)),
        home=home,
        fence=area,
        rally=tuple(rally_point_of(_plan_item(item, number)) for number, item in enumerate(rally, start=1)),
        vehicle_type=vehicle_type,
        firmware_type=firmware_type,
        notes=notes,
    )


def home_from_wire(item: MissionItem) -> Home | None:
    """Return the home position of ArduPilot's item 0; None if it has no home."""
    if item.x == 0 and item.y == 0:
        return None
    return Home(deg_from_e7(item.x), deg_from_e7(item.y), item.z)


def fence_from_wire(items: Sequence[MissionItem]) -> Fence:
    """Return the fence of fence items. Raises InvalidArea for an incomplete polygon."""
    return fence_of(_plan_item(item, number) for number, item in enumerate(items, start=1))


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
