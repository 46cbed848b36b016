"""What cores share that steer at 50 Hz outside the compiled loop: the estimator at 250 Hz, and then a look at it."""

from __future__ import annotations

from hil.airframes.load import Airframe
from hil.autopilot.control.control_loop import ControlLoop
from hil.autopilot.control.estimator_step import estimator_step
from hil.geodesy import Home


class PythonControlLoop(ControlLoop):
    """`_steer` looks at the estimate and drives; whoever owns the time calls `_cycle`."""

    def _begin(self, airframe: Airframe, home: Home) -> None:  # noqa: ARG002
        self._begin_estimate(home)

    def _cycle(self, now_s: float, *, slow: bool) -> None:
        """Once every fast period; `slow` when the 50 Hz work is due."""
        self._run_estimator(now_s, slow=slow)
        if slow:
            self._steer()

    def _run_estimator(self, now_s: float, *, slow: bool) -> None:
        estimator_step(now_s, slow, self._est, self._cov, self._work, self._past, self.readings)

    def _steer(self) -> None:
        raise NotImplementedError
