"""Downward optical flow sensor model: rotation of the ground image, with noise and limited range.

Signs are those of HIL_OPTICAL_FLOW: a right-handed rotation about an axis is positive; forward motion is positive
about y, motion to the right negative about x.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hil.faults.schedule import Fault, Part
from hil.faults.sensor_faults import SensorFaults
from hil.frames import ned_to_body
from hil.sensors.optional import FlowRecord

BEST = 255


@dataclass(frozen=True, slots=True)
class FlowReading:
    """Integrated angles over `period_s`; `turned_rad` is from the sensor's gyroscope, `quality` 0 (invalid) to 255."""

    period_s: float
    flow_rad: tuple[float, float]
    turned_rad: tuple[float, float, float]
    quality: int


class FlowSensor:
    """Optical flow sensor with its own noise and scale error, drawn from `seed`."""

    def __init__(self, record: FlowRecord, *, seed: int) -> None:
        self.record = record
        self._random = random.Random(f"flow of {seed}")
        self._gain = 1.0 + record.scale * self._random.gauss()
        self._faults = SensorFaults(Part.FLOW)

    def sample(
        self,
        distance_m: float | None,
        *,
        vel_ned: Sequence[float],
        quaternion: Sequence[float],
        rates_frd: Sequence[float],
        period_s: float,
        now_s: float = 0.0,
        faults: Iterable[Fault] = (),
    ) -> FlowReading:
        """Return the reading of the last `period_s`; `distance_m` is the ground distance along the body's z axis."""
        record = self.record
        w, x, y, z = quaternion
        forward, right, _ = ned_to_body(w, x, y, z, *vel_ned)
        p, q, r = rates_frd
        turned = p * period_s, q * period_s, r * period_s
        noise = self._random.gauss(0.0, record.noise_rad_s), self._random.gauss(0.0, record.noise_rad_s)
        if distance_m is None or not record.least_m <= distance_m <= record.most_m:
            return FlowReading(period_s, (0.0, 0.0), turned, 0)
        about_x, about_y = p - right / distance_m, q + forward / distance_m
        if max(abs(about_x), abs(about_y)) > record.most_rad_s:
            return FlowReading(period_s, (0.0, 0.0), turned, 0)
        # Texture fades with distance: full quality up to a third of the range, none at its end.
        quality = (record.most_m - distance_m) / (record.most_m - record.most_m / 3.0)
        rates = self._gain * about_x + noise[0], self._gain * about_y + noise[1]
        shown = self._faults.apply(rates, now_s, faults)
        if shown is None:
            return FlowReading(period_s, (0.0, 0.0), turned, 0)
        flow = shown[0] * period_s, shown[1] * period_s
        return FlowReading(period_s, flow, turned, max(1, round(BEST * min(quality, 1.0))))
