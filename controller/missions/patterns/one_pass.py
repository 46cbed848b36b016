"""One pass of a pattern: a line to fly with the camera or the pump on."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

from controller.missions.patterns.local_map import MapPoint, between


@dataclass(frozen=True, slots=True)
class Pass:
    """Line to be flown with the camera on: its points in flight order, m east and north."""

    points: tuple[MapPoint, ...]

    @property
    def length_m(self) -> float:
        """Length of the line, m."""
        return sum(math.dist(one, two) for one, two in pairwise(self.points))

    def reversed(self) -> Pass:
        """Return the line flown the other way."""
        return replace(self, points=self.points[::-1])

    def every(self, distance_m: float) -> list[MapPoint]:
        """Return the begin of the line, a point after each distance along it, and its end."""
        found, rest_m = [self.points[0]], distance_m
        for one, two in pairwise(self.points):
            length_m = math.dist(one, two)
            while rest_m < length_m:
                found.append(between(one, two, rest_m / length_m))
                rest_m += distance_m
            rest_m -= length_m
        return [*found, self.points[-1]]

    def longer(self, by_m: float) -> Pass:
        """Return the line with its ends `by_m` further out."""
        begin, end = self.extended(by_m)
        return replace(self, points=(begin, *self.points[1:-1], end))

    def extended(self, by_m: float) -> tuple[MapPoint, MapPoint]:
        """Return the points `by_m` before the begin and after the end of the line."""
        return _before(self.points[0], self.points[1], by_m), _before(self.points[-1], self.points[-2], by_m)


def _before(point: MapPoint, towards: MapPoint, by_m: float) -> MapPoint:
    length_m = math.dist(point, towards)
    if length_m == 0.0:
        return point
    return between(point, towards, -by_m / length_m)
