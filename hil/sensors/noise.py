"""Random numbers for compiled code: SplitMix64 (Steele, Lea, Flood 2014) and Box-Muller, one 64-bit counter per stream.

numba's own generator gives other numbers with other versions, and other numbers than numpy. Each user has a slot in
one array.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hil.jit import stage
from hil.rng import stream_seed

Streams = NDArray[np.uint64]

# slots
WIND_RNG, IMU_RNG, BARO_RNG, MAG_RNG, GPS_RNG, BATTERY_RNG = range(6)
NAMES = ("wind", "imu", "baro", "mag", "gps", "battery")


def seeded_streams(seed: int) -> Streams:
    """Return one independent stream for each of `NAMES`."""
    words = [(stream_seed(seed, name) << 32) | stream_seed(seed, name + "/high") for name in NAMES]
    return np.array(words, dtype=np.uint64)


@stage
def uniform(stream: Streams) -> float:
    """Return the next number in (0, 1] of a stream, a slice of one word: `streams[SLOT : SLOT + 1]`."""
    word = stream[0] + np.uint64(0x9E3779B97F4A7C15)
    stream[0] = word
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    word = word ^ (word >> np.uint64(31))
    return (np.float64(word >> np.uint64(11)) + 1.0) * (1.0 / 9007199254740992.0)


@stage
def normal(stream: Streams) -> float:
    """Return the next standard normal number."""
    radius = math.sqrt(-2.0 * math.log(uniform(stream)))
    return radius * math.cos(2.0 * math.pi * uniform(stream))


@stage
def gauss_markov(value: float, sigma: float, tau_s: float, dt: float, stream: Streams) -> float:
    """Return the next value of a first-order Gauss-Markov process with deviation `sigma` and correlation time `tau_s`.

    The step is exact for any `dt`, in seconds.
    """
    keep = math.exp(-dt / tau_s)
    return value * keep + sigma * math.sqrt(1.0 - keep * keep) * normal(stream)
