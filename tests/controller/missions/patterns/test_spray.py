"""Spraying by other code than the planner's: where drops fall, where they must not, and how much each tank gives."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from shapely.ops import substring

from controller.app.planning.job import JobSettings, plan_job
from controller.errors import SafetyRefused
from controller.missions.commands import CMD
from controller.missions.errors import PlanError
from controller.missions.patterns.dose import Dose, dose_of
from controller.missions.patterns.keep_out import KeepOut
from controller.missions.patterns.spray import Zones, spray
from controller.missions.patterns.spray_options import SprayOptions
from controller.missions.plan import Home
from controller.missions.route.keep_out_proof import refuse_crossing
from controller.missions.route.refills import between_refills
from controller.missions.route.route import Route

LAT, LON = 47.3, 8.5
# UTM north of 8.5 degrees east: its scale is off by less than 0.04 % here.
UTM = Transformer.from_crs("EPSG:4326", "EPSG:32632", always_xy=True)
DOSE = dose_of(swath_m=5.0, speed_m_s=5.0, a_hectare=10.0, flow_a_minute=None)
Corners = tuple[tuple[float, float], ...]


def at(east_m: float, north_m: float) -> tuple[float, float]:
    return LAT + north_m / 111_180.0, LON + east_m / 75_640.0


def ring(*points: tuple[float, float]) -> Corners:
    return tuple(at(*point) for point in points)


def polygon(*rings: Corners) -> shapely.Polygon:
    outer, *holes = ([UTM.transform(lon, lat) for lat, lon in one] for one in rings)
    return shapely.Polygon(outer, holes)


FIELD = ring((0, 0), (200, 0), (230, 120), (100, 150), (0, 120))
HOLE = ring((40, 40), (70, 40), (70, 60), (40, 60))
ZONE = ring((120, 60), (150, 70), (140, 100))


def options(**more: Any) -> SprayOptions:
    return SprayOptions(dose=DOSE, height_m=3.0, **more)


def tracks(route: Route, lead_m: float = 0.0) -> list[shapely.LineString]:
    """Return the lines along which drops fall: the pump's orders, `lead_m` later along the way."""
    found = []
    for flight in between_refills(route):
        points = [UTM.transform(stop.lon_deg, stop.lat_deg) for stop in flight.stops]
        along_m = [0.0]
        for one, two in pairwise(points):
            along_m.append(along_m[-1] + math.dist(one, two))
        way, on_m = shapely.LineString(points), None
        for stop, here_m in zip(flight.stops, along_m, strict=True):
            if stop.pump is True:
                on_m = here_m
            elif stop.pump is False and on_m is not None:
                found.append(substring(way, on_m + lead_m, here_m + lead_m))
                on_m = None
    return found


def wet(route: Route, lead_m: float = 0.0) -> shapely.Geometry:
    legs = [leg for line in tracks(route, lead_m) for leg in pairwise(line.coords)]
    return shapely.union_all([shapely.LineString(leg).buffer(2.5, cap_style="flat") for leg in legs])


def length_m(route: Route, lead_m: float = 0.0) -> float:
    return sum(line.length for line in tracks(route, lead_m))


@pytest.mark.parametrize("delay_s", [0.0, 0.6])
def test_all_of_a_field_is_sprayed_and_nothing_else(delay_s: float) -> None:
    planned = options(pump_delay_s=delay_s)
    route = spray("spray", FIELD, planned, holes=[HOLE], no_spray=Zones((ZONE,), (), 3.0))
    drops, field = wet(route, planned.lead_m), polygon(FIELD, HOLE)
    open_field = field.difference(polygon(ZONE).buffer(3.0))
    assert drops.intersection(open_field).area >= 0.99 * open_field.area
    # Half a metre of the rounding, the projection and the sides of a round buffer is allowed nowhere near half a swath.
    assert drops.difference(field.buffer(0.1)).area < 0.5
    assert drops.intersection(polygon(ZONE).buffer(2.9)).area < 0.5
    assert route.area_m2 == pytest.approx(open_field.area, rel=2e-3)


@pytest.mark.parametrize("delay_s", [0.0, 0.6])
def test_the_pump_changes_within_half_a_metre_of_the_edge(delay_s: float) -> None:
    planned = options(headland_laps=0, pump_delay_s=delay_s, angle_deg=0.0)
    square = ring((0, 0), (100, 0), (100, 80), (0, 80))
    route = spray("spray", square, planned)
    edge = polygon(square).exterior
    ends = [point for line in tracks(route, planned.lead_m) for point in (line.coords[0], line.coords[-1])]
    assert len(ends) == 2 * 20
    assert max(edge.distance(shapely.Point(end)) for end in ends) < 0.5
    assert planned.lead_m == pytest.approx(5.0 * delay_s)


