"""Heights over terrain: a route above the ground becomes one above home, whose clearance holds between its points.

Everything is looked at on samples of the way, a metre or less apart: what the aircraft is to clear is the bilinear
surface of the terrain, and its edges between the samples.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from controller.errors import SafetyRefused
from controller.missions.path import Position
from controller.missions.route.pace import Pace, slowed, too_steep
from controller.missions.route.profile import (
    Floats,
    Indices,
    Samples,
    climbable,
    points_of,
    sampled,
    with_edges,
)
from controller.missions.route.route import HeightAbove, Panel, Place, Route, Stop

# The least that the terrain is sampled with, m, and what rounding of positions and heights may cost, m.
_STEP_M = 1.0
_ROUNDING_M = 0.05
_MOST_CLEARANCE_M = 20.0
_GRID = 64
_LEAST_TOLERANCE_M, _MOST_TOLERANCE_M = 0.2, 5.0


class GroundHeights(Protocol):
    """Ground heights, m above one zero; controller.terrain.ground has those of files."""

    cell_m: float

    def heights_m(self, lats_deg: Floats, lons_deg: Floats) -> Floats:
        """Return the heights of places, arrays of shape (n,); NaN where none is known."""

    def highest_m(self, lats_deg: Floats, lons_deg: Floats) -> float:
        """Return the highest ground in the convex polygon round places; NaN where none is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terrain:
    """The ground of a job: `home_m` is that of home, `clearance_m` the least height above it.

    With `flat_outside` the ground is as high as home where no height is known; else such a way is refused.
    """

    ground: GroundHeights
    home: Position
    home_m: float
    clearance_m: float
    flat_outside: bool = False

    def above_home_m(self, lats_deg: Floats, lons_deg: Floats, what: str) -> tuple[Floats, int]:
        """Return the ground's heights above home and how many are not known. Raises SafetyRefused where those count."""
        heights_m = self.ground.heights_m(lats_deg, lons_deg) - self.home_m
        unknown = np.isnan(heights_m)
        count = int(unknown.sum())
        if count and not self.flat_outside:
            first = int(np.argmax(unknown))
            raise SafetyRefused(
                f"the terrain does not cover {100.0 * count / len(unknown):.1f} % of {what}, "
                f"first at {lats_deg[first]:.5f},{lons_deg[first]:.5f}",
                hint="add the terrain of that place, or give --flat-outside if it is as high as home",
            )
        heights_m[unknown] = 0.0
        return heights_m, count


def usual_clearance_m(lowest_m: float) -> float:
    """Return the clearance of a route whose lowest point is `lowest_m` above the ground, m."""
    return min(_MOST_CLEARANCE_M, 0.7 * lowest_m)


def follow(route: Route, terrain: Terrain, pace: Pace) -> Route:
    """Return a route above ground as one above home, with points where the ground needs them.

    It keeps its heights within a tenth, at most 5 m. Over ground that is too steep for the aircraft at its speed it is
    slower, and higher where that is not enough; a pump needs an even speed: with one it is only higher.
    Raises SafetyRefused for heights under the clearance, and for a way that the terrain does not cover.
    """
    asked_m = np.asarray([stop.height_m for stop in route.stops])
    lowest_m = float(asked_m.min())
    if lowest_m < terrain.clearance_m:
        raise SafetyRefused(
            f"a height of {lowest_m:g} m above ground is under the clearance of {terrain.clearance_m:g} m",
            hint="use a larger --height-m, or a smaller --clearance-m",
        )
    samples, ground_m, unknown = _ground_under(route, terrain)
    tolerance_m = float(np.clip(0.1 * lowest_m, _LEAST_TOLERANCE_M, _MOST_TOLERANCE_M))
    least_m = terrain.clearance_m + tolerance_m + _ROUNDING_M
    wanted_m = with_edges(ground_m) + np.maximum(samples.along(asked_m), least_m)
    speeds = _speeds(route, pace)[samples.legs[:-1]]
    pumps = any(stop.pump is not None for stop in route.stops)
    slow = speeds if pumps else np.minimum(speeds, pace.slowest_m_s)
    profile_m = climbable(wanted_m, samples.steps_m, pace.climb_m_s / slow, pace.sink_m_s / slow)
    kept = points_of(profile_m, samples, tolerance_m)
    flown_m = np.interp(np.arange(len(profile_m)), kept, profile_m[kept])
    _prove(flown_m, ground_m, samples, terrain.clearance_m)
    stops = _stops(route, terrain, samples, kept, profile_m)
    if not pumps:
        stops = slowed(stops, samples.distances_m[kept], pace)
    moved = replace(
        route,
        stops=tuple(stops),
        above=HeightAbove.HOME,
        panels=tuple(_panel_above_home(one, terrain) for one in route.panels),
    )
    above_m = flown_m - ground_m
    remarks = [
        f"the heights follow the terrain: {len(kept) - len(samples.corners)} points are added, the aircraft flies "
        f"{above_m.min():.0f} to {above_m.max():.0f} m above ground"
    ]
    remarks += too_steep(wanted_m, profile_m, stops, pace, float(_speeds(route, pace).min()))
    remarks += assumed_flat(unknown, len(ground_m), "the route")
    return moved.with_stops(moved.stops, *remarks)


