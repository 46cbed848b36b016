"""Atmosphere, magnetic field and wind against published figures."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.geodesy import Home
from hil.physics import state as s
from hil.sensors.noise import seeded_streams
from hil.world import wind as wd
from hil.world.atmosphere import density_kg_m3, pressure_altitude_m, pressure_pa, temperature_k
from hil.world.magnetic import field_at


@pytest.mark.parametrize(
    ("alt_m", "kelvin", "pascal", "density"),
    [(0.0, 288.15, 101325.0, 1.2250), (1000.0, 281.65, 89874.6, 1.1116), (5000.0, 255.65, 54019.9, 0.73612)],
)
def test_the_atmosphere_is_the_icao_table(alt_m: float, kelvin: float, pascal: float, density: float) -> None:
    assert temperature_k(alt_m) == pytest.approx(kelvin)
    assert pressure_pa(alt_m) == pytest.approx(pascal, rel=2e-4)
    assert density_kg_m3(alt_m) == pytest.approx(density, rel=2e-4)
    assert pressure_altitude_m(pressure_pa(alt_m)) == pytest.approx(alt_m, abs=1e-6)


def test_the_field_of_zurich_points_north_a_little_east_and_steeply_down() -> None:
    field = field_at(Home(47.397742, 8.545594, 488.0))
    assert math.degrees(field.declination_rad) == pytest.approx(3.5, abs=0.3)
    assert math.degrees(
        math.atan2(field.down_gauss, math.hypot(field.north_gauss, field.east_gauss))
    ) == pytest.approx(63.5, abs=0.6)


@pytest.mark.parametrize(
    ("year", "km", "lat_deg", "lon_deg", "north", "east", "down"),
    [
        (2025.0, 0.0, 80.0, 0.0, 6521.6, 145.9, 54791.5),
        (2025.0, 0.0, 0.0, 120.0, 39677.8, -109.6, -10580.2),
        (2025.0, 0.0, -80.0, -120.0, 6117.5, 15751.9, -52022.5),
        (2025.0, 100.0, 0.0, 120.0, 37688.6, -96.2, -10152.1),
        (2027.5, 0.0, 80.0, 0.0, 6500.8, 294.5, 54869.4),
        (2027.5, 0.0, 0.0, 120.0, 39701.6, -167.4, -10381.8),
        (2027.5, 0.0, -80.0, -120.0, 6200.7, 15730.3, -51783.7),
        (2027.5, 100.0, -80.0, -120.0, 5984.0, 14760.1, -49317.7),
    ],
)
def test_the_field_is_that_of_the_models_published_test_values(
    year: float, km: float, lat_deg: float, lon_deg: float, north: float, east: float, down: float
) -> None:
    """WMM2025_TEST_VALUES (NOAA NCEI): nanotesla, to a tenth."""
    field = field_at(Home(lat_deg, lon_deg, 1000.0 * km), year=year)
    found = [1e5 * part for part in (field.north_gauss, field.east_gauss, field.down_gauss)]
    assert found == pytest.approx([north, east, down], abs=0.1)


def test_gusts_have_the_requested_deviation_and_half_of_it_vertically() -> None:
    row, inputs, streams = np.zeros(wd.WIND_SIZE), s.still_air(), seeded_streams(3)
    row[wd.STEADY], row[wd.GUST_SIGMA] = 4.0, 2.0
    winds = []
    for _ in range(6000):
        wd.update_wind(row, s.level_state(), inputs, streams, 1.0)
        winds.append(inputs[s.WIND : s.WIND + 3].copy())
    assert np.mean(winds, axis=0) == pytest.approx([4.0, 0.0, 0.0], abs=0.25)
    assert np.std(winds, axis=0) == pytest.approx([2.0, 2.0, 1.0], rel=0.06)
    kept = np.corrcoef(np.array(winds)[:-1, 0], np.array(winds)[1:, 0])[0, 1]
    assert kept == pytest.approx(math.exp(-1.0 / 3.0), abs=0.03)
