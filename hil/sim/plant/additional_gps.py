"""Additional GPS receiver with its own errors and faults."""

from __future__ import annotations

import random

import numpy as np

from hil.faults.schedule import Fault, Kind, Part, fault_rows, faults_of_receiver
from hil.physics.state import Array
from hil.sensors import layout as at
from hil.sensors.gps import deliver_gps, measure_gps
from hil.sensors.noise import seeded_streams
from hil.sensors.power_on import switch_on
from hil.sim.plant.fault_kernel import apply_sensor_faults, fault_memory, latch_readings


class AdditionalGps:
    """Additional GPS receiver; `number` is 1 for the second receiver, which faults call number 2."""

    def __init__(self, records: Array, *, seed: int, number: int) -> None:
        own_seed = random.Random(f"gps {number} of {seed}").getrandbits(31)
        self._records, self._streams, self._number = records, seeded_streams(own_seed), number + 1
        self._errors, self._raw = np.zeros(at.ERROR_SIZE), np.zeros(at.READING_SIZE)
        self.readings = self._raw.copy()
        self._period_s, self._next = 1.0 / float(records[at.GPS_RATE]), 0
        self._schedule: tuple[Fault, ...] = ()
        self._set_faults(())
        switch_on(self._errors, records, self._streams)

    def step(self, time_s: float, state: Array, faults: tuple[Fault, ...] = ()) -> bool:
        """Step to `time_s` and return whether `readings` has a new message; call it every few milliseconds."""
        if faults is not self._schedule:
            self._set_faults(faults)
        if time_s > self._next * self._period_s - 1e-6:
            self._next += 1
            self._errors[at.GPS_JAMMED] = float(
                any(f.start_s <= time_s < f.start_s + f.duration_s for f in self._jams)
            )
            measure_gps(time_s, state, self._errors, self._records, self._streams)
        before = self.readings[at.GPS_COUNT]
        deliver_gps(time_s, self._errors, self._raw)
        apply_sensor_faults(time_s, self._rows, self._held, self._raw, self.readings)
        return bool(self.readings[at.GPS_COUNT] != before)

    def _set_faults(self, faults: tuple[Fault, ...]) -> None:
        self._schedule = faults
        mine = [fault for fault in faults_of_receiver(faults, self._number) if fault.part is Part.GPS]
        self._jams = [fault for fault in mine if fault.kind is Kind.JAM]
        self._rows = fault_rows(mine)
        self._held = fault_memory(self._rows)
        latch_readings(self._rows, self._held, self._raw)