def prove_clearance(route: Route, terrain: Terrain) -> Route:
    """Return a route above home with what the terrain says of it. Raises SafetyRefused where it is too low."""
    samples, ground_m, unknown = _ground_under(route, terrain)
    flown_m = samples.along(np.asarray([stop.height_m for stop in route.stops]))
    _prove(flown_m - _ROUNDING_M, with_edges(ground_m), samples, terrain.clearance_m)
    lowest_m = float((flown_m - ground_m).min())
    return route.with_stops(
        route.stops,
        f"the route is at least {lowest_m:.0f} m above ground",
        *assumed_flat(unknown, len(ground_m), "the route"),
    )


def with_transits(route: Route, terrain: Terrain) -> Route:
    """Return a route above home that is reached and left at a height safe for the straight way from home and to land.

    Where the first or last stop is lower than that, a point above it is added. Raises SafetyRefused for a way that the
    terrain does not cover.
    """
    first, last = route.stops[0], route.stops[-1]
    begin_m = transit_height_m(terrain, terrain.home, first.position)
    end_m = transit_height_m(terrain, last.position, route.land_at or terrain.home)
    stops = list(route.stops)
    if begin_m > first.height_m:
        stops.insert(0, Stop(lat_deg=first.lat_deg, lon_deg=first.lon_deg, height_m=begin_m))
    if end_m > last.height_m:
        stops.append(Stop(lat_deg=last.lat_deg, lon_deg=last.lon_deg, height_m=end_m))
    return replace(route, stops=tuple(stops))


def from_take_off(route: Route, terrain: Terrain) -> tuple[Route, Terrain]:
    """Return a route above home, and its terrain, above the place where it takes off instead."""
    if route.take_off is None:
        return route, terrain
    place = Place(*route.take_off, 0.0)
    higher_m = _above_home(place, terrain).height_m
    stops = tuple(replace(stop, height_m=stop.height_m - higher_m) for stop in route.stops)
    there = replace(terrain, home=route.take_off, home_m=terrain.home_m + higher_m)
    return replace(route, stops=stops), there


def cleared_way(route: Route, terrain: Terrain) -> Route:
    """Return a route above home whose ways round keep-outs, by which it is cut, are at a height above the ground."""
    way_between = route.way_between
    if way_between is None:
        return route

    def way(stop: Stop, place: Position | None) -> tuple[Stop, ...]:
        found = way_between(stop, place)
        if not found:
            return ()
        places = [stop.position, *(one.position for one in found), place or terrain.home]
        safe_m = max(stop.height_m, transit_height_m(terrain, *places))
        above = Stop(lat_deg=stop.lat_deg, lon_deg=stop.lon_deg, height_m=safe_m)
        return (above, *(replace(one, height_m=safe_m) for one in found))

    return replace(route, way_between=way)


def transit_height_m(terrain: Terrain, *places: Position) -> float:
    """Return the lowest height above home that clears the straight ways between places, m."""
    way = sampled(list(places), step_m(terrain))
    ground_m, _ = terrain.above_home_m(way.lats_deg, way.lons_deg, "the way between home and the route")
    return round(float(with_edges(ground_m).max()) + terrain.clearance_m + _ROUNDING_M, 1)


