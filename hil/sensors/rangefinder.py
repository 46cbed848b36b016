"""A rangefinder that looks down along the body: distance to the ground with noise, steps and an end to its sight."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hil.faults.schedule import Fault, Part
from hil.faults.sensor_faults import SensorFaults
from hil.sensors.optional import RangefinderRecord

LEAST_COSINE = 0.2  # nearer the horizon no beam comes back


@dataclass(frozen=True, slots=True)
class Range:
    """`distance_m` is the record's end where nothing was seen; `seen` tells."""

    distance_m: float
    seen: bool


def slant_range_m(
    pos_ned: Sequence[float], quaternion: Sequence[float], ground_d_m: Callable[[float, float], float]
) -> float | None:
    """Distance along the body's z axis to the ground, given as NED down at a place north and east; None if it looks away."""
    w, x, y, z = quaternion
    north, east, down = 2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)
    if down < LEAST_COSINE:
        return None
    reach = 0.0
    # On flat ground the first round is exact; slopes take a few more.
    for _ in range(8):
        gap = ground_d_m(pos_ned[0] + reach * north, pos_ned[1] + reach * east) - pos_ned[2] - reach * down
        reach += gap / down
        if abs(gap) < 1e-3:
            break
    return max(reach, 0.0)


class Rangefinder:
    """Its noise is its own, from `seed`."""

    def __init__(self, record: RangefinderRecord, *, seed: int) -> None:
        self.record = record
        self._random = random.Random(f"rangefinder of {seed}")
        self._spoiler = SensorFaults(Part.RANGEFINDER)

    def sample(self, true_m: float | None, now_s: float = 0.0, faults: Iterable[Fault] = ()) -> Range:
        """One reading of a true distance."""
        record = self.record
        shown = self._spoiler.shown((self._measured_m(true_m),), now_s, faults)
        distance_m = math.inf if shown is None else shown[0]
        if record.least_m <= distance_m <= record.most_m:
            return Range(distance_m, seen=True)
        return Range(record.least_m if distance_m < record.least_m else record.most_m, seen=False)

    def _measured_m(self, true_m: float | None) -> float:
        """Beyond its ends infinite, either way."""
        record = self.record
        noise = self._random.gauss()
        if true_m is None or true_m > record.most_m:
            return math.inf
        if true_m < record.least_m:
            return -math.inf
        seen = true_m + (record.noise_m + record.noise_share * true_m) * noise
        if record.resolution_m > 0.0:
            seen = round(seen / record.resolution_m) * record.resolution_m
        return min(max(seen, record.least_m), record.most_m)
