"""Turbulence, shear and warm air against their formulas."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from hil.physics import state as s
from hil.sensors.noise import seeded_streams
from hil.world import wind as wd
from hil.world.atmosphere import density_kg_m3, pressure_pa, temperature_k, warmer_than_standard

DT = 0.02
SIGMA, LENGTH_M, SPEED_M_S = 2.0, 50.0, 20.0


def spectrum(track: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return angular frequencies and one-sided density, (m/s)^2 per rad/s, averaged over windows."""
    pieces = track.reshape(-1, 2048)
    window = np.hanning(2048)
    power = np.abs(np.fft.rfft(pieces * window, axis=1)) ** 2
    density = 2.0 * power.mean(axis=0) * DT / (window**2).sum() / (2.0 * math.pi)
    return 2.0 * math.pi * np.fft.rfftfreq(2048, DT), density


def band_ratio(track: np.ndarray, formula: np.ndarray) -> np.ndarray:
    """Return measured over expected density, in bands within the window's resolution."""
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
        value = wd.step_along_filter(value, SIGMA, LENGTH_M, SPEED_M_S, DT, streams)
        track.append(value)
    scale = SIGMA**2 * 2.0 * LENGTH_M / (math.pi * SPEED_M_S)
    assert band_ratio(np.array(track), scale / (1.0 + omegas() ** 2)) == pytest.approx(np.ones(5), abs=0.1)


def test_turbulence_across_has_the_spectrum_of_mil_f_8785c() -> None:
    streams, pair, track = seeded_streams(2)[:1], np.zeros(2), []
    for _ in range(2048 * 150):
        track.append(wd.step_across_filter(pair, 0, SIGMA, LENGTH_M, SPEED_M_S, DT, streams))
    scale = SIGMA**2 * LENGTH_M / (math.pi * SPEED_M_S)
    wanted = scale * (1.0 + 3.0 * omegas() ** 2) / (1.0 + omegas() ** 2) ** 2
    assert band_ratio(np.array(track), wanted) == pytest.approx(np.ones(5), abs=0.1)
    assert np.std(track) == pytest.approx(SIGMA, rel=0.03)


def test_turbulence_is_flat_near_the_ground_and_isotropic_higher_up() -> None:
    low = wd.dryden_scales(6.0, 10.0)
    assert low[2] > 1.8 * low[3]
    high = wd.dryden_scales(304.8, 10.0)
    assert high[2] == pytest.approx(high[3], rel=0.01)
    assert high[0] == pytest.approx(high[1], rel=0.01)
    assert high[3] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("feet", "along_ft", "sigma_share"),
    [(20.0, 143.59, 1.9292), (100.0, 505.21, 1.7159), (500.0, 944.66, 1.2363), (1000.0, 1000.0, 1.0)],
)
def test_scale_lengths_and_intensities_are_those_of_the_specification(
    feet: float, along_ft: float, sigma_share: float
) -> None:
    """L = h / (0.177 + 0.000823 h)^1.2 and h upwards, in feet; sigma_u / sigma_w is the bracket to the -0.4."""
    along_m, upright_m, sigma, sigma_w = wd.dryden_scales(feet * 0.3048, 12.0)
    assert along_m / 0.3048 == pytest.approx(along_ft, rel=1e-3)
    assert upright_m / 0.3048 == pytest.approx(feet)
    assert sigma_w == pytest.approx(1.2)
    assert sigma / sigma_w == pytest.approx(sigma_share, rel=1e-3)


def test_below_10_ft_and_above_1000_ft_turbulence_is_as_at_these_heights() -> None:
    assert wd.dryden_scales(0.0, 10.0) == wd.dryden_scales(10.0 * 0.3048, 10.0)
    assert wd.dryden_scales(2000.0, 10.0) == wd.dryden_scales(1000.0 * 0.3048, 10.0)


def blown(
    seed: int, *, dt: float, count: int, vel_n: float = 0.0, steady: tuple[float, float] = (0.0, 8.0)
) -> np.ndarray:
    """Return the wind 50 m above ground with a steady wind (to the east by default), for a vehicle flying north."""
    row, inputs, streams = np.zeros(wd.WIND_SIZE), s.still_air(ground_d_m=50.0), seeded_streams(seed)
    row[wd.STEADY], row[wd.STEADY + 1], row[wd.TURBULENCE] = *steady, 10.0
    state, winds = s.level_state(), []
    state[s.VEL] = vel_n
    for _ in range(count):
        wd.update_wind(row, state, inputs, streams, dt)
        winds.append(inputs[s.WIND : s.WIND + 3].copy())
    return np.array(winds)


