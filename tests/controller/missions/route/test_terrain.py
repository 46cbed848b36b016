"""Routes over terrain: the clearance holds at every metre, by other code than the planner's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from pyproj import Geod

from controller.errors import SafetyRefused
from controller.missions.route.pace import Pace
from controller.missions.route.photos import photos_of
from controller.missions.route.route import HeightAbove, Place, Route, Stop
from controller.missions.route.terrain import (
    Terrain,
    follow,
    prove_clearance,
    return_height_m,
    transit_height_m,
    with_transits,
)
from controller.terrain.raster import Raster

WGS84 = Geod(ellps="WGS84")
CELL_DEG = 1.0 / 3600.0
NORTH, WEST, SIDE = 47.04, 8.0, 145
HOME = (47.002, 8.002)


@dataclass
class Grid:
    """Ground of one raster."""

    raster: Raster
    cell_m: float = 30.0

    def heights_m(self, lats_deg: NDArray[np.float64], lons_deg: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.raster.heights_m(lats_deg, lons_deg)

    def highest_m(self, lats_deg: NDArray[np.float64], lons_deg: NDArray[np.float64]) -> float:
        return self.raster.highest_m(lats_deg, lons_deg)


def mountains(seed: int = 1, relief_m: float = 400.0, rough_m: float = 15.0) -> NDArray[np.float32]:
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SIDE, 0:SIDE] / SIDE
    waves = np.sin(7 * x + rng.uniform(0, 6)) * np.cos(9 * y + rng.uniform(0, 6))
    return (800.0 + relief_m / 2 * waves + rng.normal(0.0, rough_m, (SIDE, SIDE))).astype(np.float32)


def terrain(heights: NDArray[np.float32], clearance_m: float = 20.0, **more: bool) -> Terrain:
    ground = Grid(Raster("grid", heights, WEST, NORTH, CELL_DEG, CELL_DEG, datum="EGM96"))
    home_m = float(ground.heights_m(np.array([HOME[0]]), np.array([HOME[1]]))[0])
    return Terrain(ground=ground, home=HOME, home_m=home_m, clearance_m=clearance_m, **more)


def way(*points: tuple[float, float, float], **orders: object) -> Route:
    stops = tuple(
        Stop(lat_deg=lat, lon_deg=lon, height_m=up, **orders)  # type: ignore[arg-type]
        for lat, lon, up in points
    )
    return Route(pattern="way", stops=stops, above=HeightAbove.GROUND)


OVER_ALL = way((47.005, 8.003, 60.0), (47.036, 8.03, 60.0), (47.03, 8.036, 60.0), (47.006, 8.01, 60.0))


def clearances_m(places: list[tuple[float, float, float]], over: Terrain) -> NDArray[np.float64]:
    """Return the height above ground at every metre of straight legs, by geodesics and a bilinear surface."""
    found = []
    for (lat1, lon1, up1), (lat2, lon2, up2) in pairwise(places):
        _, _, length_m = WGS84.inv(lon1, lat1, lon2, lat2)
        count = max(2, int(length_m))
        between = WGS84.npts(lon1, lat1, lon2, lat2, count, initial_idx=0, terminus_idx=0)
        lons, lats = np.asarray(between).T
        height = np.linspace(up1, up2, len(lats)) + over.home_m
        row, column = (NORTH - lats) / CELL_DEG, (lons - WEST) / CELL_DEG
        i, j = row.astype(int), column.astype(int)
        u, v = row - i, column - j
        h = over.ground.raster.heights.astype(float)  # type: ignore[attr-defined]
        upper, lower = (h[k, j] * (1 - v) + h[k, j + 1] * v for k in (i, i + 1))
        surface = upper * (1 - u) + lower * u
        found.append(height - surface)
    return np.concatenate(found)


def places(route: Route) -> list[tuple[float, float, float]]:
    return [(stop.lat_deg, stop.lon_deg, stop.height_m) for stop in route.stops]


def test_the_clearance_holds_at_every_metre_over_mountains() -> None:
    over = terrain(mountains())
    flown = follow(OVER_ALL, over, Pace())
    above_m = clearances_m(places(flown), over)
    assert above_m.min() >= 50.0
    assert flown.above is HeightAbove.HOME
    assert 20 < len(flown.stops) < 400
    # Nothing is higher than asked without a reason: most of the way is within the tolerance.
    assert np.median(above_m) < 75.0
    assert "points are added" in flown.remarks[0]


def test_the_aircraft_can_climb_and_sink_as_the_route_does() -> None:
    pace = Pace(along_m_s=12.0, climb_m_s=3.0, sink_m_s=2.0)
    flown = follow(OVER_ALL, terrain(mountains()), pace)
    speed = pace.along_m_s
    for begin, end in flown.legs():
        speed = begin.speed_m_s or speed
        _, _, length_m = WGS84.inv(begin.lon_deg, begin.lat_deg, end.lon_deg, end.lat_deg)
        rise_m_s = (end.height_m - begin.height_m) * speed / length_m
        assert -pace.sink_m_s * 1.03 <= rise_m_s <= pace.climb_m_s * 1.03
    assert any("over steep ground the speed is" in remark for remark in flown.remarks)


def test_a_pump_keeps_its_speed_and_the_route_is_higher() -> None:
    stops = tuple(replace(stop, pump=True, speed_m_s=5.0) for stop in OVER_ALL.stops)
    pumping = replace(OVER_ALL, stops=stops)
    over = terrain(mountains())
    flown = follow(pumping, over, Pace())
    assert {stop.speed_m_s for stop in flown.stops} == {None, 5.0}
    assert not any("the speed is" in remark for remark in flown.remarks)
    assert any("higher than asked" in remark for remark in flown.remarks)
    assert (
        clearances_m(places(flown), over).max()
        > clearances_m(places(follow(OVER_ALL, over, Pace())), over).max()
    )


def test_points_between_keep_the_photos_of_their_line() -> None:
    line = way((47.005, 8.003, 60.0), (47.03, 8.03, 60.0), trigger_m=40.0, heading_deg=10.0, asset="km 3")
    before, after = photos_of(line), photos_of(follow(line, terrain(mountains()), Pace()))
    assert len(before) == len(after)
    assert after.lats_deg == pytest.approx(before.lats_deg, abs=2e-7)
    assert set(after.assets) == {"km 3"}
    assert after.headings_deg == pytest.approx(before.headings_deg)


def test_flat_ground_adds_no_point_and_keeps_every_height() -> None:
    flown = follow(OVER_ALL, terrain(np.full((SIDE, SIDE), 500.0, dtype=np.float32)), Pace())
    assert [stop.height_m for stop in flown.stops] == [60.0] * 4


def test_what_the_camera_looks_at_is_moved_with_its_ground() -> None:
    slope = np.repeat(np.linspace(1000.0, 500.0, SIDE)[:, None], SIDE, axis=1).astype(np.float32)
    over = terrain(slope)
    looked = way((47.02, 8.02, 60.0), (47.021, 8.02, 60.0), look_at=Place(47.03, 8.02, 5.0))
    target = follow(looked, over, Pace()).stops[0].look_at
    assert target is not None
    assert target.height_m == pytest.approx(
        5.0 + (47.03 - HOME[0]) / (NORTH - (NORTH - 144 / 3600)) * 500.0, abs=1.0
    )


def test_the_ways_to_and_from_home_clear_a_ridge() -> None:
    heights = np.full((SIDE, SIDE), 500.0, dtype=np.float32)
    heights[70:72, :] = 700.0
    over = terrain(heights)
    beyond = follow(way((47.03, 8.01, 60.0), (47.03, 8.02, 60.0)), over, Pace())
    flown = with_transits(beyond, over)
    assert [stop.height_m for stop in flown.stops] == pytest.approx([220.8, 60.0, 60.0, 220.8], abs=0.9)
    out = [(*HOME, flown.stops[0].height_m), *places(flown), (*HOME, flown.stops[-1].height_m)]
    assert clearances_m(out, over).min() >= 20.0
    assert transit_height_m(over, over.home, (47.03, 8.01)) == pytest.approx(220.8, abs=0.9)
    assert return_height_m(flown, over) == 220.0


def test_a_return_from_anywhere_clears_the_highest_ground() -> None:
    over = terrain(mountains())
    height_m = return_height_m(OVER_ALL, over)
    ways = [[(*stop.position, height_m), (*HOME, height_m)] for stop in follow(OVER_ALL, over, Pace()).stops]
    assert min(clearances_m(one, over).min() for one in ways) >= 20.0
    heights = over.ground.raster.heights  # type: ignore[attr-defined]
    assert height_m <= np.ceil(float(heights.max()) - over.home_m + 20.0)


def test_a_route_above_home_is_refused_where_it_is_too_low() -> None:
    heights = np.full((SIDE, SIDE), 500.0, dtype=np.float32)
    heights[70, 40] = 555.0
    low = replace(way((47.0, 8.0 + 40 / 3600, 60.0), (47.03, 8.0 + 40 / 3600, 60.0)), above=HeightAbove.HOME)
    with pytest.raises(
        SafetyRefused, match=r"is 4.[5-9] m above ground .* clearance of 20 m .* fly 16 m higher"
    ):
        prove_clearance(low, terrain(heights))
    assert "at least 5 m above ground" in prove_clearance(low, terrain(heights, 3.0)).remarks[0]


def test_a_height_under_the_clearance_is_refused() -> None:
    with pytest.raises(SafetyRefused, match="60 m above ground is under the clearance of 80 m"):
        follow(OVER_ALL, terrain(mountains(), 80.0), Pace())


def test_ground_that_is_not_covered_is_refused_unless_it_is_said_to_be_flat() -> None:
    heights = mountains()
    heights[60:90, 50:90] = np.nan
    with pytest.raises(
        SafetyRefused, match=r"does not cover [0-9.]+ % of the route, first at 47.0.*--flat-outside"
    ):
        follow(OVER_ALL, terrain(heights), Pace())
    flown = follow(OVER_ALL, terrain(heights, flat_outside=True), Pace())
    assert "taken as high as home" in flown.remarks[-1]
    outside = way((48.0, 8.0, 60.0), (48.1, 8.0, 60.0))
    with pytest.raises(SafetyRefused, match=r"does not cover 100\.0 % of the route"):
        follow(outside, terrain(mountains()), Pace())


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    relief_m=st.floats(0.0, 1500.0),
    rough_m=st.floats(0.0, 40.0),
    corners=st.lists(
        st.tuples(st.floats(47.001, 47.038), st.floats(8.001, 8.038), st.floats(10.0, 120.0)),
        min_size=2,
        max_size=6,
    ),
)
def test_no_route_over_any_mountains_comes_under_its_clearance(
    seed: int, relief_m: float, rough_m: float, corners: list[tuple[float, float, float]]
) -> None:
    over = terrain(mountains(seed, relief_m, rough_m), 8.0)
    flown = with_transits(follow(way(*corners), over, Pace()), over)
    first, last = flown.stops[0], flown.stops[-1]
    ways = [(*HOME, first.height_m), *places(flown), (*HOME, last.height_m)]
    assert clearances_m(ways, over).min() >= 8.0 - 0.02
