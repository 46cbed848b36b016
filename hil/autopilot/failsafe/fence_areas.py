"""Areas of an uploaded geofence: polygons and circles that the vehicle stays inside or outside of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from controller.geo import LocalPlane, PlanePoint, distance_to_segment, inside_polygon
from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD

_INCLUSIONS = (MAV_CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION, MAV_CMD.NAV_FENCE_CIRCLE_INCLUSION)
_POLYGONS = (MAV_CMD.NAV_FENCE_POLYGON_VERTEX_INCLUSION, MAV_CMD.NAV_FENCE_POLYGON_VERTEX_EXCLUSION)
_CIRCLES = (MAV_CMD.NAV_FENCE_CIRCLE_INCLUSION, MAV_CMD.NAV_FENCE_CIRCLE_EXCLUSION)


@dataclass(frozen=True, slots=True)
class _Area:
    """Polygon with these corners, or circle around the only corner; metres north and east of the first point."""

    corners: tuple[PlanePoint, ...]
    radius_m: float
    inclusion: bool

    def breach_m(self, point: PlanePoint) -> float:
        """Return the metres to the border on the forbidden side; 0 on the allowed side."""
        if self.radius_m:
            beyond = math.dist(self.corners[0], point) - self.radius_m
            return max(0.0, beyond if self.inclusion else -beyond)
        if inside_polygon(self.corners, point) == self.inclusion:
            return 0.0
        borders = pairwise([*self.corners, self.corners[0]])
        return min(distance_to_segment(point, border) for border in borders)


class FenceAreas:
    """Areas of the mission items of a geofence."""

    def __init__(self, items: Sequence[MissionItem] = ()) -> None:
        places = [(item.x * 1e-7, item.y * 1e-7) for item in items]
        self._plane = LocalPlane(*places[0]) if places else LocalPlane(0.0, 0.0)
        self._areas: list[_Area] = []
        index = 0
        while index < len(items):
            item = items[index]
            count = max(1, int(item.param1)) if item.command in _POLYGONS else 1
            if item.command in _POLYGONS or item.command in _CIRCLES:
                corners = tuple(self._plane.north_east_m(*place) for place in places[index : index + count])
                radius_m = item.param1 if item.command in _CIRCLES else 0.0
                self._areas.append(_Area(corners, radius_m, item.command in _INCLUSIONS))
            index += count

    def breach_m(self, lat_deg: float, lon_deg: float, *, any_inclusion: bool) -> float:
        """Return the metres that a place is on the forbidden side, 0 where it is allowed.

        `any_inclusion`: one inclusion area is enough; else the place must be in all of them.
        """
        point = self._plane.north_east_m(lat_deg, lon_deg)
        inclusions = [area.breach_m(point) for area in self._areas if area.inclusion]
        exclusions = [area.breach_m(point) for area in self._areas if not area.inclusion]
        outside = (min if any_inclusion else max)(inclusions, default=0.0)
        return max([outside, *exclusions])