def return_height_m(route: Route, terrain: Terrain) -> float:
    """Return the lowest height above home that clears a straight return from every point of the route, m.

    Raises SafetyRefused where the terrain does not cover such a return.
    """
    ends = [place for place in (route.take_off, route.land_at) if place is not None]
    places = np.asarray([terrain.home, *ends, *(stop.position for stop in route.stops)])
    terrain.above_home_m(*_grid_within(places), "the ways back from the route")
    highest_m = terrain.ground.highest_m(places[:, 0], places[:, 1])
    above_home_m = 0.0 if np.isnan(highest_m) else max(0.0, highest_m - terrain.home_m)
    return float(np.ceil(above_home_m + terrain.clearance_m))


def _grid_within(places: Floats) -> tuple[Floats, Floats]:
    """Return places on a grid in the convex polygon round others, and these."""
    import shapely

    low, high = places.min(axis=0), places.max(axis=0)
    lats, lons = (one.ravel() for one in np.meshgrid(*np.linspace(low, high, _GRID).T))
    inside = shapely.contains_xy(shapely.MultiPoint(places).convex_hull, lats, lons)
    return np.append(lats[inside], places[:, 0]), np.append(lons[inside], places[:, 1])


def step_m(terrain: Terrain) -> float:
    """Return the distance of samples of a way over the terrain, m."""
    return min(_STEP_M, terrain.ground.cell_m)


def _ground_under(route: Route, terrain: Terrain) -> tuple[Samples, Floats, int]:
    samples = sampled([stop.position for stop in route.stops], step_m(terrain))
    ground_m, unknown = terrain.above_home_m(samples.lats_deg, samples.lons_deg, "the route")
    return samples, ground_m, unknown


def _prove(flown_m: Floats, ground_m: Floats, samples: Samples, clearance_m: float) -> None:
    """Raise SafetyRefused where a way is less than the clearance above the ground."""
    above_m = flown_m - ground_m
    at = int(np.argmin(above_m))
    if above_m[at] < clearance_m:
        raise SafetyRefused(
            f"the way is {above_m[at]:.1f} m above ground at {samples.lats_deg[at]:.5f},{samples.lons_deg[at]:.5f}, "
            f"less than the clearance of {clearance_m:g} m",
            hint=f"fly {np.ceil(clearance_m - above_m[at]):.0f} m higher, or give --above ground",
        )


def _speeds(route: Route, pace: Pace) -> Floats:
    """Return the speed of each leg, m/s, and of the last stop."""
    speed_m_s, speeds = pace.along_m_s, []
    for stop in route.stops:
        speed_m_s = stop.speed_m_s or speed_m_s
        speeds.append(speed_m_s)
    return np.asarray(speeds)


def _stops(route: Route, terrain: Terrain, samples: Samples, kept: Indices, profile_m: Floats) -> list[Stop]:
    corners = set(samples.corners.tolist())
    stops: list[Stop] = []
    for at in kept.tolist():
        of = route.stops[int(samples.legs[at])]
        height_m = round(float(profile_m[at]), 3)
        look_at = None if of.look_at is None else _above_home(of.look_at, terrain)
        if at in corners:
            stops.append(replace(of, height_m=height_m, look_at=look_at))
        else:
            stops.append(
                Stop(
                    lat_deg=float(samples.lats_deg[at]),
                    lon_deg=float(samples.lons_deg[at]),
                    height_m=height_m,
                    trigger_m=of.trigger_m,
                    heading_deg=of.heading_deg,
                    look_at=look_at,
                    asset=of.asset,
                )
            )
    return stops


def _above_home(place: Place, terrain: Terrain) -> Place:
    here = np.asarray([place.lat_deg]), np.asarray([place.lon_deg])
    ground_m, _ = terrain.above_home_m(*here, "what the camera looks at")
    return replace(place, height_m=place.height_m + float(ground_m[0]))


def _panel_above_home(panel: Panel, terrain: Terrain) -> Panel:
    move: Callable[[Place], Place] = lambda place: _above_home(place, terrain)  # noqa: E731
    return replace(panel, corner=move(panel.corner), along=move(panel.along), up=move(panel.up))


def assumed_flat(unknown: int, count: int, what: str) -> list[str]:
    """Return what to say of samples without a height."""
    if not unknown:
        return []
    return [
        f"the terrain does not cover {100.0 * unknown / count:.1f} % of {what}: "
        "the ground there is taken as high as home"
    ]
