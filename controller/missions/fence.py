"""Geofence and rally points, and their mission items (mission types FENCE and RALLY)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.missions.commands import CMD, FRAME
from controller.protocol.mission.items import MissionItem
from controller.units import e7_from_deg
from controller.wire.enums import MAV_MISSION_TYPE

FENCE_MISSION_TYPE = int(MAV_MISSION_TYPE.FENCE)
RALLY_MISSION_TYPE = int(MAV_MISSION_TYPE.RALLY)


@dataclass(frozen=True, slots=True)
class FencePoint:
    """Corner or centre of a fence, in decimal degrees."""

    lat_deg: float
    lon_deg: float


@dataclass(frozen=True, slots=True)
class FencePolygon:
    """Polygon of at least three corners; the aircraft stays inside, or outside if `inclusion` is False."""

    corners: tuple[FencePoint, ...]
    inclusion: bool = True


@dataclass(frozen=True, slots=True)
class FenceCircle:
    """Circle; the aircraft stays inside, or outside if `inclusion` is False."""

    center: FencePoint
    radius_m: float
    inclusion: bool = True


@dataclass(frozen=True, slots=True)
class RallyPoint:
    """Rally point: a return position besides home.

    The altitude is in metres above home, or above mean sea level where `frame` (MAV_FRAME) is GLOBAL.
    """

    lat_deg: float
    lon_deg: float
    alt_m: float
    frame: int = int(FRAME.GLOBAL_RELATIVE_ALT)


@dataclass(frozen=True, slots=True)
class Fence:
    """Geofence: inclusion and exclusion areas, and the return point after a breach."""

    polygons: tuple[FencePolygon, ...] = ()
    circles: tuple[FenceCircle, ...] = ()
    breach_return: RallyPoint | None = None

    def __bool__(self) -> bool:
        return bool(self.polygons or self.circles or self.breach_return)

    def wire_items(self) -> tuple[MissionItem, ...]:
        """Return the fence as mission items: one a corner (param1: number of corners), one a circle (param1: radius
        in m).
        """
        items = []
        for polygon in self.polygons:
            command = (
                CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION
                if polygon.inclusion
                else CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION
            )
            items += [_item(command, corner, param1=len(polygon.corners)) for corner in polygon.corners]
        for circle in self.circles:
            command = CMD.NAV_FENCE_CIRCLE_INCLUSION if circle.inclusion else CMD.NAV_FENCE_CIRCLE_EXCLUSION
            items.append(_item(command, circle.center, param1=circle.radius_m))
        if self.breach_return:
            items.append(
                _item(
                    CMD.NAV_FENCE_RETURN_POINT,
                    self.breach_return,
                    alt_m=self.breach_return.alt_m,
                    frame=self.breach_return.frame,
                )
            )
        return tuple(items)


def rally_wire_items(points: Sequence[RallyPoint]) -> tuple[MissionItem, ...]:
    """Return the rally points as mission items."""
    return tuple(
        _item(
            CMD.NAV_RALLY_POINT,
            point,
            alt_m=point.alt_m,
            frame=point.frame,
            mission_type=RALLY_MISSION_TYPE,
        )
        for point in points
    )


def _item(
    command: int,
    point: FencePoint | RallyPoint,
    *,
    param1: float = 0.0,
    alt_m: float = 0.0,
    frame: int = FRAME.GLOBAL,
    mission_type: int = FENCE_MISSION_TYPE,
) -> MissionItem:
    return MissionItem(
        frame=int(frame),
        command=int(command),
        param1=float(param1),
        x=e7_from_deg(point.lat_deg),
        y=e7_from_deg(point.lon_deg),
        z=alt_m,
        mission_type=mission_type,
    )
