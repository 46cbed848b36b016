"""A rover without its autopilot: what `hil.sim.plant.plant.Plant` is to rotors."""

from __future__ import annotations

from typing import Any

from hil.airframes.load import Airframe
from hil.errors import ScenarioError
from hil.geodesy import Home
from hil.sim.plant.plant import Plant
from hil.sim.plant.rover_kernel import advance_rover


class RoverPlant(Plant):
    """Its commands are the left and the right wheel's, 0..1, 0.5 to stand. Raises ScenarioError for what is no rover."""

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        if airframe.rover is None:
            raise ScenarioError(f"{airframe.name} is no rover", where=airframe.file)
        self._rover = airframe.rover
        super().__init__(airframe, home, seed=seed, **world)

    def _step_until(self, step: int) -> None:
        advance_rover(
            step, self._clock, self._state, self._inputs, self._params, self._rover, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health, self._duty,
        )  # fmt: skip
