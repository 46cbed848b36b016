"""Airspeed sensor model: pitot tube with a differential pressure sensor, its offset, noise, resolution and range."""

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

SEA_LEVEL_DENSITY = 1.225  # kg/m^3: defines indicated airspeed at every height


def pressure_ahead_pa(state: Array, inputs: Array) -> float:
    """Return the dynamic pressure of the airflow along the body's x axis, Pa; negative for flow from behind."""
    airflow = [float(state[ps.VEL + i] - inputs[ps.WIND + i]) for i in range(3)]
    ahead, _, _ = ned_to_body(*state[ps.QUAT : ps.QUAT + 4].tolist(), *airflow)
    return 0.5 * float(inputs[ps.DENSITY]) * math.copysign(ahead * ahead, ahead)


@dataclass(frozen=True, slots=True)
class AirspeedReading:
    """Reading of an airspeed sensor: differential pressure and the indicated airspeed from it."""

    pressure_pa: float

    @property
    def indicated_airspeed_m_s(self) -> float:
        """Indicated airspeed, never negative, m/s."""
        return math.sqrt(2.0 * max(self.pressure_pa, 0.0) / SEA_LEVEL_DENSITY)


class Pitot:
    """Airspeed sensor that takes a new sample when it is read after its period; its noise comes from `seed`."""

    _held: AirspeedReading | None = None

    def __init__(self, record: AirspeedRecord, *, seed: int) -> None:
        self._record = record
        self._random = random.Random(f"pitot of {seed}")
        self._offset_pa = record.offset_pa * self._random.gauss()
        self._scale = 1.0 + record.scale * self._random.gauss()
        self._due_s = 0.0
        self._faults = SensorFaults(Part.AIRSPEED)

    def read(self, now_s: float, true_pa: float, faults: Iterable[Fault] = ()) -> AirspeedReading | None:
        """Return the newest reading for the true dynamic pressure `true_pa`; None while the sensor is off."""
        if now_s > self._due_s - 1e-9:
            self._due_s = now_s + 1.0 / self._record.rate_hz
            shown = self._faults.apply((self._measured_pa(true_pa),), now_s, faults)
            self._held = None if shown is None else AirspeedReading(*shown)
        return self._held

    def _measured_pa(self, true_pa: float) -> float:
        record = self._record
        measured = self._scale * true_pa + self._offset_pa + record.noise_pa * self._random.gauss()
        measured = round(measured / record.resolution_pa) * record.resolution_pa
        return min(max(measured, -record.most_pa), record.most_pa)
