"""The way that a file of places has: one line with heights, or its points in order, as waypoints.

A file of several lines does not say which of them is to be flown, and one without heights not how high: both are
refused. Heights keep the zero that the file states; above the ellipsoid they are converted by the geoid EGM96.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from controller.missions.commands import CMD, FRAME
from controller.missions.errors import PlanError
from controller.missions.formats.paths.ends import with_ends
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.item_limits import MAX_ALTITUDE_M
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanItem, ReadingNote

_MOST_NAMED = 5
_MAX_NAME = 60
_NO_HEIGHT_HINT = (
    "give heights above the ground or above sea level, or plan it: landline mission plan corridor"
)


class Above(StrEnum):
    """What the heights of a way are above."""

    HOME = "the take-off"
    GROUND = "the ground"
    SEA = "mean sea level"
    ELLIPSOID = "the ellipsoid of WGS 84"


_FRAMES = {
    Above.HOME: int(FRAME.GLOBAL_RELATIVE_ALT),
    Above.GROUND: int(FRAME.GLOBAL_TERRAIN_ALT),
    Above.SEA: int(FRAME.GLOBAL),
    Above.ELLIPSOID: int(FRAME.GLOBAL),
}


@dataclass(frozen=True, slots=True)
class Vertex:
    """A place of a way: degrees (WGS 84), height in m above `above` or None, and the line of the file."""

    lat_deg: float
    lon_deg: float
    height_m: float | None
    above: Above | None
    line: str = ""

    @property
    def has_height(self) -> bool:
        """Whether the file says how high the place is."""
        return self.height_m is not None and self.above is not None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, with its name or ""."""

    name: str
    vertices: tuple[Vertex, ...]


class PlaceCollector:
    """Collects what a reader finds in `file`, of the format `title`. Raises PlanError beyond the limits."""

    def __init__(self, file: str, title: str, *, why: str) -> None:
        self._file, self._title, self._why = file, title, why
        self._lines: list[Line] = []
        self._points: list[Vertex] = []
        self._skipped: Counter[str] = Counter()
        self._count = 0
        self.areas = 0

    def line(self, name: str, vertices: Sequence[Vertex]) -> None:
        """Take a line."""
        self._limit(len(vertices))
        if len(vertices) < 2:
            self.skip("line with fewer than 2 points")
        else:
            self._lines.append(Line(_plain(name), tuple(vertices)))

    def point(self, vertex: Vertex) -> None:
        """Take a single point."""
        self._limit(1)
        self._points.append(vertex)

    def skip(self, what: str) -> None:
        """Count something that no mission has."""
        self._skipped[what] += 1

    def plan(self) -> Plan:
        """Return the mission of the way. Raises PlanError where the file has none, or several."""
        vertices, said = self._way()
        for _ in range(self.areas):
            self.skip("area")
        items = tuple(_waypoint(one) for one in _above_the_sea(vertices, self._file))
        ended, notes = with_ends(items)
        above = sorted({str(one.above) for one in vertices})
        heights = ReadingNote(f"heights are above {' and '.join(above)}", self._why)
        if any(one.above is Above.ELLIPSOID for one in vertices):
            heights = replace(
                heights, what=f"{heights.what}, and converted to mean sea level by the geoid EGM96"
            )
        losses = tuple(
            ConversionLoss(0, f"{count} × {what}", f"{said} is the mission", "")
            for what, count in self._skipped.items()
        )
        return Plan(items=ended, notes=(heights, *notes), losses=losses)

    def _way(self) -> tuple[tuple[Vertex, ...], str]:
        """Return the places to fly, and their name for the losses."""
        lines = [one for one in self._lines if all(vertex.has_height for vertex in one.vertices)]
        points = [one for one in self._points if one.has_height]
        if len(lines) > 1:
            names = ", ".join(one.name or f"line {number}" for number, one in enumerate(lines, start=1))
            raise PlanError(
                f"cannot tell which line is the mission: {len(lines)} lines, {names[: _MOST_NAMED * _MAX_NAME]}",
                where=self._file,
                hint="leave one line in the file",
            )
        if lines:
            self._skip_many("point", len(self._points))
            self._skip_many("line without heights", len(self._lines) - 1)
            return lines[0].vertices, f"the line {lines[0].name}".strip()
        if points:
            if len(points) < len(self._points):
                bare = next(one for one in self._points if not one.has_height)
                raise self._no_height(bare)
            self._skip_many("line without heights", len(self._lines))
            return tuple(points), "the row of points"
        bare_places = [*(one.vertices[0] for one in self._lines), *self._points]
        if bare_places:
            raise self._no_height(bare_places[0])
        only = "only areas" if self.areas else "no line and no point"
        hint = "plan it: landline mission plan survey" if self.areas else "check the file"
        raise PlanError(f"cannot read a mission: the {self._title} has {only}", where=self._file, hint=hint)

    def _no_height(self, vertex: Vertex) -> PlanError:
        where = f"{self._file}:{vertex.line}" if vertex.line else self._file
        return PlanError(
            f"cannot read a mission: the {self._title} does not say how high this place is",
            where=where,
            hint=_NO_HEIGHT_HINT,
        )

    def _skip_many(self, what: str, count: int) -> None:
        if count > 0:
            self._skipped[what] += count

    def _limit(self, count: int) -> None:
        self._count += count
        if self._count > MAX_ITEMS - 2:
            raise PlanError(f"cannot read a mission: more than {MAX_ITEMS - 2} points", where=self._file)


def _above_the_sea(vertices: Sequence[Vertex], file: str) -> list[Vertex]:
    """Return the places with heights above the ellipsoid converted to mean sea level."""
    found = list(vertices)
    at = [index for index, one in enumerate(found) if one.above is Above.ELLIPSOID]
    if at:
        import numpy as np

        from controller.terrain.geoid import egm96_m

        lats = np.array([found[index].lat_deg for index in at])
        lons = np.array([found[index].lon_deg for index in at])
        for index, geoid_m in zip(at, egm96_m(lats, lons).tolist(), strict=True):
            height_m = found[index].height_m
            if height_m is None or not math.isfinite(geoid_m):
                raise PlanError("cannot convert a height: the place is not on the earth", where=file)
            found[index] = replace(found[index], height_m=round(height_m - geoid_m, 3))
    return found


def _waypoint(vertex: Vertex) -> PlanItem:
    assert vertex.above is not None
    assert vertex.height_m is not None
    return PlanItem(
        command=int(CMD.NAV_WAYPOINT),
        frame=_FRAMES[vertex.above],
        param4=math.nan,
        lat_deg=vertex.lat_deg,
        lon_deg=vertex.lon_deg,
        alt_m=vertex.height_m,
        origin=vertex.line,
    )


def _plain(name: str) -> str:
    return "".join(one for one in " ".join(name.split()) if one.isprintable())[:_MAX_NAME]


def checked_height(height_m: float | None, where: str) -> float | None:
    """Return a height. Raises PlanError for one that no aircraft flies at."""
    if height_m is not None and not abs(height_m) <= MAX_ALTITUDE_M:
        raise PlanError(
            f"invalid height {height_m:g} m: it is outside of +-{MAX_ALTITUDE_M:g} m", where=where
        )
    return height_m
