"""Downward rangefinder model: ground distance along the body's z axis, with noise, resolution and limited range."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hil.faults.schedule import Fault, Part
from hil.faults.sensor_faults import SensorFaults
from hil.sensors.optional import RangefinderRecord

MIN_COSINE = 0.2  # of the beam to the vertical; flatter beams give no echo


@dataclass(frozen=True, slots=True)
class RangeReading:
    """Reading of a rangefinder; an invalid one (`valid` False) has the sensor's range limit as `distance_m`."""

    distance_m: float
    valid: bool


def slant_range_m(
    pos_ned: Sequence[float], quaternion: Sequence[float], ground_d_m: Callable[[float, float], float]
) -> float | None:
    """Return the ground distance along the body's z axis, m; None if the axis points away from the ground.

    `ground_d_m` gives NED down of the ground at a position north and east, m.
    """
    w, x, y, z = quaternion
    north, east, down = 2.0 * (x * z + w * y), 2.0 * (y * z - w * x), 1.0 - 2.0 * (x * x + y * y)
    if down < MIN_COSINE:
        return None
    reach = 0.0
    # The first iteration is exact on flat ground; slopes take a few more.
    for _ in range(8):
        gap = ground_d_m(pos_ned[0] + reach * north, pos_ned[1] + reach * east) - pos_ned[2] - reach * down
        reach += gap / down
        if abs(gap) < 1e-3:
            break
    return max(reach, 0.0)


class Rangefinder:
    """Rangefinder with its own noise, drawn from `seed`."""

    def __init__(self, record: RangefinderRecord, *, seed: int) -> None:
        self.record = record
        self._random = random.Random(f"rangefinder of {seed}")
        self._faults = SensorFaults(Part.RANGEFINDER)

    def sample(self, true_m: float | None, now_s: float = 0.0, faults: Iterable[Fault] = ()) -> RangeReading:
        """Return a reading for the true distance `true_m` (None: no echo)."""
        record = self.record
        shown = self._faults.apply((self._measured_m(true_m),), now_s, faults)
        distance_m = math.inf if shown is None else shown[0]
        if record.least_m <= distance_m <= record.most_m:
            return RangeReading(distance_m, valid=True)
        return RangeReading(record.least_m if distance_m < record.least_m else record.most_m, valid=False)

    def _measured_m(self, true_m: float | None) -> float:
        """Return the measured distance; plus or minus infinity beyond the range limits."""
        record = self.record
        noise = self._random.gauss()
        if true_m is None or true_m > record.most_m:
            return math.inf
        if true_m < record.least_m:
            return -math.inf
        measured = true_m + (record.noise_m + record.noise_share * true_m) * noise
        if record.resolution_m > 0.0:
            measured = round(measured / record.resolution_m) * record.resolution_m
        return min(max(measured, record.least_m), record.most_m)
