"""Seeded random generators with an independent stream per name: a new sensor never changes another's noise."""

from __future__ import annotations

import zlib

import numpy as np

from hil.errors import ScenarioError


def stream(seed: int, name: str) -> np.random.Generator:
    """Return a generator that depends on `seed` and `name` only (PCG64). Raises ScenarioError for a seed below 0."""
    if seed < 0:
        raise ScenarioError(f"seed must be 0 or above, is {seed}")
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def stream_seed(seed: int, name: str) -> int:
    """Return a 32-bit seed for generators in compiled code."""
    return int(stream(seed, name).integers(0, 2**32, dtype=np.uint32))
