"""Fence and rally points as items: the commands 5000 to 5004 and 5100, as files and autopilots hold them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from controller.missions import commands
from controller.missions.commands import CMD, FRAME
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.missions.plan import PlanItem

_VERTICES = {
    CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION: True,
    CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION: False,
}
_CIRCLES = {CMD.NAV_FENCE_CIRCLE_INCLUSION: True, CMD.NAV_FENCE_CIRCLE_EXCLUSION: False}
# MAVLink's blocks of commands: one that Landline does not know is still no mission item.
_FENCE_BLOCK = range(5000, 5100)
_RALLY_BLOCK = range(5100, 5200)


class InvalidArea(ValueError):
    """Item that makes no fence or rally point; the text is the reason."""

    def __init__(self, item: PlanItem, reason: str) -> None:
        super().__init__(reason)
        self.item = item


def kind_of(command: int) -> str:
    """Return the list that an item of this command belongs to: "mission", "fence" or "rally"."""
    if command in _FENCE_BLOCK:
        return "fence"
    return "rally" if command in _RALLY_BLOCK else "mission"


def fence_of(items: Iterable[PlanItem]) -> Fence:
    """Return the fence of fence items.

    Each corner carries the number of corners of its polygon in parameter 1. Raises InvalidArea for an incomplete
    polygon, a circle without a radius, and a fence item that Landline does not know.
    """
    polygons, circles, breach = [], [], None
    corners: list[PlanItem] = []
    for item in items:
        if corners and item.command != corners[0].command:
            raise InvalidArea(corners[0], _incomplete(corners))
        if item.command in _VERTICES:
            corners.append(item)
            count = corners[0].param1
            if item.param1 != count or count < 3:
                reason = (
                    f"a fence polygon needs 3 corners or more, each with their number, not {item.param1:g}"
                )
                raise InvalidArea(item, reason)
            if len(corners) == count:
                polygons.append(FencePolygon(tuple(map(_point, corners)), inclusion=_VERTICES[item.command]))
                corners = []
        elif item.command in _CIRCLES:
            if not item.param1 > 0.0:
                raise InvalidArea(item, f"a fence circle needs a radius, not {item.param1:g} m")
            circles.append(FenceCircle(_point(item), item.param1, inclusion=_CIRCLES[item.command]))
        elif item.command == CMD.NAV_FENCE_RETURN_POINT:
            breach = rally_point_of(item)
        else:
            raise InvalidArea(item, f"Landline does not know the fence item {item.name}")
    if corners:
        raise InvalidArea(corners[0], _incomplete(corners))
    return Fence(tuple(polygons), tuple(circles), breach)


def rally_point_of(item: PlanItem) -> RallyPoint:
    """Return the rally or return point of an item. Frame GLOBAL with altitude 0 is a point without altitude."""
    amsl = item.frame in commands.AMSL_FRAMES and item.alt_m != 0.0
    frame = int(FRAME.GLOBAL if amsl else FRAME.GLOBAL_RELATIVE_ALT)
    return RallyPoint(item.lat_deg, item.lon_deg, item.alt_m, frame)


def fence_items(fence: Fence) -> Iterator[PlanItem]:
    """Yield the items of a fence, as planners write them to files."""
    for polygon in fence.polygons:
        command = next(key for key, inclusion in _VERTICES.items() if inclusion == polygon.inclusion)
        for corner in polygon.corners:
            yield _item(command, corner, param1=float(len(polygon.corners)))
    for circle in fence.circles:
        command = next(key for key, inclusion in _CIRCLES.items() if inclusion == circle.inclusion)
        yield _item(command, circle.center, param1=circle.radius_m)
    if fence.breach_return:
        yield _at(CMD.NAV_FENCE_RETURN_POINT, fence.breach_return)


def rally_items(points: Iterable[RallyPoint]) -> Iterator[PlanItem]:
    """Yield the items of rally points."""
    for point in points:
        yield _at(CMD.NAV_RALLY_POINT, point)


def _item(command: int, point: FencePoint, *, param1: float) -> PlanItem:
    return PlanItem(command=int(command), param1=param1, lat_deg=point.lat_deg, lon_deg=point.lon_deg)


def _at(command: int, point: RallyPoint) -> PlanItem:
    return PlanItem(
        command=int(command),
        frame=point.frame,
        lat_deg=point.lat_deg,
        lon_deg=point.lon_deg,
        alt_m=point.alt_m,
    )


def _point(item: PlanItem) -> FencePoint:
    return FencePoint(item.lat_deg, item.lon_deg)


def _incomplete(corners: list[PlanItem]) -> str:
    return f"a fence polygon of {corners[0].param1:g} corners has only {len(corners)}"
