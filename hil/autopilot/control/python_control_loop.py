"""Base of control cores whose controllers are not compiled: the compiled estimator at 250 Hz, controllers at 50 Hz."""

from __future__ import annotations

from hil.airframes.load import Airframe
from hil.autopilot.control.control_loop import ControlLoop
from hil.autopilot.control.estimator_step import estimator_step
from hil.geodesy import Home


class PythonControlLoop(ControlLoop):
    """`_steer` runs the controllers on the estimate; the owner of the clock calls `_cycle`."""

    def _init_core(self, airframe: Airframe, home: Home) -> None:  # noqa: ARG002
        self._init_estimator(home)

    def _cycle(self, now_s: float, *, slow: bool) -> None:
        """Run one 250 Hz cycle; `slow` when the 50 Hz parts are due."""
        self._run_estimator(now_s, slow=slow)
        if slow:
            self._steer()

    def _run_estimator(self, now_s: float, *, slow: bool) -> None:
        estimator_step(now_s, slow, self._est, self._cov, self._work, self._past, self.readings)

    def _steer(self) -> None:
        raise NotImplementedError
