"""Areas and lines of other programs' files: what was read, what was not taken, and limits of both."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from controller.missions.errors import PlanError
from controller.missions.path import Position
from controller.missions.patterns.local_map import LocalMap

#: An outline of more points is made simpler: a survey or a fence of thousands of corners is of no use.
MOST_CORNERS = 500
_MOST_POINTS = 200_000
_MOST_SHAPES = 1000
_FIRST_TOLERANCE_M = 0.5
_MAX_NAME = 100


@dataclass(frozen=True, slots=True)
class Shape:
    """An area (its corners, not closed) or a line. `points` are latitude and longitude, degrees (WGS-84).

    `holes` are the corners of what lies inside an area and is no part of it.
    """

    kind: Literal["area", "line"]
    name: str
    points: tuple[Position, ...]
    holes: tuple[tuple[Position, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ShapeFile:
    """Shapes of a file, and one line for each kind of content that was not taken or was changed."""

    shapes: tuple[Shape, ...]
    notes: tuple[str, ...]
    points: tuple[tuple[str, Position], ...] = ()
    """Single points with their names, "" for none; assets are read from them, patterns are not."""


class ShapeCollector:
    """Collects what a reader finds in `file`. Raises PlanError beyond the limits."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._shapes: list[Shape] = []
        self._skipped: Counter[str] = Counter()
        self._notes: list[str] = []
        self._points: list[tuple[str, Position]] = []
        self._count = 0

    def area(self, name: str, points: Iterable[Position], holes: Iterable[Iterable[Position]] = ()) -> None:
        """Take an area and its holes; a closing corner is the first one again."""
        corners = self._ring(points)
        if len(set(corners)) < 3:
            self.skip("area with fewer than 3 corners")
            return
        kept = []
        for hole in map(self._ring, holes):
            if len(set(hole)) < 3:
                self.skip("hole with fewer than 3 corners")
            else:
                kept.append(hole)
        self._keep("area", name, corners, kept)

    def line(self, name: str, points: Iterable[Position]) -> None:
        """Take a line."""
        places = self._distinct(points)
        if len(places) < 2:
            self.skip("line with fewer than 2 points")
        else:
            self._keep("line", name, places)

    def point(self, name: str, position: Position) -> None:
        """Take a single point. It is no shape, and counted as such."""
        self._points += [(_clean(name), point) for point in self._distinct([position])]
        self.skip("point (only areas and lines are)")

    def skip(self, what: str) -> None:
        """Count something that is not taken."""
        self._skipped[what] += 1

    def note(self, what: str) -> None:
        """Say how something was taken."""
        self._notes.append(what)

    def result(self) -> ShapeFile:
        """Return what was collected."""
        skipped = [f"not taken: {count} × {what}" for what, count in self._skipped.items()]
        return ShapeFile(tuple(self._shapes), (*self._notes, *skipped), tuple(self._points))

    def _ring(self, points: Iterable[Position]) -> list[Position]:
        corners = self._distinct(points)
        if len(corners) > 1 and corners[0] == corners[-1]:
            corners.pop()
        return corners

    def _distinct(self, points: Iterable[Position]) -> list[Position]:
        found: list[Position] = []
        for point in points:
            self._count += 1
            if self._count > _MOST_POINTS:
                raise PlanError(f"cannot read the shapes: more than {_MOST_POINTS} points", where=self._file)
            if not found or point != found[-1]:
                found.append(point)
        return found

    def _keep(
        self,
        kind: Literal["area", "line"],
        name: str,
        points: list[Position],
        holes: Iterable[list[Position]] = (),
    ) -> None:
        if len(self._shapes) >= _MOST_SHAPES:
            self.skip(f"shape after the first {_MOST_SHAPES}")
            return
        name = _clean(name) or f"{kind} {len(self._shapes) + 1}"
        kept = [tuple(self._few(f"a hole of {name}", hole)) for hole in holes]
        self._shapes.append(Shape(kind, name, tuple(self._few(name, points)), tuple(kept)))

    def _few(self, name: str, points: list[Position]) -> list[Position]:
        """Return the points, or fewer of them near the same line, with a note."""
        if len(points) <= MOST_CORNERS:
            return points
        before = len(points)
        points, tolerance_m = _simplified(points)
        self._notes.append(
            f"{name}: {len(points)} of {before} points, the others lie within {tolerance_m:g} m of it"
        )
        return points


def _simplified(points: list[Position]) -> tuple[list[Position], float]:
    """Return a line of few points near the given one, and how near in metres."""
    from shapely import LineString

    local = LocalMap.around(points)
    line, tolerance_m = LineString(local.all_to_map(points)), _FIRST_TOLERANCE_M
    while True:
        kept = line.simplify(tolerance_m, preserve_topology=False).coords
        if len(kept) <= MOST_CORNERS:
            return [local.to_earth((east, north)) for east, north in kept], tolerance_m
        tolerance_m *= 2.0


def _clean(name: str) -> str:
    return "".join(one for one in " ".join(name.split()) if one.isprintable())[:_MAX_NAME]


def place(lat_deg: float, lon_deg: float, where: str) -> Position:
    """Return a position. Raises PlanError for one that is not on the earth."""
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0):
        raise PlanError(
            f"invalid position: latitude {lat_deg:g}, longitude {lon_deg:g}",
            where=where,
            hint="export the file in WGS 84, in degrees",
        )
    return lat_deg, lon_deg
