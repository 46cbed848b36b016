"""A route that is longer than a battery, cut into flights that each start and end at home.

A flight ends at the end of a line, or between two assets; only a line that no flight can hold is cut within, at a
photo, which both flights take.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from controller.errors import SafetyRefused
from controller.missions.geodesic import distance_m
from controller.missions.route.route import Route, Stop

T = TypeVar("T")

#: More flights than this are a battery in a wrong unit.
MAX_FLIGHTS = 999


def split_route(route: Route, fits: Callable[[Route], bool]) -> tuple[Route, ...]:
    """Return the flights of a route in their order. `fits` says whether one can be flown from home and back.

    Raises SafetyRefused where not even a piece of a line can, and for more than 999 flights.
    """
    if fits(route):
        return (route,)
    flights: list[Route] = []
    stops = list(route.stops)
    while stops:
        if len(flights) == MAX_FLIGHTS:
            raise SafetyRefused(
                f"cannot plan the {route.pattern}: it needs more than {MAX_FLIGHTS} flights",
                hint="give a larger battery, or start nearer to it",
            )
        taken, stops = _first_flight(route, stops, fits)
        flights.append(_flight(route, taken))
    return tuple(flights)


def _first_flight(
    route: Route, stops: list[Stop], fits: Callable[[Route], bool]
) -> tuple[list[Stop], list[Stop]]:
    """Return the stops of the longest flight from the first stop on, and those that are left."""
    if fits(_flight(route, stops)):
        return stops, []
    ends = list(_ends(stops))
    between_assets = [end for end in ends if stops[end - 1].asset != stops[end].asset]
    for places in (between_assets, ends):
        if end := _last_that_fits(places, lambda end: fits(_flight(route, stops[:end]))):
            return stops[:end], _rest(route, stops, end)
    lines = list(_within(stops, ends[0] if ends else len(stops)))
    cut_at = _last_that_fits(lines, lambda cut: fits(_flight(route, _until(stops, *cut))))
    if cut_at is None:
        raise SafetyRefused(
            f"cannot plan the {route.pattern}: one battery does not reach its next line and come home",
            hint="take off nearer to it with --home, or give a larger battery",
        )
    return _until(stops, *cut_at), _from(stops, *cut_at)


def _last_that_fits(places: Sequence[T], fits: Callable[[T], bool]) -> T | None:
    """Return the last place whose flight fits, None where none does.

    A longer flight costs more, but for a way home that is shorter from its end: the search may stop early then. What
    it returns was tried.
    """
    good = bisect_right(places, False, key=lambda place: not fits(place))
    return places[good - 1] if good else None


def _ends(stops: Sequence[Stop]) -> Iterator[int]:
    """Return the counts of stops after which a flight may end: after a photo or line, with camera and pump off."""
    pump = False
    for at, stop in enumerate(stops[:-1]):
        pump = pump if stop.pump is None else stop.pump
        if not pump and stop.trigger_m == 0.0 and _worked(stops, at):
            yield at + 1


def _worked(stops: Sequence[Stop], at: int) -> bool:
    """Whether a line ends at this stop, or a photo is taken there."""
    before = stops[at - 1] if at else stops[at]
    return stops[at].photo or before.trigger_m > 0.0 or stops[at].pump is False


def _within(stops: Sequence[Stop], count: int) -> Iterator[tuple[int, Stop]]:
    """Return the places within the first line at which it can be cut: the leg, and the stop to put into it."""
    along_m = 0.0  # since the first photo of the line
    for at in range(min(count, len(stops) - 1)):
        begin, end = stops[at], stops[at + 1]
        if begin.trigger_m <= 0.0:
            along_m = 0.0
            continue
        if at and stops[at - 1].trigger_m != begin.trigger_m:
            along_m = 0.0
        leg_m = distance_m(*begin.position, *end.position)
        first = math.floor(along_m / begin.trigger_m + 1e-9) + 1
        last = math.floor((along_m + leg_m) / begin.trigger_m - 1e-9)
        for number in range(first, last + 1):
            yield at, _between(begin, end, (number * begin.trigger_m - along_m) / leg_m)
        along_m += leg_m


def _between(begin: Stop, end: Stop, share: float) -> Stop:
    """Return a stop on the way, which orders what the begin does. A leg is short: its course is taken as straight."""
    lat, lon, height = (
        getattr(begin, name) + share * (getattr(end, name) - getattr(begin, name))
        for name in ("lat_deg", "lon_deg", "height_m")
    )
    return replace(begin, lat_deg=lat, lon_deg=lon, height_m=height, photo=False, hold_s=0.0)


def _until(stops: Sequence[Stop], at: int, cut: Stop) -> list[Stop]:
    """Return the stops of a flight that ends within a line; its last photo is taken there."""
    off = None if _still_ordered(cut, stops[: at + 1]).pump is None else False
    return [*stops[: at + 1], replace(cut, trigger_m=0.0, pump=off)]


def _from(stops: Sequence[Stop], at: int, cut: Stop) -> list[Stop]:
    """Return the stops of a flight that begins within a line."""
    return [_still_ordered(cut, stops[: at + 1]), *stops[at + 1 :]]


def _rest(route: Route, stops: Sequence[Stop], count: int) -> list[Stop]:
    """Return the stops after the first `count`, with what these have ordered.

    What is flown after a line to turn is left out: the next flight comes from home.
    """
    works = next((at for at in range(count, len(stops)) if _works(stops[at])), None)
    if works is None:
        return []
    begin = max(works - 1, count) if route.way_out is None else works
    return [_still_ordered(stops[begin], stops[: begin + 1]), *stops[begin + 1 :]]


def _works(stop: Stop) -> bool:
    return stop.photo or stop.trigger_m > 0.0 or bool(stop.pump)


def _still_ordered(stop: Stop, until: Sequence[Stop]) -> Stop:
    """Return a stop with what the stops until it have ordered and it does not order itself."""
    pitch_deg = next((one.pitch_deg for one in reversed(until) if one.pitch_deg is not None), None)
    speed_m_s = next((one.speed_m_s for one in reversed(until) if one.speed_m_s is not None), None)
    pump = next((one.pump for one in reversed(until) if one.pump is not None), None)
    return replace(stop, pitch_deg=pitch_deg, speed_m_s=speed_m_s, pump=pump)


def _flight(route: Route, stops: Sequence[Stop]) -> Route:
    """Return the route of one flight. Its area is its share of the lines."""
    passes = sum(1 for on in _passes(stops) if on)
    land_at = route.land_at if stops[-1] is route.stops[-1] else route.take_off
    begin = _way(route, stops[0])[::-1] if stops[0] is not route.stops[0] else ()
    end = _way(route, stops[-1]) if stops[-1] is not route.stops[-1] else ()
    return replace(
        route,
        stops=(*begin, *stops, *end),
        land_at=land_at,
        passes=passes,
        area_m2=route.area_m2 * passes / route.passes if route.passes else route.area_m2,
        remarks=(),
    )


def _way(route: Route, stop: Stop) -> tuple[Stop, ...]:
    """Return the points between a stop within the route and the place of take-off."""
    if route.way_out is not None:
        return route.way_out(stop)
    return () if route.way_between is None else route.way_between(stop, route.take_off)


def _passes(stops: Sequence[Stop]) -> Iterator[bool]:
    """Return at each stop whether a line with camera or pump begins there."""
    pump = before = False
    for stop in stops:
        pump = pump if stop.pump is None else stop.pump
        now = stop.trigger_m > 0.0 or pump
        yield now and not before
        before = now