@pytest.mark.parametrize("vel_n", [0.0, 15.0])
def test_each_component_decorrelates_over_its_scale_length_at_airspeed(
    vel_n: float,
) -> None:
    """Correlations of the specification's spectra: exp(-x) along, (1 - x / 2) exp(-x) across, x in scale lengths."""
    along_m, upright_m, _, _ = wd.dryden_scales(50.0, 10.0)
    dt = 5.0
    winds = blown(3, dt=dt, count=40000, vel_n=vel_n) - [0.0, 8.0, 0.0]
    gone_m = dt * math.hypot(8.0, vel_n)
    kept = [np.corrcoef(winds[:-1, axis], winds[1:, axis])[0, 1] for axis in range(3)]
    flat, tall = gone_m / along_m, gone_m / upright_m
    assert kept[0] == pytest.approx((1.0 - 0.5 * flat) * math.exp(-flat), abs=0.02)
    assert kept[1] == pytest.approx(math.exp(-flat), abs=0.02)
    assert kept[2] == pytest.approx((1.0 - 0.5 * tall) * math.exp(-tall), abs=0.02)


def test_in_an_oblique_wind_along_and_across_are_still_perpendicular() -> None:
    winds = blown(4, dt=5.0, count=20000, vel_n=6.0, steady=(6.0, 8.0)) - [6.0, 8.0, 0.0]
    along, across = winds @ [0.6, 0.8, 0.0], winds @ [-0.8, 0.6, 0.0]
    assert np.std(along) == pytest.approx(np.std(across), rel=0.05)
    assert np.corrcoef(along, across)[0, 1] == pytest.approx(0.0, abs=0.03)
    # It moves with the north component of the wind, so its airspeed is 8 m/s.
    gone = 5.0 * 8.0 / wd.dryden_scales(50.0, 10.0)[0]
    assert np.corrcoef(along[:-1], along[1:])[0, 1] == pytest.approx(math.exp(-gone), abs=0.02)


def test_shear_weakens_the_wind_near_the_ground_within_its_limits() -> None:
    row, inputs, state = np.zeros(wd.WIND_SIZE), s.still_air(), s.level_state()
    row[wd.STEADY], row[wd.STEADY + 1], row[wd.ROUGHNESS] = 6.0, -8.0, 0.05

    def at(height_m: float) -> np.ndarray:
        inputs[s.GROUND_D], state[s.POS + 2] = 3.0, 3.0 - height_m
        wd.update_wind(row, state, inputs, seeded_streams(1), 0.1)
        return inputs[s.WIND : s.WIND + 3].copy()

    assert at(6.096) == pytest.approx([6.0, -8.0, 0.0])
    assert at(60.96) == pytest.approx(
        np.array([6.0, -8.0, 0.0]) * (1.0 + math.log(10.0) / math.log(6.096 / 0.05))
    )
    assert at(0.0) == pytest.approx(at(0.9144))
    assert at(500.0) == pytest.approx(at(304.8))


def test_shear_is_one_at_20_ft_and_logarithmic_above() -> None:
    assert wd.shear_factor(20.0 * 0.3048, 0.05) == pytest.approx(1.0)
    doubled = wd.shear_factor(40.0 * 0.3048, 0.05) - 1.0
    assert doubled == pytest.approx(math.log(2.0) / math.log(6.096 / 0.05))
    assert wd.shear_factor(0.0, 0.05) > 0.0


def test_turbulent_wind_keeps_its_mean_and_repeats_with_its_seed() -> None:
    winds = blown(1, dt=0.1, count=20000)
    _, _, sigma, sigma_w = wd.dryden_scales(50.0, 10.0)
    assert winds.mean(axis=0) == pytest.approx([0.0, 8.0, 0.0], abs=0.35)
    assert winds.std(axis=0) == pytest.approx([sigma, sigma, sigma_w], rel=0.12)
    assert winds.tobytes() == blown(1, dt=0.1, count=20000).tobytes()
    assert winds[:100].tobytes() != blown(2, dt=0.1, count=100).tobytes()


def test_warm_air_is_thinner_and_reaches_higher() -> None:
    assert density_kg_m3(0.0, 20.0) == pytest.approx(1.225 * 288.15 / 308.15, rel=1e-4)
    assert pressure_pa(0.0, 20.0) == pressure_pa(0.0)
    assert pressure_pa(2000.0, 20.0) > pressure_pa(2000.0)


def test_the_temperature_at_home_gives_the_offset_to_standard() -> None:
    warmer = warmer_than_standard(30.0, 488.0)
    assert warmer == pytest.approx(30.0 - (15.0 - 0.0065 * 488.0))
    assert temperature_k(488.0, warmer) == pytest.approx(303.15)
