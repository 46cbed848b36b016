"""Simulated rover without autopilot."""

from __future__ import annotations

from typing import Any

from hil.airframes.load import Airframe
from hil.errors import ScenarioError
from hil.geodesy import Home
from hil.sim.plant.plant import Plant
from hil.sim.plant.rover_kernel import advance_rover


class RoverPlant(Plant):
    """Rover without autopilot; commands are left and right wheel, 0..1, 0.5 to stop.

    Raises ScenarioError for an airframe that is not a rover, and as `Plant` does.
    """

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        if airframe.rover is None:
            raise ScenarioError(
                f"cannot simulate {airframe.name} as a rover: it is a {airframe.kind}", where=airframe.file
            )
        self._rover = airframe.rover
        super().__init__(airframe, home, seed=seed, **world)

    def _step_until(self, step: int) -> None:
        advance_rover(
            step, self._clock, self._state, self._inputs, self._params, self._rover, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health, self._duty,
        )  # fmt: skip
