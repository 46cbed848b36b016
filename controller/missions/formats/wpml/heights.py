"""Zeros of WPML's heights: take-off, ground, EGM96 (mean sea level) and the WGS-84 ellipsoid.

MAVLink has no frame of heights above the ellipsoid, so that they are converted to heights above mean sea level by the
geoid EGM96.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import replace

from controller.missions.commands import FRAME
from controller.missions.formats.wpml.document import Wayline
from controller.missions.formats.wpml.elements import Fields

ELLIPSOID = "WGS84"
ABOVE_HOME = "relativeToStartPoint"
_FRAMES = {
    ABOVE_HOME: FRAME.GLOBAL_RELATIVE_ALT,
    ELLIPSOID: FRAME.GLOBAL,
    "EGM96": FRAME.GLOBAL,
    "aboveGroundLevel": FRAME.GLOBAL_TERRAIN_ALT,
    "realTimeFollowSurface": FRAME.GLOBAL_TERRAIN_ALT,
}
_WORDS = {
    ABOVE_HOME: "heights are above the take-off place",
    "EGM96": "heights are above mean sea level (EGM96)",
    "aboveGroundLevel": "heights are above ground",
    "realTimeFollowSurface": "heights are above ground, which DJI's aircraft measures in flight",
}
# Between the points of the grid the geoid is known to a decimetre; heights of other tools differ by more.
_DIFFERS_M = 1.0

Position = tuple[float, float]


def frame_of(wayline: Wayline) -> int:
    """Return MAVLink's frame for the heights of a wayline. Raises PlanError for an unknown height mode."""
    frame = _FRAMES.get(wayline.height_mode)
    if frame is None:
        shown = repr(wayline.height_mode[:40]) if wayline.height_mode else "missing"
        raise wayline.fields.error("height mode", f"{shown}: it is not known what heights are measured from")
    return int(frame)


def height_note(mode: str) -> tuple[str, str] | None:
    """Return what the heights of a file are, and why that is said; None for converted heights."""
    if mode not in _WORDS:
        return None
    return _WORDS[mode], f"height mode {mode} of the file"


def geoids_m(places: Sequence[Position]) -> list[float]:
    """Return the height of the geoid EGM96 above the ellipsoid, m, at places."""
    import numpy as np

    from controller.terrain.geoid import egm96_m

    found = egm96_m(np.asarray([place[0] for place in places]), np.asarray([place[1] for place in places]))
    return [float(one) for one in found]


def above_sea(waylines: Sequence[Wayline]) -> tuple[tuple[Wayline, ...], float]:
    """Return the waylines with ellipsoid heights as heights above mean sea level, and the first geoid height, m."""
    rest = iter(geoids_m([(one.lat_deg, one.lon_deg) for line in waylines for one in line.waypoints]))
    first_m, converted = None, []
    for line in waylines:
        lowered = [(one, next(rest)) for one in line.waypoints]
        first_m = lowered[0][1] if first_m is None else first_m
        if line.height_mode == ELLIPSOID:
            points = tuple(replace(one, height_m=round(one.height_m - down, 3)) for one, down in lowered)
            line = replace(line, waypoints=points)
        converted.append(line)
    return tuple(converted), first_m or 0.0


def stated_difference_m(template: Fields, geoid_m: float) -> float | None:
    """Return how far the file's own two heights of one place are from the geoid, m; None where they agree with it.

    Tools that know no geoid write the same number as ellipsoid height and as height above mean sea level.
    """
    found = list(_stated(template))
    if not found:
        return None
    differs_m = statistics.median(found) - geoid_m
    return differs_m if abs(differs_m) > _DIFFERS_M else None


def _stated(template: Fields) -> Iterable[float]:
    for folder in template.children("Folder"):
        coordinates = folder.child("waylineCoordinateSysParam")
        if coordinates is None or coordinates.text("heightMode") != "EGM96":
            continue
        for one in folder.children("Placemark"):
            if one.has("ellipsoidHeight") and one.has("height") and not one.flag("useGlobalHeight"):
                yield one.number("ellipsoidHeight") - one.number("height")
