"""The sphere's distances against the ellipsoid's, and what they do at the date line."""

from __future__ import annotations

import numpy as np
import pytest

from controller.geo import LocalPlane, great_circle_m, near_distance_m, offsets_m
from controller.missions.geodesic import distance_m

HERE = (47.3977, 8.5456)


@pytest.mark.parametrize("lat_deg", [-60.0, 0.0, 47.0])
@pytest.mark.parametrize(("north_deg", "east_deg"), [(0.01, 0.0), (0.0, 0.01), (0.007, -0.02)])
def test_every_distance_is_within_half_a_percent_of_the_ellipsoid(
    lat_deg: float, north_deg: float, east_deg: float
) -> None:
    places = (lat_deg, 8.0, lat_deg + north_deg, 8.0 + east_deg)
    exact_m = distance_m(*places)
    plane = LocalPlane(*places[:2])
    assert great_circle_m(*places) == pytest.approx(exact_m, rel=0.006)
    assert near_distance_m(*places) == pytest.approx(exact_m, rel=0.006)
    assert float(np.hypot(*plane.north_east_m(*places[2:]))) == pytest.approx(exact_m, rel=0.006)


def test_the_great_circle_reaches_around_the_earth() -> None:
    assert great_circle_m(0.0, 0.0, 0.0, 180.0) == pytest.approx(20_015_114.4, abs=1.0)
    assert great_circle_m(*HERE, *HERE) == 0.0


def test_no_distance_goes_the_long_way_over_the_date_line() -> None:
    assert near_distance_m(0.0, 179.9995, 0.0, -179.9995) == pytest.approx(111.195, abs=0.01)


def test_offsets_have_an_origin_each() -> None:
    lats0, lons0 = np.array([0.0, 60.0]), np.array([0.0, 10.0])
    north, east = offsets_m(lats0, lons0 + 0.001, lats0, lons0)
    assert north.tolist() == [0.0, 0.0]
    assert east.tolist() == pytest.approx([111.195, 55.597], abs=0.01)
