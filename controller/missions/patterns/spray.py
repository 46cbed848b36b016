"""Spraying and spreading: swaths over a field, the pump on and off at its edges, and refills when the tank is empty."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeAlias

from controller.errors import SafetyRefused
from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.path import Position
from controller.missions.patterns.field import Field
from controller.missions.patterns.keep_out import KeepOut, Obstacles
from controller.missions.patterns.local_map import LocalMap, MapPoint, between
from controller.missions.patterns.one_pass import Pass
from controller.missions.patterns.order import shortest
from controller.missions.patterns.spray_options import SprayOptions, edge_remarks
from controller.missions.route.route import Route, Stop

#: More refills than this are a tank in a wrong unit.
MAX_REFILLS = 999
# A pass is not cut for less than this.
_LEAST_PIECE_M = 5.0
_LEAST_TANK_M = 20.0
_COVERED = 0.99
_Refill: TypeAlias = tuple[MapPoint, Position | None]
"""A place where the tank is filled: on the map, and on the earth; None for home."""


@dataclass(frozen=True, slots=True)
class Zones:
    """No-spray zones: areas and lines, points as latitude and longitude in degrees, to stay `buffer_m` away from."""

    areas: tuple[tuple[Position, ...], ...] = ()
    lines: tuple[tuple[Position, ...], ...] = ()
    buffer_m: float = 0.0


def spray(
    pattern: str,
    corners: Sequence[Position],
    options: SprayOptions,
    *,
    holes: Sequence[Sequence[Position]] = (),
    no_spray: Zones | None = None,
    keep_out: KeepOut | None = None,
    start: Position | None = None,
    refills: Sequence[Position] = (),
) -> Route:
    """Return the route that sprays a field, corners as latitude and longitude in degrees; `start` is home.

    Where the tank is empty the flight ends (Stop.ends_flight) at the nearest of home and `refills`, and the next one
    goes on where the last drop fell. The pump is ordered on and off before the edge, by the pump's delay at the speed.
    Raises PlanError for an invalid field, SafetyRefused where zones leave nothing to spray or a keep-out no way.
    """
    no_spray = no_spray or Zones()
    if len(corners) < 3:
        raise PlanError(f"invalid field: {len(corners)} corners", hint="a field needs 3 or more")
    on_earth = LocalMap.around(corners)
    field = Field.of(on_earth, corners, holes, no_spray.areas, no_spray.lines, no_spray.buffer_m)
    home = on_earth.to_map(start) if start else None
    obstacles = None if keep_out is None else keep_out.on(on_earth, home)
    places: list[_Refill] = [(on_earth.to_map(one), one) for one in refills]
    for (point, _), (lat_deg, lon_deg) in zip(places, refills, strict=True):
        if obstacles is not None and obstacles.holds(point):
            raise SafetyRefused(
                f"cannot plan the flight: the refill at {lat_deg:.6f},{lon_deg:.6f} is inside a keep-out or its buffer",
                hint="move it",
            )
    swath_m, laps = options.dose.swath_m, options.headland_laps
    angle_deg = field.best_angle_deg(swath_m, laps) if options.angle_deg is None else options.angle_deg
    passes = field.laps(swath_m, laps)
    rows = field.swaths(swath_m, laps, angle_deg)
    begin = passes[-1].points[-1] if passes else home
    passes += shortest(rows, begin) if rows else []
    if obstacles is not None:
        passes = [part for one in passes for part in obstacles.cut(one)]
    if not passes:
        raise SafetyRefused(
            "cannot plan the spraying: no swath fits between the edges",
            hint="use a smaller swath or fewer laps",
        )
    tanks = list(_tanks(passes, options))
    stops = list(_stops(tanks, options, on_earth, obstacles, home, places))
    if len(stops) > MAX_ITEMS:
        raise PlanError(f"cannot plan the {pattern}: more than {MAX_ITEMS} items", hint="use a larger swath")
    return Route(
        pattern=pattern,
        stops=tuple(stops),
        area_m2=float(field.open.area),
        passes=len(passes),
        remarks=(*_figures(field, passes, options, len(tanks), angle_deg), *_refilled(stops, refills)),
        keep_out=() if obstacles is None else obstacles.outlines(on_earth),
        way_between=None
        if obstacles is None
        else obstacles.way_between(on_earth, home or on_earth.to_map(stops[0].position)),
    )


def _tanks(passes: Sequence[Pass], options: SprayOptions) -> Iterator[list[Pass]]:
    """Return the passes of each tank; a pass is cut where the tank is empty."""
    if options.tank is None:
        yield list(passes)
        return
    full_m = options.tank / options.dose.a_metre
    if sum(one.length_m for one in passes) > full_m * MAX_REFILLS or full_m < _LEAST_TANK_M:
        raise PlanError(
            f"cannot plan the spraying: a tank lasts for {full_m:.1f} m of {passes[0].length_m:.0f} m",
            hint="use a larger tank",
        )
    tank: list[Pass] = []
    left_m = full_m
    for one in passes:
        rest = one
        while rest.length_m > left_m:
            if left_m >= _LEAST_PIECE_M and rest.length_m - left_m >= _LEAST_PIECE_M:
                piece, rest = cut_at(rest, left_m)
                tank.append(piece)
            elif left_m >= rest.length_m - _LEAST_PIECE_M and rest.length_m >= 3.0 * _LEAST_PIECE_M:
                piece, rest = cut_at(rest, rest.length_m - 2.0 * _LEAST_PIECE_M)
                tank.append(piece)
            yield tank
            tank, left_m = [], full_m
        tank.append(rest)
        left_m -= rest.length_m
    if tank:
        yield tank


def cut_at(one: Pass, at_m: float) -> tuple[Pass, Pass]:
    """Return the parts of a pass before and after `at_m` along it."""
    before, rest_m = [one.points[0]], at_m
    for index, (begin, end) in enumerate(pairwise(one.points)):
        leg_m = math.dist(begin, end)
        if rest_m < leg_m:
            cut = between(begin, end, rest_m / leg_m)
            head = before if cut == before[-1] else [*before, cut]
            return Pass(tuple(head)), Pass((cut, *one.points[index + 1 :]))
        before.append(end)
        rest_m -= leg_m
    raise PlanError(f"cannot cut a pass of {one.length_m:.1f} m at {at_m:.1f} m")


def _stops(
    tanks: Sequence[Sequence[Pass]],
    options: SprayOptions,
    on_earth: LocalMap,
    obstacles: Obstacles | None,
    home: MapPoint | None,
    refills: Sequence[_Refill],
) -> Iterator[Stop]:
    """Yield the stops of all tanks; the last one of each says where the next is filled."""
    at = home
    for tank in tanks:
        flown = _flight(tank, options, obstacles, at)
        # Without a given home the first point of the route is home.
        home = home or flown[0][0]
        places = refills if tank is not tanks[-1] else ()
        last = flown[-1][0]
        at, there = min([(home, None), *places], key=lambda place: _way_m(last, place[0], obstacles))
        if obstacles is not None:
            flown += [(between, None) for between in obstacles.way(last, at)]
        stops = []
        for point, pump in flown:
            lat_deg, lon_deg = on_earth.to_earth(point)
            stops.append(Stop(lat_deg=lat_deg, lon_deg=lon_deg, height_m=options.height_m, pump=pump))
        yield replace(stops[0], speed_m_s=options.dose.speed_m_s)
        yield from stops[1:-1]
        yield replace(stops[-1], ends_flight=True, refill_at=there)


def _way_m(begin: MapPoint, end: MapPoint, obstacles: Obstacles | None) -> float:
    way = [] if obstacles is None else obstacles.way(begin, end)
    return Pass((begin, *way, end)).length_m


def _refilled(stops: Sequence[Stop], refills: Sequence[Position]) -> Iterator[str]:
    """Return how often each place of refills is used."""
    if not refills:
        return
    used = [stop.refill_at for stop in stops if stop.ends_flight][:-1]
    counts = ", ".join(f"{lat:.6f},{lon:.6f}: {used.count((lat, lon))}" for lat, lon in refills)
    yield f"refills at home: {used.count(None)}, at {counts}; each flight takes off where it was refilled"


def _flight(
    passes: Sequence[Pass], options: SprayOptions, obstacles: Obstacles | None, at: MapPoint | None
) -> list[tuple[MapPoint, bool | None]]:
    """Return the points of one tank with what is ordered of the pump there; `at` is the place of take-off."""
    flown: list[tuple[MapPoint, bool | None]] = []
    for one in passes:
        for point, pump in _orders(one, options, obstacles):
            if obstacles is not None and at is not None:
                flown += [(between, None) for between in obstacles.way(at, point)]
            flown.append((point, pump))
            at = point
    return flown


def _orders(
    one: Pass, options: SprayOptions, obstacles: Obstacles | None
) -> Iterator[tuple[MapPoint, bool | None]]:
    """Return the points of a pass with what is ordered of the pump there, and those of its run-in and run-out."""
    lead_m = min(options.lead_m, one.length_m / 2.0)
    far, _ = one.extended(lead_m + options.run_in_m)
    _, past = one.extended(options.run_in_m)
    on, _ = one.extended(lead_m)
    if obstacles is not None:
        far, past = obstacles.outside(one.points[0], far), obstacles.outside(one.points[-1], past)
        if math.dist(far, one.points[0]) < lead_m:
            on = far  # drops begin late rather than in a place that cannot be flown over
    if far != on:
        yield far, None
    yield on, True
    sprayed, rest = cut_at(one, one.length_m - lead_m) if lead_m else (one, None)
    # The begin of the pass lies on the way from the order to the first corner.
    yield from ((point, None) for point in sprayed.points[1:-1])
    yield sprayed.points[-1], False
    yield from ((point, None) for point in (rest.points[1:-1] if rest else ()))
    if past != sprayed.points[-1]:
        yield past, None


def _figures(
    field: Field, passes: Sequence[Pass], options: SprayOptions, tanks: int, angle_deg: float
) -> Iterator[str]:
    """Return what the operator must know of the dose, the amounts and what is covered."""
    dose, length_m = options.dose, sum(one.length_m for one in passes)
    share = field.sprayed_share(passes, dose.swath_m)
    yield str(dose)
    yield (
        f"{length_m * dose.a_metre:.1f} {dose.unit} on {field.open.area / 1e4:.2f} ha, {tanks - 1} refills; the swaths "
        f"run at {angle_deg:.0f} degrees from north, {options.headland_laps} laps along the edges"
    )
    yield f"{100.0 * share:.1f} % of the field without its no-spray zones is covered"
    if share < _COVERED:
        yield "less than 99 % is covered: the corners are too narrow for the swath"
    yield from edge_remarks(options)
    if not options.headland_laps:
        yield f"without laps the boom reaches up to {dose.swath_m / 2.0:g} m over a slanted edge of the field"
