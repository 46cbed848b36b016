"""A route longer than a battery is cut into flights that come home, and no photo is lost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from controller.errors import SafetyRefused
from controller.missions.geodesic import distance_m
from controller.missions.path import Position
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.route.photos import count_photos, photos_of
from controller.missions.route.route import Route, Stop
from controller.missions.route.split import split_route

FIELD = ((47.0, 8.0), (47.0, 8.004), (47.003, 8.004), (47.003, 8.0))
HOME = (46.9995, 7.9995)
BESIDE = (47.01, 7.999)
PLANNED = survey(FIELD, PassOptions(height_m=50.0, spacing_m=30.0, trigger_m=15.0, overshoot_m=20.0))


def _trip_m(route: Route, home: Position = HOME) -> float:
    """Return the way from home along the route and back."""
    out = distance_m(*home, *route.stops[0].position)
    return out + route.length_m + distance_m(*route.stops[-1].position, *home)


def _within(most_m: float, home: Position = HOME) -> Callable[[Route], bool]:
    return lambda route: _trip_m(route, home) <= most_m


def _places(routes: tuple[Route, ...]) -> set[tuple[float, float]]:
    """Return the places of all photos, to a tenth of a metre or so."""
    found = [photos_of(route) for route in routes]
    rows = np.concatenate([np.stack([one.lats_deg, one.lons_deg], 1) for one in found])
    return {(round(float(lat), 6), round(float(lon), 6)) for lat, lon in rows}


def test_a_route_that_fits_is_one_flight() -> None:
    assert split_route(PLANNED, _within(1e6)) == (PLANNED,)


@pytest.mark.parametrize("most_m", [1500.0, 2400.0, 4000.0])
def test_each_flight_fits_and_together_they_take_every_photo(most_m: float) -> None:
    flights = split_route(PLANNED, _within(most_m))
    assert len(flights) > 1
    assert all(_trip_m(flight) <= most_m for flight in flights)
    assert _places(flights) == _places((PLANNED,))
    assert sum(count_photos(flight) for flight in flights) == count_photos(PLANNED)
    assert sum(flight.passes for flight in flights) == PLANNED.passes
    assert sum(flight.area_m2 for flight in flights) == pytest.approx(PLANNED.area_m2)


def test_a_flight_ends_at_the_end_of_a_line_and_the_next_begins_before_one() -> None:
    first, second = split_route(PLANNED, _within(2400.0))[:2]
    assert (first.stops[-1].trigger_m, first.stops[-2].trigger_m) == (0.0, 15.0)
    assert (second.stops[0].trigger_m, second.stops[1].trigger_m) == (0.0, 15.0)


def test_a_line_that_no_flight_holds_is_cut_at_a_photo_that_both_flights_take() -> None:
    line = Route(
        pattern="corridor",
        stops=(
            Stop(lat_deg=47.0, lon_deg=8.0, height_m=40.0, trigger_m=30.0, pitch_deg=-60.0, asset="span 1"),
            Stop(lat_deg=47.02, lon_deg=8.0, height_m=40.0),
        ),
        passes=1,
    )
    flights = split_route(line, _within(2700.0, BESIDE))
    assert len(flights) >= 2
    assert all(flight.stops[0].pitch_deg == -60.0 for flight in flights)
    assert all(flight.stops[0].asset == "span 1" for flight in flights)
    for one, two in pairwise(flights):
        assert one.stops[-1].position == two.stops[0].position
        apart = distance_m(*line.stops[0].position, *two.stops[0].position) / 30.0
        assert apart == pytest.approx(round(apart), abs=0.01)
    apart_deg = np.diff(sorted(lat for lat, _ in _places(flights)))
    assert apart_deg.max() < 31.0 / 111_000.0


def test_assets_are_not_torn_apart() -> None:
    stops = tuple(
        Stop(lat_deg=47.0 + 0.001 * at, lon_deg=8.0, height_m=30.0, photo=True, asset=f"tower {at // 4}")
        for at in range(24)
    )
    flights = split_route(Route(pattern="strip", stops=stops), _within(2900.0, BESIDE))
    assert len(flights) > 1
    owners = [{stop.asset for stop in flight.stops} for flight in flights]
    for one, two in pairwise(owners):
        assert not one & two


def test_what_was_ordered_before_a_cut_is_ordered_again() -> None:
    first = replace(PLANNED.stops[0], pitch_deg=-80.0, speed_m_s=4.0)
    flights = split_route(replace(PLANNED, stops=(first, *PLANNED.stops[1:])), _within(2400.0))
    assert [(one.stops[0].pitch_deg, one.stops[0].speed_m_s) for one in flights] == [(-80.0, 4.0)] * len(
        flights
    )


def test_a_line_out_of_reach_is_refused() -> None:
    with pytest.raises(SafetyRefused, match="one battery does not reach its next line and come home"):
        split_route(PLANNED, _within(100.0))
