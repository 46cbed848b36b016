"""An optical flow sensor that looks down: the angles by which the ground's picture turned, with noise and an end.

Signs are those of MAVLink's HIL_OPTICAL_FLOW: turning right-handed about an axis shows positive on it; moving forward shows
positive about y, moving right negative about x.
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
class Flow:
    """Angles over `period_s`; `turned_rad` is what the sensor's own gyroscope counted. `quality` is 0 to 255."""

    period_s: float
    flow_rad: tuple[float, float]
    turned_rad: tuple[float, float, float]
    quality: int


class FlowSensor:
    """Its noise and the error of its scale are its own, from `seed`."""

    def __init__(self, record: FlowRecord, *, seed: int) -> None:
        self.record = record
        self._random = random.Random(f"flow of {seed}")
        self._gain = 1.0 + record.scale * self._random.gauss()
        self._spoiler = SensorFaults(Part.FLOW)

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
    ) -> Flow:
        """What the last `period_s` showed, `distance_m` being that to the ground along the body's z axis."""
        record = self.record
        w, x, y, z = quaternion
        forward, right, _ = ned_to_body(w, x, y, z, *vel_ned)
        p, q, r = rates_frd
        turned = p * period_s, q * period_s, r * period_s
        noise = self._random.gauss(0.0, record.noise_rad_s), self._random.gauss(0.0, record.noise_rad_s)
        if distance_m is None or not record.least_m <= distance_m <= record.most_m:
            return Flow(period_s, (0.0, 0.0), turned, 0)
        about_x, about_y = p - right / distance_m, q + forward / distance_m
        if max(abs(about_x), abs(about_y)) > record.most_rad_s:
            return Flow(period_s, (0.0, 0.0), turned, 0)
        # Texture is lost with distance: full marks to a third of the reach, none at its end.
        left = (record.most_m - distance_m) / (record.most_m - record.most_m / 3.0)
        rates = self._gain * about_x + noise[0], self._gain * about_y + noise[1]
        shown = self._spoiler.shown(rates, now_s, faults)
        if shown is None:
            return Flow(period_s, (0.0, 0.0), turned, 0)
        flow = shown[0] * period_s, shown[1] * period_s
        return Flow(period_s, flow, turned, max(1, round(BEST * min(left, 1.0))))
