"""One cycle of the estimator alone, for aircraft whose controllers are elsewhere."""

from __future__ import annotations

from hil.autopilot.control.estimator import estimate_fast, estimate_slow
from hil.jit import stage
from hil.physics.state import Array
from hil.sensors.suite import FAST_STEPS, STEP_S


@stage
def estimator_step(
    now_s: float, slow: bool, est: Array, cov: Array, work: Array, past: Array, readings: Array
) -> None:
    """At 250 Hz; `slow` on every fifth. `work` is 3 x 15 x 15 of scratch."""
    estimate_fast(est, cov, readings, FAST_STEPS * STEP_S)
    if slow:
        estimate_slow(now_s, est, cov, work[0], work[1], work[2, 0], past, readings)
