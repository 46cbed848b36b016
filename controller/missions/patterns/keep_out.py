"""Places that no leg of a route passes: passes are cut at them, and transits go the shortest way around.

The way around is found on the graph of the obstacles' corners that see each other (Lozano-Perez and Wesley, 1979).
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.patterns.one_pass import Pass
from controller.missions.route.route import Stop

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

#: Between a leg and the buffer: more than the rounding of a position in a mission item.
_ROOM_M = 0.1
_MOST_CORNERS = 500
# Sides of a quarter of a circle.
_QUARTER = 4
_MITRE = 2.0
# A piece of a pass that is shorter is not flown.
_SHORTEST_M = 0.5


@dataclass(frozen=True, slots=True)
class KeepOut:
    """Areas and lines to stay `buffer_m` away from. Points are latitude and longitude, degrees."""

    areas: tuple[tuple[Position, ...], ...] = ()
    lines: tuple[tuple[Position, ...], ...] = ()
    buffer_m: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.buffer_m < 1e5:
            raise PlanError(f"invalid keep-out: a buffer of {self.buffer_m:g} m", hint="use 0 to 100000 m")
        if self.lines and self.buffer_m == 0.0:
            raise PlanError("invalid keep-out: a line without a buffer", hint="give the buffer in metres")

    def on(self, on_earth: LocalMap, home: MapPoint | None) -> Obstacles:
        """Return the obstacles on a map.

        Raises PlanError for an outline that crosses itself, SafetyRefused where home is inside.
        """
        import shapely

        shapes: list[BaseGeometry] = []
        for corners in self.areas:
            area = shapely.Polygon(on_earth.all_to_map(corners))
            if not area.is_valid:
                raise PlanError("invalid keep-out: its outline crosses itself", hint="move its corners")
            shapes.append(area)
        shapes += [shapely.LineString(on_earth.all_to_map(points)) for points in self.lines]
        # The corners of a round buffer lie on its circle: its sides come nearer, by this share.
        buffer_m = self.buffer_m / math.cos(math.pi / (4 * _QUARTER))
        grown = [shape.buffer(buffer_m, quad_segs=_QUARTER) for shape in shapes]
        found = Obstacles(_filled(shapely.union_all(grown)))
        if home is not None and found.holds(home):
            raise SafetyRefused(
                "cannot plan the flight: home is inside a keep-out or its buffer", hint="move home"
            )
        return found


def _filled(shape: BaseGeometry) -> BaseGeometry:
    """Return the shape without its holes: nothing is flown inside of a ring."""
    import shapely

    parts = [part for part in getattr(shape, "geoms", [shape]) if not part.is_empty]
    return shapely.union_all([shapely.Polygon(part.exterior) for part in parts])


@dataclass(slots=True, eq=False)
class Obstacles:
    """Buffered keep-outs on a map. `closed` is what no leg may touch."""

    closed: BaseGeometry
    _clear: BaseGeometry = field(init=False)
    _near: BaseGeometry = field(init=False)
    """`closed`, and as much room as the rounding of items may take: a leg that only grazes it is not planned."""
    _corners: NDArray[Any] = field(init=False)
    _seen: dict[int, NDArray[Any]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        import shapely

        exact, tolerance_m = self.closed, 0.5
        while shapely.count_coordinates(self.closed) > _MOST_CORNERS:
            # Grown by as much as the line is made simpler, it still holds all of the obstacle.
            grown = exact.buffer(tolerance_m, join_style="mitre", mitre_limit=_MITRE)
            self.closed = _filled(grown.simplify(tolerance_m))
            tolerance_m *= 2.0
        self._clear = _filled(self.closed.buffer(_ROOM_M, join_style="mitre", mitre_limit=_MITRE))
        self._near = _filled(self.closed.buffer(_ROOM_M / 2.0, join_style="mitre", mitre_limit=_MITRE))
        self._corners = shapely.get_coordinates(self._clear)
        shapely.prepare(self._near)
        shapely.prepare(self._clear)

    def outlines(self, on_earth: LocalMap) -> tuple[tuple[Position, ...], ...]:
        """Return the corners of what no leg may touch, latitude and longitude in degrees."""
        parts = getattr(self.closed, "geoms", [self.closed])
        return tuple(tuple(map(on_earth.to_earth, part.exterior.coords[:-1])) for part in parts)

    def way_between(
        self, on_earth: LocalMap, home: MapPoint
    ) -> Callable[[Stop, Position | None], tuple[Stop, ...]]:
        """Return what a route needs where it is cut (`Route.way_between`): the way from a stop to a place."""

        def way(stop: Stop, place: Position | None) -> tuple[Stop, ...]:
            goal = home if place is None else on_earth.to_map(place)
            found = map(on_earth.to_earth, self.way(on_earth.to_map(stop.position), goal))
            return tuple(Stop(lat_deg=lat, lon_deg=lon, height_m=stop.height_m) for lat, lon in found)

        return way

    def cut_rows(self, rows: Sequence[Sequence[Pass]]) -> list[list[Pass]]:
        """Return the parts of passes that may be flown, row by row. Raises SafetyRefused if there are none."""
        cut = [[part for one in row for part in self.cut(one)] for row in rows]
        kept = [row for row in cut if row]
        if not kept:
            raise SafetyRefused(
                "cannot plan the flight: the keep-outs and their buffers cover all of it",
                hint="use a smaller buffer",
            )
        return kept

    def cut(self, one: Pass) -> list[Pass]:
        """Return the parts of a pass that may be flown, in flight order."""
        import shapely

        if not self._clear.intersects(shapely.LineString(one.points)):
            return [one]
        # Leg by leg, because a pass may cross itself.
        pieces: list[list[MapPoint]] = []
        for begin, end in pairwise(one.points):
            rest = shapely.LineString([begin, end]).difference(self._clear)
            parts = [list(part.coords) for part in getattr(rest, "geoms", [rest]) if not part.is_empty]
            for part in sorted(parts, key=lambda part: math.dist(part[0], begin)):
                points = [(float(x), float(y)) for x, y in part]
                if pieces and pieces[-1][-1] == points[0]:
                    pieces[-1] += points[1:]
                else:
                    pieces.append(points)
        found = [Pass(tuple(points)) for points in pieces]
        return [piece for piece in found if piece.length_m >= _SHORTEST_M]

    def outside(self, point: MapPoint, goal: MapPoint) -> MapPoint:
        """Return the last point that may be flown to on the straight way from `point` to `goal`."""
        import shapely

        line = shapely.LineString([point, goal])
        if not self._clear.intersects(line):
            return goal
        rest = line.difference(self._clear)
        if rest.is_empty:
            return point
        first = min(getattr(rest, "geoms", [rest]), key=lambda part: part.distance(shapely.Point(point)))
        end = first.coords[-1] if first.distance(shapely.Point(point)) < _ROOM_M / 2.0 else point
        return float(end[0]), float(end[1])

    def holds(self, point: MapPoint) -> bool:
        """Return whether a point is in a keep-out or its buffer."""
        import shapely

        return bool(self._near.intersects(shapely.Point(point)))

    def is_free(self, points: Sequence[MapPoint]) -> bool:
        """Return whether straight legs between the points stay outside."""
        import shapely

        return len(points) < 2 or not self._near.intersects(shapely.LineString(points))

    def way(self, begin: MapPoint, end: MapPoint) -> list[MapPoint]:
        """Return the points between two others on the shortest way around. Raises SafetyRefused if there is none."""
        import numpy as np

        if self.is_free((begin, end)):
            return []
        points = np.vstack([self._corners, [begin, end]])
        start, goal = len(points) - 2, len(points) - 1
        best, before = {start: 0.0}, {start: start}
        to_goal = np.hypot(*(points - points[goal]).T)
        queue, done = [(float(to_goal[start]), start)], set()
        while queue:
            _, here = heapq.heappop(queue)
            if here == goal:
                break
            if here in done:
                continue
            done.add(here)
            lengths = np.hypot(*(points - points[here]).T)
            for other in np.flatnonzero(self._free_from(here, points)):
                length_m = best[here] + float(lengths[other])
                if length_m < best.get(int(other), math.inf):
                    best[int(other)], before[int(other)] = length_m, here
                    heapq.heappush(queue, (length_m + float(to_goal[other]), int(other)))
        else:
            raise SafetyRefused(
                "cannot plan a way around the keep-outs: there is none", hint="use a smaller buffer"
            )
        way, at = [], before[goal]
        while at != start:
            way.append((float(points[at][0]), float(points[at][1])))
            at = before[at]
        return way[::-1]

    def _free_from(self, here: int, points: NDArray[Any]) -> NDArray[Any]:
        """Return to which points a straight leg is free; those between corners are kept for the next way."""
        import numpy as np

        fixed = len(self._corners)
        if here >= fixed:
            return self._sees(points[here], points)
        if here not in self._seen:
            self._seen[here] = self._sees(points[here], self._corners)
        return np.concatenate([self._seen[here], self._sees(points[here], points[fixed:])])

    def _sees(self, here: NDArray[Any], others: NDArray[Any]) -> NDArray[Any]:
        import numpy as np
        import shapely

        lines = shapely.linestrings(np.stack([np.broadcast_to(here, others.shape), others], axis=1))
        return ~np.asarray(shapely.intersects(self._near, lines))
