"""Rangefinder of a plant that holds its reading between two samples."""

from __future__ import annotations

from hil.sensors.optional import rangefinder_record
from hil.sensors.rangefinder import Rangefinder, RangeReading, slant_range_m
from hil.sim.plant.plant import Plant


class HeldRangefinder:
    """Rangefinder that takes a new sample when it is read after its period."""

    def __init__(self, *, seed: int) -> None:
        self._rangefinder = Rangefinder(rangefinder_record(), seed=seed)
        self._due_s = 0.0
        self._held: RangeReading | None = None

    def read(self, plant: Plant) -> RangeReading:
        """Return the newest reading."""
        if self._held is None or plant.time_s > self._due_s - 1e-9:
            self._due_s = plant.time_s + 1.0 / self._rangefinder.record.rate_hz
            truth = plant.truth
            true_m = slant_range_m(truth.pos_ned, truth.quaternion, plant.ground_below)
            self._held = self._rangefinder.sample(true_m, plant.time_s, plant.faults)
        return self._held
