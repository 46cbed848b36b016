"""A field to spray: where drops may fall, laps along its edges, and swaths over the rest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap, MapPoint, bearing_deg
from controller.missions.patterns.one_pass import Pass
from controller.missions.patterns.rows import Strip, row_pass, rows_of, turned

if TYPE_CHECKING:
    from shapely import Polygon
    from shapely.geometry.base import BaseGeometry

_STEP_DEG = 10
_MOST_SIDES = 6
# A shorter pass is not sprayed: the pump would be off again before it is on.
_SHORTEST_M = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field on a map, m east and north. `open` is where drops may fall, `closed` the no-spray zones and buffers."""

    outline: BaseGeometry
    closed: BaseGeometry
    open: BaseGeometry

    @classmethod
    def of(
        cls,
        on_earth: LocalMap,
        corners: Sequence[Position],
        holes: Sequence[Sequence[Position]],
        zones: Sequence[Sequence[Position]],
        lines: Sequence[Sequence[Position]],
        buffer_m: float,
    ) -> Field:
        """Return a field without its no-spray zones, areas and lines grown by `buffer_m`.

        Raises PlanError for an outline that crosses itself, SafetyRefused where the zones leave nothing.
        """
        import shapely

        if not 0.0 <= buffer_m < 1e4:
            raise PlanError(f"invalid no-spray zone: a buffer of {buffer_m:g} m", hint="use 0 to 10000 m")
        if lines and buffer_m == 0.0:
            raise PlanError(
                "invalid no-spray zone: a line without a buffer", hint="give the buffer in metres"
            )
        outline = shapely.Polygon(on_earth.all_to_map(corners), [on_earth.all_to_map(one) for one in holes])
        if not outline.is_valid:
            raise PlanError("invalid field: its outline crosses itself", hint="move its corners")
        shapes: list[BaseGeometry] = [shapely.Polygon(on_earth.all_to_map(zone)) for zone in zones]
        if not all(shape.is_valid for shape in shapes):
            raise PlanError("invalid no-spray zone: its outline crosses itself", hint="move its corners")
        shapes += [shapely.LineString(on_earth.all_to_map(line)) for line in lines]
        # The sides of a round buffer come nearer than its radius, by this share.
        closed = shapely.union_all(
            [one.buffer(buffer_m / math.cos(math.pi / 32), quad_segs=8) for one in shapes]
        )
        left = outline.difference(closed)
        if left.area < 1.0:
            raise SafetyRefused(
                "cannot plan the spraying: the no-spray zones and their buffers cover all of the field",
                hint="use a smaller buffer",
            )
        return cls(outline, closed, left)

    def laps(self, swath_m: float, count: int) -> list[Pass]:
        """Return laps along all edges, the outer ones first: the boom reaches the edge and not beyond it."""
        found = []
        for index in range(count):
            inside = self.open.buffer(-swath_m * (index + 0.5), join_style="mitre")
            for part in getattr(inside, "geoms", [inside]):
                for ring in (part.exterior, *part.interiors) if not part.is_empty else ():
                    lap = Pass(tuple((float(x), float(y)) for x, y in ring.coords))
                    if lap.length_m >= _SHORTEST_M:
                        found.append(lap)
        return found

    def swaths(self, swath_m: float, laps: int, angle_deg: float) -> list[list[Pass]]:
        """Return the rows of parallel passes within the laps; without laps they begin and end at the field's edge."""
        angle_rad = math.radians(angle_deg)
        if laps:
            rest = self.open.buffer(-swath_m * laps, quad_segs=8)
            return [] if rest.area < 1.0 else _long_enough(rows_of(rest, angle_rad, Strip(spacing_m=swath_m)))
        axes, closed = turned(self.outline, angle_rad), turned(self.closed, angle_rad)
        rows = []
        for row in rows_of(self.open, angle_rad, Strip(spacing_m=swath_m)):
            x_m = _on_axes(row[0].points[0], angle_rad)[0]
            spans = _sprayable(axes, closed, x_m, swath_m)
            rows.append([row_pass(x_m, begin_m, end_m, angle_rad) for begin_m, end_m in spans])
        return _long_enough(rows)

    def best_angle_deg(self, swath_m: float, laps: int) -> float:
        """Return the direction with the fewest turns, and of those the one with the shortest way."""
        import numpy as np
        import shapely

        rest = self.open.buffer(-swath_m * laps, quad_segs=8)
        if rest.is_empty:
            return 0.0
        sides = sorted(pairwise(rest.convex_hull.exterior.coords), key=lambda side: -math.dist(*side))
        along = [bearing_deg(a, b) % 180.0 for a, b in sides[:_MOST_SIDES]]
        angles = sorted(
            {*(float(one) for one in range(0, 180, _STEP_DEG)), *(round(one, 3) for one in along)}
        )

        def cost(angle_deg: float) -> tuple[int, float]:
            on_axes = turned(rest, math.radians(angle_deg))
            left_m, low_m, right_m, high_m = on_axes.bounds
            xs_m = np.arange(left_m + swath_m / 2.0, right_m + swath_m / 2.0, swath_m)
            ends = np.stack(
                [np.stack([xs_m, np.full_like(xs_m, y_m)], axis=-1) for y_m in (low_m, high_m)], axis=1
            )
            lines = shapely.intersection(on_axes, shapely.linestrings(ends))
            flown = shapely.length(lines)
            return int(shapely.get_num_geometries(lines[flown > 0.0]).sum()), float(flown.sum())

        return min(angles, key=cost)

    def sprayed_share(self, passes: Sequence[Pass], swath_m: float) -> float:
        """Return the share of the open field that the boom covers on these passes, in [0, 1]."""
        covered = sprayed(passes, swath_m)
        return float(covered.intersection(self.open).area / self.open.area)


def sprayed(passes: Sequence[Pass], swath_m: float) -> BaseGeometry:
    """Return what the boom covers: a rectangle along each leg."""
    import shapely

    legs = [leg for one in passes for leg in pairwise(one.points)]
    return shapely.union_all(shapely.buffer(shapely.linestrings(legs), swath_m / 2.0, cap_style="flat"))


def _on_axes(point: MapPoint, angle_rad: float) -> MapPoint:
    sine, cosine = math.sin(angle_rad), math.cos(angle_rad)
    return cosine * point[0] - sine * point[1], sine * point[0] + cosine * point[1]


def _sprayable(
    outline: BaseGeometry, closed: BaseGeometry, x_m: float, swath_m: float
) -> list[tuple[float, float]]:
    """Return from where to where a line is in the field and no part of the boom over a no-spray zone."""
    import shapely

    _, low_m, _, high_m = outline.bounds
    line = shapely.LineString([(x_m, low_m - 1.0), (x_m, high_m + 1.0)])
    strip = line.buffer(swath_m / 2.0, cap_style="flat")
    rest = line.intersection(outline)
    for part in _polygons(strip.intersection(closed)):
        _, from_m, _, to_m = part.bounds
        rest = rest.difference(
            shapely.LineString([(x_m, from_m), (x_m, to_m)]).buffer(1e-6, cap_style="flat")
        )
    parts = [part for part in getattr(rest, "geoms", [rest]) if part.length > 0.0]
    return sorted((part.bounds[1], part.bounds[3]) for part in parts)


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    return [
        part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon" and not part.is_empty
    ]


def _long_enough(rows: Sequence[Sequence[Pass]]) -> list[list[Pass]]:
    kept = [[one for one in row if one.length_m >= _SHORTEST_M] for row in rows]
    return [row for row in kept if row]
