"""Passes of a pattern: lines to fly with the camera on, and the route that flies them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.local_map import LocalMap, MapPoint
from controller.missions.patterns.one_pass import Pass
from controller.missions.route.route import Route, Stop

if TYPE_CHECKING:
    from controller.missions.patterns.keep_out import Obstacles


# An autopilot turns to the next line this far before the end of one (ArduCopter's WPNAV_RADIUS and PX4's NAV_ACC_RAD
# are 2 m on multirotors), and the camera is off from there: a photo that is due later is not taken. Each photo is late
# by a part of the way between two checks of the distance, and the next one is counted from there.
_TURNS_EARLY_M = 2.5
_LATE_M = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class PassOptions:
    """How the passes of a pattern are flown."""

    height_m: float
    """Height above the zero of the route, m."""
    spacing_m: float
    """Distance between neighbouring passes, m."""
    trigger_m: float = 0.0
    """Distance between photos, m; 0 for no photos."""
    overshoot_m: float = 0.0
    """Straight flight before and after each pass, m: the aircraft turns outside."""
    camera: Camera | None = None
    """Camera that the distances are for; the route carries it."""
    hover: bool = False
    """Stop for each photo, instead of taking photos in flight."""
    margin_along_m: float = 0.0
    """A pass begins and ends so far outside, m: so that photos overlap at the border as they do inside."""
    margin_aside_m: float = 0.0
    """Lines lie up to so far outside, m, for the same reason."""
    speed_m_s: float | None = None
    """Speed by which the best direction of lines is chosen, m/s; None: that of the estimate of a flight."""

    def __post_init__(self) -> None:
        for name in ("height_m", "spacing_m", "trigger_m", "overshoot_m", "margin_along_m", "margin_aside_m"):
            if not math.isfinite(getattr(self, name)):
                raise PlanError(f"invalid pattern: {name} is no number")
        if self.height_m <= 0.0:
            raise PlanError(f"invalid pattern: a height of {self.height_m:g} m", hint="use one above 0")
        if self.spacing_m < 0.1:
            raise PlanError(f"invalid pattern: lines {self.spacing_m:g} m apart", hint="use 0.1 m or more")
        if min(self.trigger_m, self.overshoot_m, self.margin_along_m, self.margin_aside_m) < 0.0:
            raise PlanError("invalid pattern: a negative distance", hint="use 0 or more")
        if 0.0 < self.trigger_m < 0.1:
            raise PlanError(
                f"invalid pattern: photos {self.trigger_m:g} m apart", hint="use 0 for none, or 0.1 m or more"
            )
        if self.hover and self.trigger_m == 0.0:
            raise PlanError(
                "invalid pattern: a stop for each photo, and no photos", hint="give their distance"
            )


@dataclass(frozen=True, slots=True)
class _Orders:
    """What is ordered at a point."""

    photo: bool = False
    trigger_m: float = 0.0


def route_of(
    pattern: str,
    passes: Sequence[Pass],
    on_earth: LocalMap,
    options: PassOptions,
    *,
    area_m2: float,
    outline: tuple[tuple[Position, ...], ...] = (),
    obstacles: Obstacles | None = None,
    home: MapPoint | None = None,
) -> Route:
    """Return the route that flies passes in this order: the camera is on along each, and off between them.

    With obstacles the ways between, from `home` (default: the first pass) and back to it go around them. Raises
    SafetyRefused where there is no way.
    """
    flown: list[tuple[MapPoint, _Orders]] = []
    at = home
    for one in passes:
        for point, orders in _along(one, options, obstacles):
            if obstacles is not None and at is not None:
                flown += [(between, _Orders()) for between in obstacles.way(at, point)]
            flown.append((point, orders))
            at = point
        if len(flown) > MAX_ITEMS:
            raise PlanError(
                f"cannot plan the {pattern}: more than {MAX_ITEMS} items", hint="use a larger line spacing"
            )
    keep_out: tuple[tuple[Position, ...], ...] = ()
    way_between = None
    if obstacles is not None and at is not None:
        begin = home or flown[0][0]
        flown += [(between, _Orders()) for between in obstacles.way(at, begin)]
        keep_out = obstacles.outlines(on_earth)
        way_between = obstacles.way_between(on_earth, begin)
    return Route(
        pattern=pattern,
        stops=_stops(flown, on_earth, options.height_m),
        camera=options.camera,
        area_m2=area_m2,
        passes=len(passes),
        outline=outline,
        keep_out=keep_out,
        way_between=way_between,
    )


def margin_remarks(options: PassOptions) -> list[str]:
    """Return a remark where lines lie outside of what they are to show."""
    along_m, aside_m = options.margin_along_m, options.margin_aside_m
    if max(along_m, aside_m) < 0.5:
        return []
    return [
        f"the flight goes up to {along_m:.0f} m beyond the ends and {aside_m:.0f} m beyond the sides, so that photos "
        "overlap at the border: --no-margin leaves it out"
    ]


def _along(
    one: Pass, options: PassOptions, obstacles: Obstacles | None
) -> Iterator[tuple[MapPoint, _Orders]]:
    """Return the points of a pass, with those before and after it where the aircraft turns outside."""
    before, after = one.extended(options.overshoot_m)
    if obstacles is not None:
        before = obstacles.outside(one.points[0], before)
        after = obstacles.outside(one.points[-1], after)
    if before != one.points[0]:
        yield before, _Orders()
    if options.hover:
        yield from ((point, _Orders(photo=True)) for point in one.every(options.trigger_m))
    else:
        yield from ((point, _Orders(trigger_m=options.trigger_m)) for point in one.points[:-1])
        yield _end(one, options, obstacles), _Orders()
    if after != one.points[-1]:
        yield after, _Orders()


def _end(one: Pass, options: PassOptions, obstacles: Obstacles | None) -> MapPoint:
    """Return the end of a pass, further out where its last photo would be lost in the turn."""
    end = one.points[-1]
    if not options.trigger_m or not options.margin_along_m or options.overshoot_m:
        return end
    intervals, rest_m = divmod(one.length_m + 1e-6, options.trigger_m)
    needed_m = min(_TURNS_EARLY_M + _LATE_M * intervals, 0.9 * options.trigger_m)
    if rest_m >= needed_m:
        return end
    _, further = one.extended(needed_m - rest_m)
    return further if obstacles is None or obstacles.outside(end, further) == further else end


def _stops(
    flown: Sequence[tuple[MapPoint, _Orders]], on_earth: LocalMap, height_m: float
) -> tuple[Stop, ...]:
    import numpy as np

    lats_deg, lons_deg = on_earth.arrays_to_earth(np.asarray([point for point, _ in flown]).reshape(-1, 2))
    return tuple(
        Stop(
            lat_deg=lat_deg,
            lon_deg=lon_deg,
            height_m=height_m,
            photo=orders.photo,
            trigger_m=orders.trigger_m,
        )
        for lat_deg, lon_deg, (_, orders) in zip(lats_deg.tolist(), lons_deg.tolist(), flown, strict=True)
    )
