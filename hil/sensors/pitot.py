"""A pitot tube with a differential pressure sensor: zero offset left by its calibration, noise, steps and an end."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass

from hil.faults.schedule import Fault, Part
from hil.faults.sensor_faults import SensorFaults
from hil.frames import ned_to_body
from hil.physics import state as ps
from hil.physics.state import Array
from hil.sensors.optional import AirspeedRecord

SEA_LEVEL_DENSITY = 1.225  # kg/m^3: indicated airspeed counts with it at every height


def pressure_ahead_pa(state: Array, inputs: Array) -> float:
    """Dynamic, of the air that comes from ahead (negative from behind)."""
    past = [float(state[ps.VEL + i] - inputs[ps.WIND + i]) for i in range(3)]
    ahead, _, _ = ned_to_body(*state[ps.QUAT : ps.QUAT + 4].tolist(), *past)
    return 0.5 * float(inputs[ps.DENSITY]) * math.copysign(ahead * ahead, ahead)


@dataclass(frozen=True, slots=True)
class Airspeed:
    """Differential pressure, and the indicated airspeed that it means (never negative)."""

    pressure_pa: float

    @property
    def indicated_m_s(self) -> float:
        return math.sqrt(2.0 * max(self.pressure_pa, 0.0) / SEA_LEVEL_DENSITY)


class Pitot:
    """It measures when it is asked and its period is over; its noise is its own, from `seed`."""

    _held: Airspeed | None = None

    def __init__(self, record: AirspeedRecord, *, seed: int) -> None:
        self._record = record
        self._random = random.Random(f"pitot of {seed}")
        self._offset_pa = record.offset_pa * self._random.gauss()
        self._scale = 1.0 + record.scale * self._random.gauss()
        self._due_s = 0.0
        self._spoiler = SensorFaults(Part.AIRSPEED)

    def read(self, now_s: float, true_pa: float, faults: Iterable[Fault] = ()) -> Airspeed | None:
        """The newest reading, of a true dynamic pressure ahead; None while it is off."""
        if now_s > self._due_s - 1e-9:
            self._due_s = now_s + 1.0 / self._record.rate_hz
            shown = self._spoiler.shown((self._measured_pa(true_pa),), now_s, faults)
            self._held = None if shown is None else Airspeed(*shown)
        return self._held

    def _measured_pa(self, true_pa: float) -> float:
        record = self._record
        said = self._scale * true_pa + self._offset_pa + record.noise_pa * self._random.gauss()
        said = round(said / record.resolution_pa) * record.resolution_pa
        return min(max(said, -record.most_pa), record.most_pa)
