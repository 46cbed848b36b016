"""Flights of a route that ends at some stops to be refilled."""

from __future__ import annotations

from dataclasses import replace

from controller.missions.route.route import Route, Stop


def between_refills(route: Route) -> tuple[Route, ...]:
    """Return a route for each flight: it ends where a stop says so, and at the last one."""
    flights: list[list[Stop]] = [[]]
    for stop in route.stops:
        flights[-1].append(stop)
        if stop.ends_flight:
            flights.append([])
    return tuple(replace(route, stops=tuple(stops)) for stops in flights if stops)
