"""Speed at which the camera keeps up: no faster than it takes photos, and no faster than they stay sharp."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from controller.missions.patterns.camera import Camera
from controller.missions.route.route import HeightAbove, Route

#: The ground may move by so much of a pixel while the shutter is open.
SHARP_PX = 1.0


def with_camera_speed(
    route: Route, speed_m_s: float, *, exposure_s: float | None = None, slowest_m_s: float = 0.0
) -> Route:
    """Return the route flown no faster than its camera keeps up, with a remark where that is slower than `speed_m_s`.

    A camera with a trigger delay gets a remark of how far past their places its photos are taken.

    The camera's shortest interval limits the speed between photos of a distance; with `exposure_s` so does the motion
    blur, taken at the lowest height. The speed is set at the first of these photos, and set back after the last. An
    aircraft that cannot fly slower than `slowest_m_s` keeps its speed, which the remark says.
    """
    camera = route.camera
    photographing = [at for at, stop in enumerate(route.stops[:-1]) if stop.trigger_m > 0.0]
    if camera is None or not photographing:
        return route
    limits = list(_limits(route, camera, exposure_s))
    limit_m_s, why = min(limits, default=(math.inf, ""))
    if limits:
        limit_m_s = max(math.floor(limit_m_s * 10.0) / 10.0, 0.1)
    if camera.trigger_delay_s:
        late_m = camera.trigger_delay_s * min(speed_m_s, limit_m_s)
        route = route.with_stops(
            route.stops, f"photos are taken {late_m:.1f} m past their places: the camera's delay"
        )
    flown = [stop.speed_m_s for stop in route.stops if stop.speed_m_s is not None]
    if max([speed_m_s, *flown]) <= limit_m_s:
        return route
    if limit_m_s < slowest_m_s:
        return route.with_stops(
            route.stops,
            f"the camera keeps up only to {limit_m_s:g} m/s ({why}), which this aircraft cannot fly: "
            "fly higher, or with less front overlap",
        )
    stops = list(route.stops)
    for at, stop in enumerate(stops):
        if stop.speed_m_s is not None:
            stops[at] = replace(stop, speed_m_s=min(stop.speed_m_s, limit_m_s))
    if speed_m_s > limit_m_s:
        first, after = photographing[0], photographing[-1] + 1
        stops[first] = replace(stops[first], speed_m_s=limit_m_s)
        if stops[after].speed_m_s is None:
            stops[after] = replace(stops[after], speed_m_s=speed_m_s)
    return route.with_stops(
        tuple(stops), f"speed lowered from {max([speed_m_s, *flown]):g} to {limit_m_s:g} m/s: {why}"
    )


def _limits(route: Route, camera: Camera, exposure_s: float | None) -> Iterator[tuple[float, str]]:
    """Return the highest speeds, m/s, each with what limits it."""
    name = camera.name or "the camera"
    apart_m = min(stop.trigger_m for stop in route.stops[:-1] if stop.trigger_m > 0.0)
    if camera.min_interval_s:
        yield (
            apart_m / camera.min_interval_s,
            f"{name} takes a photo every {camera.min_interval_s:g} s at best, and they are {apart_m:.1f} m apart",
        )
    if exposure_s and route.above is not HeightAbove.SEA:
        lowest_m = min(stop.height_m for stop in route.stops if stop.trigger_m > 0.0)
        gsd_cm = camera.gsd_cm(max(lowest_m, 0.1))
        yield (
            SHARP_PX * gsd_cm / 100.0 / exposure_s,
            f"at an exposure of {exposure_s * 1000.0:g} ms the ground moves by a pixel of {gsd_cm:.1f} cm",
        )
