"""Seeded random generators, one independent stream for each user by name, so that adding a sensor never shifts another's noise."""

from __future__ import annotations

import zlib

import numpy as np


def stream(seed: int, name: str) -> np.random.Generator:
    """A generator that depends on `seed` and `name` alone (PCG64 over both)."""
    return np.random.Generator(np.random.PCG64([seed, zlib.crc32(name.encode())]))


def stream_seed(seed: int, name: str) -> int:
    """A 32-bit seed for generators that live inside compiled code."""
    return int(stream(seed, name).integers(0, 2**32, dtype=np.uint32))
