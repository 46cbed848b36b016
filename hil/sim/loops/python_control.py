"""Common part of simulations whose controllers run in Python at 50 Hz, between the plant's compiled steps."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.python_control_loop import PythonControlLoop
from hil.geodesy import Home
from hil.sensors.rangefinder import RangeReading
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS, STEP_S
from hil.sim.plant.divergence_check import WatchedValues
from hil.sim.plant.held_rangefinder import HeldRangefinder
from hil.sim.plant.plant import Plant


class PythonControlSim(Plant, PythonControlLoop):
    """Mixin that runs an autopilot core between the steps of a plant."""

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        super().__init__(airframe, home, seed=seed, **world)
        self._held_range = HeldRangefinder(seed=seed)
        self._init_core(airframe, home)

    def _step_until(self, step: int) -> None:
        while (now := int(self._clock[0])) < step:
            until = min(step, (now // FAST_STEPS + 1) * FAST_STEPS)
            super()._step_until(until)
            if not self._all_finite:
                return  # `advance` reports the divergence
            # Control takes one sensor period, so that results do not depend on how time is advanced.
            if until % FAST_STEPS == 0:
                slow = (until - FAST_STEPS) % SLOW_STEPS == 0
                self._cycle((until - FAST_STEPS) * STEP_S, slow=slow)

    @property
    def _changing_arrays(self) -> tuple[NDArray[Any], ...]:
        return (*super()._changing_arrays, self._est, self._cov, self._past, self._ctl, self._duty)

    @property
    def _control_values(self) -> tuple[WatchedValues, ...]:
        return (
            WatchedValues("the estimator", "attitude part", self._est, ap.EQ, 4),
            WatchedValues("the estimator", "position axis", self._est, ap.EP, 3),
        )

    @property
    def range_reading(self) -> RangeReading | None:
        """Reading of the downward rangefinder."""
        return self._held_range.read(self)

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Commands of all actuators, 0..1; 0.5 is neutral for surfaces and stop for wheels."""
        return tuple(self._duty[list(self.output_slots)].tolist())
