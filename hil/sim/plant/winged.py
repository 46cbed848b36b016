"""Simulated winged aircraft without autopilot, with an airspeed sensor."""

from __future__ import annotations

from typing import Any

from hil.airframes.load import Airframe
from hil.errors import ScenarioError
from hil.geodesy import Home
from hil.sensors.optional import airspeed_record
from hil.sensors.pitot import AirspeedReading, Pitot, pressure_ahead_pa
from hil.sim.plant.plant import Plant
from hil.sim.plant.winged_kernel import advance_winged


class WingedPlant(Plant):
    """Winged aircraft without autopilot; commands are rotors, propeller and surfaces, 0..1 (surfaces: 0.5 is neutral).

    Raises ScenarioError for an airframe without a wing, and as `Plant` does.
    """

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        if airframe.wing is None:
            raise ScenarioError(
                f"cannot simulate {airframe.name} as a winged aircraft: it has no wing", where=airframe.file
            )
        self._wing = airframe.wing
        super().__init__(airframe, home, seed=seed, **world)
        self._pitot = Pitot(airspeed_record(), seed=seed)

    @property
    def airspeed(self) -> AirspeedReading | None:
        """Newest airspeed sensor reading; None while the sensor is off."""
        return self._pitot.read(self.time_s, self.pressure_pa, self.faults)

    @property
    def indicated_airspeed_m_s(self) -> float | None:
        """Indicated airspeed, m/s; None while the sensor is off."""
        reading = self.airspeed
        return None if reading is None else reading.indicated_airspeed_m_s

    @property
    def pressure_pa(self) -> float:
        """True dynamic pressure of the airflow from ahead, Pa."""
        return pressure_ahead_pa(self._state, self._inputs)

    def _step_until(self, step: int) -> None:
        advance_winged(
            step, self._clock, self._state, self._inputs, self._params, self._wing, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health, self._duty,
        )  # fmt: skip
