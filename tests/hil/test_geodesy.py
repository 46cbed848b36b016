"""Geodesy against pyproj."""

from __future__ import annotations

import math
import random

import pytest
from pyproj import Transformer

from hil.geodesy import gravity_m_s2, lla_to_ned, ned_to_lla

HOMES = [
    (47.397742, 8.545594, 488.0),
    (-35.363261, 149.165230, 584.0),
    (0.0, 179.999, 0.0),
    (78.2, -15.0, 30.0),
]


def oracle_ned(
    lla: tuple[float, float, float], home: tuple[float, float, float]
) -> tuple[float, float, float]:
    to_enu = Transformer.from_pipeline(
        "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad +step +proj=cart +ellps=WGS84 "
        f"+step +proj=topocentric +ellps=WGS84 +lat_0={home[0]} +lon_0={home[1]} +h_0={home[2]}"
    )
    east, north, up = to_enu.transform(lla[1], lla[0], lla[2])
    return north, east, -up


@pytest.mark.parametrize("home", HOMES)
def test_ned_to_lla_agrees_with_pyproj_to_a_millimetre_over_20_km(home: tuple[float, float, float]) -> None:
    draw = random.Random(5)
    for _ in range(20):
        ned = (draw.uniform(-20e3, 20e3), draw.uniform(-20e3, 20e3), draw.uniform(-2e3, 100.0))
        assert oracle_ned(ned_to_lla(*ned, *home), home) == pytest.approx(ned, abs=1e-3)


@pytest.mark.parametrize("home", HOMES)
def test_lla_to_ned_agrees_with_pyproj_to_a_millimetre_over_20_km(home: tuple[float, float, float]) -> None:
    draw = random.Random(6)
    for _ in range(20):
        lla = (
            home[0] + draw.uniform(-0.15, 0.15),
            home[1] + draw.uniform(-0.15, 0.15),
            home[2] + draw.uniform(-50, 900),
        )
        assert lla_to_ned(*lla, *home) == pytest.approx(oracle_ned(lla, home), abs=1e-3)


def test_longitude_stays_in_range_across_the_date_line() -> None:
    _, lon, _ = ned_to_lla(0.0, 1000.0, 0.0, 0.0, 179.999, 0.0)
    assert -180.0 <= lon < -179.9


def test_gravity_at_equator_and_pole_is_the_wgs84_constant() -> None:
    assert gravity_m_s2(0.0, 0.0) == pytest.approx(9.7803253359)
    assert gravity_m_s2(90.0, 0.0) == pytest.approx(9.8321849378, abs=1e-7)
    assert math.isclose(gravity_m_s2(45.0, 1000.0), gravity_m_s2(45.0, 0.0) - 3.086e-3)
