"""Solids that a flight stays away from, and the least distance of a flown leg from them.

Points in space are metres east, north and up on a `LocalMap`; up is above home.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from controller.missions.errors import PlanError
from controller.missions.patterns.local_map import MapPoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from shapely import Polygon

    from controller.missions.patterns.keep_out import Obstacles as Closed

    Floats: TypeAlias = NDArray[np.float64]

SpacePoint: TypeAlias = tuple[float, float, float]
"""East, north and up, m."""
#: Legs are sampled this densely: between two samples the distance falls by no more than half of it.
_SAMPLE_M = 0.1
#: What sampling and the rounding of positions may take from the distance of a leg, m.
_LEG_TOLERANCE_M = _SAMPLE_M / 2.0 + 0.05
_CORNER_SEGMENTS = 3
_MOST_TRIES = 10
#: The corners of a ring of so many segments lie this much further out, so that its edges keep the distance.
_CORNER_FACTOR = 1.0 / math.cos(math.pi / 4.0 / _CORNER_SEGMENTS)


@dataclass(frozen=True)
class Prism:
    """Upright body: a footprint, m east and north, from `bottom_m` to `top_m`."""

    footprint: tuple[MapPoint, ...]
    bottom_m: float
    top_m: float

    @cached_property
    def polygon(self) -> Polygon:
        """Footprint as a polygon. Raises PlanError for one that is no area."""
        return polygon_of(self.footprint)

    def distances_m(self, points: Floats) -> Floats:
        """Return the distances of points, shape (n, 3); 0 inside."""
        import numpy as np
        import shapely

        across = shapely.distance(shapely.points(points[:, 0], points[:, 1]), self.polygon)
        up = np.maximum(np.maximum(self.bottom_m - points[:, 2], points[:, 2] - self.top_m), 0.0)
        return np.asarray(np.hypot(across, up))


@dataclass(frozen=True)
class Rod:
    """Round bar between two points, such as a blade or a wire."""

    begin: SpacePoint
    end: SpacePoint
    radius_m: float

    @property
    def top_m(self) -> float:
        """Height of its highest point, m."""
        return max(self.begin[2], self.end[2]) + self.radius_m

    @cached_property
    def polygon(self) -> Polygon:
        """Outline from above."""
        import shapely

        line = shapely.LineString([self.begin[:2], self.end[:2]])
        middle = line if line.length > 0.0 else shapely.Point(self.begin[:2])
        return middle.buffer(max(self.radius_m, 0.01) * _CORNER_FACTOR, quad_segs=_CORNER_SEGMENTS)

    def distances_m(self, points: Floats) -> Floats:
        """Return the distances of points, shape (n, 3); 0 inside."""
        import numpy as np

        begin = np.asarray(self.begin)
        along = np.asarray(self.end) - begin
        length_2 = float(along @ along)
        share = np.clip((points - begin) @ along / length_2, 0.0, 1.0) if length_2 else np.zeros(len(points))
        off = np.linalg.norm(points - begin - share[:, None] * along, axis=1)
        return np.asarray(np.maximum(off - self.radius_m, 0.0))


@dataclass(frozen=True)
class Obstacles:
    """What is inspected, the distance to keep from it, and the lowest height of the flight above home, m."""

    solids: tuple[Prism | Rod, ...]
    stand_off_m: float
    min_height_m: float
    closed: Closed | None = field(default=None, kw_only=True)
    """Keep-outs, at all heights; None for none."""

    def __post_init__(self) -> None:
        if not 1.0 <= self.stand_off_m <= 500.0:
            raise PlanError(f"invalid stand-off of {self.stand_off_m:g} m", hint="use 1 to 500 m")
        if not 0.0 < self.min_height_m < 10_000.0:
            raise PlanError(f"invalid lowest height of {self.min_height_m:g} m", hint="use more than 0 m")

    @property
    def over_m(self) -> float:
        """Height at which the flight passes over everything, m."""
        return max(one.top_m for one in self.outlines) + self.stand_off_m

    @property
    def outlines(self) -> tuple[Prism | Rod, ...]:
        """What the flight passes around."""
        return self.solids

    @cached_property
    def ring(self) -> Any:
        """Closed line around everything, at the stand-off or a little more: there the flight climbs and descends."""
        import shapely

        hull = shapely.union_all([one.polygon for one in self.outlines]).convex_hull
        return _grown(hull, self.stand_off_m).exterior

    def nearest_m(self, begin: SpacePoint, end: SpacePoint) -> float:
        """Return the least distance of a straight leg from the solids, m, never more than it is."""
        import numpy as np
        import shapely

        length_m = math.dist(begin, end)
        count = max(2, math.ceil(length_m / _SAMPLE_M) + 1)
        points = np.linspace(begin, end, count)
        # Seen from above a solid is never farther away than it is: those behind the nearest need no sampling.
        leg = shapely.LineString([begin[:2], end[:2]])
        from_above_m = shapely.distance([one.polygon for one in self.solids], leg)
        least = math.inf
        for index in np.argsort(from_above_m, kind="stable"):
            if from_above_m[index] >= least:
                break
            least = min(least, float(self.solids[index].distances_m(points).min()))
        return least - (length_m / (count - 1) / 2.0 if length_m else 0.0)

    def clear(self, *points: SpacePoint) -> bool:
        """Return whether a point, or each leg between points, keeps stand-off, lowest height and keep-outs."""
        if any(one[2] < self.min_height_m - 1e-6 for one in points) or self.is_closed(*points):
            return False
        if len(points) == 1:
            return self.nearest_m(points[0], points[0]) >= self.stand_off_m - 1e-3
        return all(self.nearest_m(*leg) >= self.stand_off_m - _LEG_TOLERANCE_M for leg in pairwise(points))

    def is_closed(self, *points: SpacePoint) -> bool:
        """Return whether a point, or a leg between points, is in a keep-out."""
        if self.closed is None:
            return False
        flat = [one[:2] for one in points]
        return any(map(self.closed.holds, flat)) or not self.closed.is_free(flat)


def ring_around(polygon: Polygon, distance_m: float) -> list[MapPoint]:
    """Return the corners of a closed line around an area, the first not again: no edge is nearer than the distance."""
    return [(float(x), float(y)) for x, y in _grown(polygon, distance_m).exterior.coords[:-1]]


def _grown(polygon: Polygon, distance_m: float) -> Polygon:
    """Return a polygon grown so far that no edge of its rounded corners is nearer than the distance.

    Its corners have as many edges as GEOS chooses, some 30 degrees each: how much nearer they lie is measured.
    """
    by_m = distance_m
    for _ in range(_MOST_TRIES):
        grown = polygon.buffer(by_m, quad_segs=_CORNER_SEGMENTS)
        nearest_m = grown.exterior.distance(polygon)
        if nearest_m >= distance_m - 1e-6:
            break
        by_m *= distance_m / nearest_m
    return grown


def polygon_of(corners: Sequence[MapPoint]) -> Polygon:
    """Return the polygon of an outline. Raises PlanError for one that crosses itself or has no area."""
    import shapely

    polygon = shapely.Polygon(corners) if len(corners) >= 3 else shapely.Polygon()
    if not polygon.is_valid:
        raise PlanError("invalid footprint: its outline crosses itself", hint="move its corners")
    if polygon.area < 0.01:
        raise PlanError("invalid footprint: it has no area", hint="draw 3 corners or more")
    return polygon
