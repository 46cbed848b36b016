"""The compiled random numbers: known answers, moments, independence."""

from __future__ import annotations

import numpy as np
import pytest

from hil.sensors.noise import gauss_markov, normal, seeded_streams, uniform


def test_the_generator_gives_splitmix64s_published_numbers() -> None:
    # First three outputs for seed 1234567, from the reference implementation by Vigna.
    stream = np.array([1234567], dtype=np.uint64)
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert [uniform(stream) for _ in range(3)] == pytest.approx(
        [word / 2**64 for word in expected], abs=1e-15
    )


def test_normal_numbers_have_mean_0_and_deviation_1_and_thin_tails() -> None:
    stream = seeded_streams(1)[:1]
    draws = np.array([normal(stream) for _ in range(40000)])
    assert draws.mean() == pytest.approx(0.0, abs=0.02)
    assert draws.std() == pytest.approx(1.0, abs=0.02)
    assert (np.abs(draws) > 3.0).mean() == pytest.approx(0.0027, abs=0.001)


def test_a_gauss_markov_value_keeps_its_deviation_and_correlation_time() -> None:
    stream, value, walk = seeded_streams(2)[:1], 0.0, []
    for _ in range(60000):
        value = gauss_markov(value, 3.0, 2.0, 0.5, stream)
        walk.append(value)
    track = np.array(walk[100:])
    assert track.std() == pytest.approx(3.0, rel=0.05)
    assert np.corrcoef(track[:-4], track[4:])[0, 1] == pytest.approx(np.exp(-1.0), abs=0.05)


def test_other_seeds_and_other_sensors_have_other_streams() -> None:
    assert len({*seeded_streams(1).tolist(), *seeded_streams(2).tolist()}) == 2 * len(seeded_streams(1))