def test_a_tank_ends_a_flight_and_the_next_one_goes_on_where_the_last_drop_fell() -> None:
    planned = options(tank=5.0, pump_delay_s=0.4)
    route = spray("spray", FIELD, planned, holes=[HOLE])
    flights = between_refills(route)
    litres = [length_m(one, planned.lead_m) * DOSE.a_metre for one in flights]
    assert len(flights) == math.ceil(sum(litres) / 5.0)
    assert max(litres) <= 5.0 * 1.001
    assert min(litres[:-1]) > 4.9
    for before, after in pairwise(flights):
        last, first = tracks(before, planned.lead_m)[-1], tracks(after, planned.lead_m)[0]
        assert math.dist(last.coords[-1], first.coords[0]) < 6.0
        assert [stop.pump for stop in before.stops if stop.pump is not None][-1] is False
    assert [one.stops[0].speed_m_s for one in flights] == [5.0] * len(flights)
    assert wet(route, planned.lead_m).area == pytest.approx(
        wet(spray("spray", FIELD, options(), holes=[HOLE])).area
    )


def test_a_swath_is_cut_exactly_where_the_tank_is_empty() -> None:
    planned = options(tank=0.75, headland_laps=0, angle_deg=0.0)  # 150 m of 200 m
    flights = between_refills(spray("spray", ring((0, 0), (20, 0), (20, 200), (0, 200)), planned))
    last, first = tracks(flights[0])[-1], tracks(flights[1])[0]
    assert last.length == pytest.approx(150.0, abs=0.2)
    assert math.dist(last.coords[-1], first.coords[0]) < 0.05


def test_the_direction_is_that_of_the_fewest_turns() -> None:
    long = ring((0, 0), (300, 0), (300, 40), (0, 40))
    assert "the swaths run at 90 degrees" in " ".join(spray("spray", long, options()).remarks)


def test_no_leg_passes_a_keep_out_and_no_pass_is_sprayed_in_it() -> None:
    mast = KeepOut((ring((95, 60), (105, 60), (105, 70), (95, 70)),), (), 5.0)
    route = spray("spray", FIELD, options(), keep_out=mast, start=at(-20, -20))
    way = shapely.LineString([UTM.transform(stop.lon_deg, stop.lat_deg) for stop in route.stops])
    assert way.distance(polygon(ring((95, 60), (105, 60), (105, 70), (95, 70)))) > 4.9
    assert route.keep_out


@pytest.mark.parametrize(
    ("given_values", "missing", "value"),
    [
        ({"swath_m": 5.0, "speed_m_s": 4.0, "a_hectare": 10.0}, "flow_a_minute", 1.2),
        ({"swath_m": 5.0, "speed_m_s": 4.0, "flow_a_minute": 1.2}, "a_hectare", 10.0),
        ({"swath_m": 5.0, "a_hectare": 10.0, "flow_a_minute": 1.2}, "speed_m_s", 4.0),
        ({"speed_m_s": 4.0, "a_hectare": 10.0, "flow_a_minute": 1.2}, "swath_m", 5.0),
    ],
)
def test_one_value_of_a_dose_follows_from_the_others(
    given_values: dict[str, float], missing: str, value: float
) -> None:
    found = dose_of(
        **{**dict.fromkeys(("swath_m", "speed_m_s", "a_hectare", "flow_a_minute")), **given_values}
    )
    assert getattr(found, missing) == pytest.approx(value)
    # 10 l on a hectare, in strips of 5 m: 2000 m of them.
    assert found.a_metre * 2000.0 == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ((5.0, None, None, 1.0), "--speed and the dose a hectare are missing"),
        ((5.0, 4.0, 10.0, 2.0), "contradict each other: the flow would be 1.2 l a minute"),
        ((5.0, -4.0, 10.0, None), "--speed is -4"),
        ((5.0, math.nan, 10.0, None), "--speed is nan"),
    ],
)
def test_a_dose_that_is_none_is_one_line(values: tuple[float | None, ...], said: str) -> None:
    names = ("swath_m", "speed_m_s", "a_hectare", "flow_a_minute")
    with pytest.raises(PlanError, match=said):
        dose_of(**dict(zip(names, values, strict=True)))


@pytest.mark.parametrize(
    ("corners", "more", "zones", "said"),
    [
        (ring((0, 0), (10, 0)), {}, None, "2 corners"),
        (ring((0, 0), (50, 50), (50, 0), (0, 50)), {}, None, "crosses itself"),
        (FIELD, {"tank": 0.001}, None, "a tank lasts for 0.2 m"),
        (FIELD, {}, Zones((), (FIELD[:2],), 0.0), "a line without a buffer"),
    ],
)
def test_a_field_that_cannot_be_sprayed_is_one_line(
    corners: Corners, more: dict[str, Any], zones: Zones | None, said: str
) -> None:
    with pytest.raises(PlanError, match=said):
        spray("spray", corners, options(**more), no_spray=zones)


def test_a_field_that_zones_cover_is_refused() -> None:
    with pytest.raises(SafetyRefused, match="cover all of the field"):
        spray("spray", FIELD, options(), no_spray=Zones((FIELD,), (), 1.0))
    with pytest.raises(SafetyRefused, match="no swath fits"):
        spray("spray", ring((0, 0), (4, 0), (4, 50), (0, 50)), options())


