"""Photos of a route: where each one is taken, and where the camera looks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.missions.patterns.local_map import LocalMap, bearing_deg
from controller.missions.route.route import Route, Stop

Floats = NDArray[np.float64]
DOWN_DEG = -90.0


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """Photos in the order they are taken, arrays of shape (n,). Heights have the zero of the route.

    `headings_deg` is the direction of the camera from north, clockwise, `pitches_deg` -90 for straight down. `assets`
    names what each photo is of, "" for nothing.
    """

    lats_deg: Floats
    lons_deg: Floats
    heights_m: Floats
    headings_deg: Floats
    pitches_deg: Floats
    assets: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.assets)


@dataclass(slots=True)
class _Taken:
    """Points of photos on the map, and what their camera does."""

    points: list[Floats]
    heights_m: list[Floats]
    headings_deg: list[float]
    pitches_deg: list[float]
    assets: list[str]

    def add(
        self, points: Floats, heights_m: Floats, heading_deg: float, stop: Stop, pitch_deg: float
    ) -> None:
        count = len(points)
        self.points.append(points)
        self.heights_m.append(heights_m)
        self.headings_deg += [heading_deg] * count
        self.pitches_deg += [pitch_deg] * count
        self.assets += [stop.asset] * count


def count_photos(route: Route) -> int:
    """Return the number of photos."""
    return len(photos_of(route))


def photos_of(route: Route) -> Photos:
    """Return the photos of a route.

    Consecutive legs of one trigger distance are one line: its photos are that far apart along it, the first at its
    begin.
    """
    taken = _Taken([], [], [], [], [])
    if not route.stops:
        return _photos(taken, None)
    on_earth = LocalMap.around([stop.position for stop in route.stops])
    points = on_earth.all_to_map([stop.position for stop in route.stops])
    pitch_deg, since_m = DOWN_DEG, 0.0
    for index, stop in enumerate(route.stops):
        pitch_deg = pitch_deg if stop.pitch_deg is None else stop.pitch_deg
        begin = np.asarray(points[index])
        following = index + 1 < len(points)
        end = np.asarray(points[index + 1]) if following else begin
        next_stop = route.stops[index + 1] if following else stop
        aim = _aim(route.stops, points, index, pitch_deg, on_earth)
        if stop.photo:
            taken.add(begin[None, :], np.asarray([stop.height_m]), aim[0], stop, aim[1])
        if stop.trigger_m <= 0.0 or not following:
            since_m = 0.0
            continue
        if index and route.stops[index - 1].trigger_m != stop.trigger_m:
            since_m = 0.0
        along_m = math.dist(begin, end)
        at_m = np.arange(since_m, along_m + 1e-6, stop.trigger_m)
        if len(at_m):
            share = (at_m / along_m if along_m else at_m)[:, None]
            heights_m = stop.height_m + share[:, 0] * (next_stop.height_m - stop.height_m)
            taken.add(begin + share * (end - begin), heights_m, aim[0], stop, aim[1])
            since_m = float(at_m[-1]) + stop.trigger_m - along_m
        else:
            since_m -= along_m
    return _photos(taken, on_earth)


def _aim(
    stops: Sequence[Stop],
    points: Sequence[tuple[float, float]],
    index: int,
    pitch_deg: float,
    on_earth: LocalMap,
) -> tuple[float, float]:
    """Return heading and pitch of the camera at a stop, degrees."""
    stop, here = stops[index], points[index]
    if stop.look_at is not None:
        east, north = on_earth.to_map((stop.look_at.lat_deg, stop.look_at.lon_deg))
        across, up = math.dist((east, north), here), stop.look_at.height_m - stop.height_m
        return bearing_deg(here, (east, north)), math.degrees(math.atan2(up, across))
    if stop.heading_deg is not None:
        return stop.heading_deg, pitch_deg
    for begin, end in _legs_near(points, index):
        if begin != end:
            return bearing_deg(begin, end), pitch_deg
    return 0.0, pitch_deg


def _legs_near(
    points: Sequence[tuple[float, float]], index: int
) -> Iterator[tuple[tuple[float, float], tuple[float, float]]]:
    """Return the leg after a point and the leg before it."""
    if index + 1 < len(points):
        yield points[index], points[index + 1]
    if index:
        yield points[index - 1], points[index]


def _photos(taken: _Taken, on_earth: LocalMap | None) -> Photos:
    if on_earth is None or not taken.points:
        none = np.zeros(0)
        return Photos(none, none, none, none, none, ())
    lats_deg, lons_deg = on_earth.arrays_to_earth(np.concatenate(taken.points))
    return Photos(
        lats_deg,
        lons_deg,
        np.concatenate(taken.heights_m),
        np.asarray(taken.headings_deg),
        np.asarray(taken.pitches_deg),
        tuple(taken.assets),
    )
