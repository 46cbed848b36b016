"""What aircraft share whose controllers run at 50 Hz outside the compiled loop: the core between the plant's steps."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.python_control_loop import PythonControlLoop
from hil.geodesy import Home
from hil.sensors.rangefinder import Range
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS, STEP_S
from hil.sim.plant.divergence_check import WatchedValues
from hil.sim.plant.held_rangefinder import HeldRangefinder
from hil.sim.plant.plant import Plant


class SlowControlSim(Plant, PythonControlLoop):
    """Mixed into a plant and a core."""

    def __init__(self, airframe: Airframe, home: Home, *, seed: int, **world: Any) -> None:
        super().__init__(airframe, home, seed=seed, **world)
        self._held_range = HeldRangefinder(seed=seed)
        self._begin(airframe, home)

    def _step_until(self, step: int) -> None:
        while (now := int(self._clock[0])) < step:
            until = min(step, (now // FAST_STEPS + 1) * FAST_STEPS)
            super()._step_until(until)
            if not self._all_finite:
                return  # `advance` says what was lost
            # Thinking takes as long as the sensors' period, so that it does not matter how time is asked for.
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
    def range_found(self) -> Range | None:
        """What a rangefinder that looks down says."""
        return self._held_range.read(self)

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Commands of all that moves it, 0..1; the middle of surfaces and wheels is 0.5."""
        return tuple(self._duty[list(self.output_slots)].tolist())
