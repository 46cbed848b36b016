"""Words for the lists of a plan: "7 items, fence of 1 polygon and 1 circle, 2 rally points"."""

from __future__ import annotations

from collections.abc import Sequence

from controller.missions.commands import CMD
from controller.protocol.mission.items import MissionItem

_POLYGONS = frozenset((CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION, CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION))
_CIRCLES = frozenset((CMD.NAV_FENCE_CIRCLE_INCLUSION, CMD.NAV_FENCE_CIRCLE_EXCLUSION))


def fence_kinds(fence: Sequence[MissionItem]) -> frozenset[str]:
    """Return which of "polygon", "circle" and "return point" a fence has."""
    kinds = {item.command: _kind(item) for item in fence}
    return frozenset(kinds.values())


def fence_text(fence: Sequence[MissionItem]) -> str:
    """Return "fence of 1 polygon and 2 circles" for the items of a fence."""
    polygons, corners_left = 0, 0
    for item in fence:
        if item.command in _POLYGONS:
            if corners_left <= 0:
                polygons, corners_left = polygons + 1, int(item.param1)
            corners_left -= 1
    circles = sum(item.command in _CIRCLES for item in fence)
    parts = [_counted(polygons, "polygon")] * bool(polygons) + [_counted(circles, "circle")] * bool(circles)
    return f"fence of {' and '.join(parts) or 'a return point'}"


def rally_text(points: Sequence[MissionItem]) -> str:
    """Return "2 rally points"."""
    return _counted(len(points), "rally point")


def lists_text(items: int, fence: Sequence[MissionItem], rally: Sequence[MissionItem]) -> str:
    """Return the lists that are not empty, in words."""
    parts = [_counted(items, "item")] * bool(items)
    parts += [fence_text(fence)] * bool(fence) + [rally_text(rally)] * bool(rally)
    return ", ".join(parts) or "nothing"


def _kind(item: MissionItem) -> str:
    if item.command in _POLYGONS:
        return "polygon"
    return "circle" if item.command in _CIRCLES else "return point"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
