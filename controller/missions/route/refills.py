"""Flights of a route that ends at some stops to be refilled: at home, or where a stop says."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from controller.missions.commands import CMD, FRAME
from controller.missions.path import Position
from controller.missions.plan import PlanItem
from controller.missions.route.route import Route, Stop


def between_refills(route: Route) -> tuple[Route, ...]:
    """Return a route for each flight: it ends where a stop says so, and at the last one.

    Each begins where the one before was refilled.
    """
    flights: list[Route] = []
    stops: list[Stop] = []
    begin: Position | None = route.take_off
    for stop in route.stops:
        stops.append(stop)
        if stop.ends_flight:
            flights.append(replace(route, stops=tuple(stops), take_off=begin, land_at=stop.refill_at))
            begin, stops = stop.refill_at, []
    if stops:
        flights.append(replace(route, stops=tuple(stops), take_off=begin))
    return tuple(flights)


def landing_at(place: Position, last: Stop, height_m: float, *, heading: float) -> Iterator[PlanItem]:
    """Yield the items that fly from the last stop to a place, `height_m` above home or higher, and land there.

    `heading` is parameter 4 of the landing: NaN keeps it on PX4, ArduPilot takes 0.
    """
    frame = int(FRAME.GLOBAL_RELATIVE_ALT)
    over_m = round(max(height_m, last.height_m), 2)
    for lat_deg, lon_deg in (last.position, place) if over_m > last.height_m else (place,):
        yield PlanItem(
            command=int(CMD.NAV_WAYPOINT),
            frame=frame,
            param4=math.nan,
            lat_deg=round(lat_deg, 7),
            lon_deg=round(lon_deg, 7),
            alt_m=over_m,
        )
    yield PlanItem(
        command=int(CMD.NAV_LAND),
        frame=frame,
        param4=heading,
        lat_deg=round(place[0], 7),
        lon_deg=round(place[1], 7),
    )
