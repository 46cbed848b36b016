"""Turbulence, shear and warm air against the formulas they are made from."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from hil.physics import state as s
from hil.sensors.noise import seeded_streams
from hil.world import wind as wd
from hil.world.atmosphere import density_kg_m3, pressure_pa

DT = 0.02
SIGMA, LENGTH_M, SPEED_M_S = 2.0, 50.0, 20.0


def spectrum(track: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Angular frequencies and the one-sided density in (m/s)^2 per rad/s, averaged over windows of the track."""
    pieces = track.reshape(-1, 2048)
    window = np.hanning(2048)
    power = np.abs(np.fft.rfft(pieces * window, axis=1)) ** 2
    density = 2.0 * power.mean(axis=0) * DT / (window**2).sum() / (2.0 * math.pi)
    return 2.0 * math.pi * np.fft.rfftfreq(2048, DT), density


def band_ratio(track: np.ndarray, formula: np.ndarray) -> np.ndarray:
    """Measured over wanted density, in bands well inside what the window resolves."""
    omega, density = spectrum(track)
    edges = np.geomspace(0.5, 20.0, 6)
    return np.array(
        [
            density[(omega >= low) & (omega < high)].mean() / formula[(omega >= low) & (omega < high)].mean()
            for low, high in itertools.pairwise(edges)
        ]
    )


def omegas() -> np.ndarray:
    return 2.0 * math.pi * np.fft.rfftfreq(2048, DT) * LENGTH_M / SPEED_M_S


def test_turbulence_along_has_the_spectrum_of_mil_f_8785c() -> None:
    streams, value, track = seeded_streams(1)[:1], 0.0, []
    for _ in range(2048 * 150):
        value = wd.stir_along(value, SIGMA, LENGTH_M, SPEED_M_S, DT, streams)
        track.append(value)
    scale = SIGMA**2 * 2.0 * LENGTH_M / (math.pi * SPEED_M_S)
    assert band_ratio(np.array(track), scale / (1.0 + omegas() ** 2)) == pytest.approx(np.ones(5), abs=0.1)


def test_turbulence_across_has_the_spectrum_of_mil_f_8785c() -> None:
    streams, pair, track = seeded_streams(2)[:1], np.zeros(2), []
    for _ in range(2048 * 150):
        track.append(wd.stir_across(pair, 0, SIGMA, LENGTH_M, SPEED_M_S, DT, streams))
    scale = SIGMA**2 * LENGTH_M / (math.pi * SPEED_M_S)
    wanted = scale * (1.0 + 3.0 * omegas() ** 2) / (1.0 + omegas() ** 2) ** 2
    assert band_ratio(np.array(track), wanted) == pytest.approx(np.ones(5), abs=0.1)
    assert np.std(track) == pytest.approx(SIGMA, rel=0.03)


def test_near_the_ground_turbulence_is_flat_and_higher_up_as_strong_in_all_directions() -> None:
    low = wd.dryden_scales(6.0, 10.0)
    assert low[2] > 1.8 * low[3]
    high = wd.dryden_scales(304.8, 10.0)
    assert high[2] == pytest.approx(high[3], rel=0.01)
    assert high[0] == pytest.approx(high[1], rel=0.01)
    assert high[3] == pytest.approx(1.0)


def test_shear_is_one_at_20_ft_and_logarithmic_above() -> None:
    assert wd.shear_factor(20.0 * 0.3048, 0.05) == pytest.approx(1.0)
    doubled = wd.shear_factor(40.0 * 0.3048, 0.05) - 1.0
    assert doubled == pytest.approx(math.log(2.0) / math.log(6.096 / 0.05))
    assert wd.shear_factor(0.0, 0.05) > 0.0


def test_a_stirred_wind_keeps_its_mean_and_repeats_with_its_seed() -> None:
    def blown(seed: int) -> np.ndarray:
        row, inputs, streams = np.zeros(wd.WIND_SIZE), s.still_air(ground_d_m=50.0), seeded_streams(seed)
        row[wd.STEADY + 1], row[wd.TURBULENCE] = 8.0, 10.0
        winds = []
        for _ in range(20000):
            wd.blow(row, s.level_state(), inputs, streams, 0.1)
            winds.append(inputs[s.WIND : s.WIND + 3].copy())
        return np.array(winds)

    winds = blown(1)
    _, _, sigma, sigma_w = wd.dryden_scales(50.0, 10.0)
    assert winds.mean(axis=0) == pytest.approx([0.0, 8.0, 0.0], abs=0.35)
    assert winds.std(axis=0) == pytest.approx([sigma, sigma, sigma_w], rel=0.12)
    assert winds.tobytes() == blown(1).tobytes() != blown(2).tobytes()


def test_warm_air_is_thinner_and_reaches_higher() -> None:
    assert density_kg_m3(0.0, 20.0) == pytest.approx(1.225 * 288.15 / 308.15, rel=1e-4)
    assert pressure_pa(0.0, 20.0) == pressure_pa(0.0)
    assert pressure_pa(2000.0, 20.0) > pressure_pa(2000.0)