@settings(max_examples=10, deadline=None)
@given(
    angles=st.lists(st.floats(0.0, 359.0), min_size=3, max_size=9, unique_by=lambda angle: int(angle / 25.0)),
    radii=st.lists(st.floats(80.0, 200.0), min_size=9, max_size=9),
    zone=st.tuples(st.floats(-60.0, 60.0), st.floats(-60.0, 60.0), st.floats(5.0, 25.0)),
    swath_m=st.floats(3.0, 8.0),
    turned_deg=st.one_of(st.none(), st.floats(0.0, 180.0)),
)
def test_no_drop_falls_outside_of_any_field_or_in_its_zone(
    angles: list[float],
    radii: list[float],
    zone: tuple[float, float, float],
    swath_m: float,
    turned_deg: float | None,
) -> None:
    points = [
        (radius * math.sin(math.radians(angle)), radius * math.cos(math.radians(angle)))
        for angle, radius in zip(sorted(angles), radii, strict=False)
    ]
    x, y, size = zone
    inner = ring((x - size, y - size), (x + size, y - size), (x + size, y + size), (x - size, y + size))
    outline = ring(*points)
    field, closed = polygon(outline), polygon(inner).buffer(2.0)
    assume(field.is_valid and field.difference(closed).area > 5000.0)
    dose = Dose(swath_m=swath_m, speed_m_s=5.0, a_hectare=10.0, flow_a_minute=1.0)
    planned = SprayOptions(dose=dose, height_m=3.0, angle_deg=turned_deg)
    route = spray("spray", outline, planned, no_spray=Zones((inner,), (), 2.0))
    legs = [leg for line in tracks(route) for leg in pairwise(line.coords)]
    drops = shapely.union_all(
        [shapely.LineString(leg).buffer(swath_m / 2.0, cap_style="flat") for leg in legs]
    )
    assert drops.difference(field.buffer(0.15)).area < 0.5
    assert drops.intersection(polygon(inner).buffer(1.85)).area < 0.5
    assert drops.intersection(field.difference(closed)).area > 0.9 * field.difference(closed).area


def test_each_flight_is_refilled_at_the_nearest_place_and_takes_off_there() -> None:
    home, east, north = at(-20, -20), at(240, 60), at(100, 165)
    pond = ring((205, 30), (225, 30), (225, 90), (205, 90))
    route = spray(
        "spray",
        FIELD,
        options(tank=2.0),
        start=home,
        refills=[east, north],
        keep_out=KeepOut((pond,), (), 2.0),
    )
    flights = between_refills(route)
    assert {one.land_at for one in flights} == {None, east, north}
    assert flights[0].take_off is None
    assert flights[-1].land_at is None
    assert [one.take_off for one in flights[1:]] == [one.land_at for one in flights[:-1]]
    plans = plan_job(route, JobSettings(home=Home(*home, 480.0))).plans
    for flight, plan in zip(flights, plans, strict=True):
        assert plan.home is not None
        assert (plan.home.lat_deg, plan.home.lon_deg) == (flight.take_off or home)
        land = plan.items[-1]
        if flight.land_at == flight.take_off:
            assert land.command == CMD.NAV_RETURN_TO_LAUNCH
        else:
            assert land.command == CMD.NAV_LAND
            assert (land.lat_deg, land.lon_deg) == pytest.approx(flight.land_at or home, abs=1e-7)
        # The straight ways to and from the places of refills are proven, too.
        refuse_crossing(plan, route.keep_out)
    with pytest.raises(SafetyRefused, match=r"the refill at 47.3.* is inside a keep-out"):
        spray("spray", FIELD, options(tank=2.0), refills=[at(210, 60)], keep_out=KeepOut((pond,), (), 2.0))


@pytest.mark.parametrize(
    ("more", "run_in_m", "edge_m_s", "said"),
    [
        # The S-curve of ArduCopter from rest to 5 m/s is 5 * sqrt(5 / 1) m, and as much again to the next leg.
        ({"follows_speed": False}, 22.4, 5.0, "22 m beyond the ends"),
        ({"follows_speed": False, "pump_delay_s": 0.4}, 22.4, 5.0, "24 m beyond the ends"),
        ({"follows_speed": False, "straight_m": 5.0}, 5.0, 1.84, "2.7 times as high; --run-in-m 23 keeps"),
        ({}, 5.0, 1.84, "about 1.8 m/s; the flow of DO_SPRAYER follows"),
        ({"straight_m": 0.0}, 0.0, 0.0, "about 0.0 m/s"),
    ],
)
def test_the_run_in_gives_the_speed_that_the_pump_needs_at_the_edge(
    more: dict[str, Any], run_in_m: float, edge_m_s: float, said: str
) -> None:
    planned = options(headland_laps=0, **more)
    assert planned.run_in_m == pytest.approx(run_in_m, abs=0.05)
    assert planned.edge_m_s == pytest.approx(edge_m_s, abs=0.01)
    assert said in " ".join(spray("spray", FIELD, planned).remarks)
