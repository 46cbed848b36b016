"""A further GPS receiver beside the first: the same model and record with errors of its own, for who shows an autopilot two."""

from __future__ import annotations

import random

import numpy as np

from hil.physics.state import Array
from hil.sensors import layout as at
from hil.sensors.gps import deliver_gps, measure_gps
from hil.sensors.noise import seeded_streams
from hil.sensors.power_on import switch_on


class SpareGps:
    """Switched on at time 0; `number` counts from 1 beside the first."""

    def __init__(self, records: Array, *, seed: int, number: int) -> None:
        own_seed = random.Random(f"gps {number} of {seed}").getrandbits(31)
        self._records, self._streams = records, seeded_streams(own_seed)
        self._errors, self.readings = np.zeros(at.ERROR_SIZE), np.zeros(at.READING_SIZE)
        self._next = 0
        switch_on(self._errors, records, self._streams)

    def step(self, time_s: float, state: Array, *, jammed: bool) -> bool:
        """Whether a message has arrived, which is then in `readings`. At least every few milliseconds, in order of time."""
        self._errors[at.GPS_JAMMED] = float(jammed)
        if time_s > self._next * at.GPS_DT_S - 1e-6:
            self._next += 1
            measure_gps(time_s, state, self._errors, self._records, self._streams)
        before = self.readings[at.GPS_COUNT]
        deliver_gps(time_s, self._errors, self.readings)
        return bool(self.readings[at.GPS_COUNT] != before)
