"""One cycle of the estimator alone, for vehicles whose controllers are not compiled."""

from __future__ import annotations

from hil.autopilot.control.estimator import predict_state, update_estimate
from hil.jit import stage
from hil.physics.state import Array
from hil.sensors.suite import FAST_STEPS, STEP_S


@stage
def estimator_step(
    now_s: float, slow: bool, est: Array, cov: Array, work: Array, past: Array, readings: Array
) -> None:
    """Run at 250 Hz; `slow` on every fifth call. `work` is 3 x 15 x 15 of scratch memory."""
    predict_state(est, cov, readings, FAST_STEPS * STEP_S)
    if slow:
        update_estimate(now_s, est, cov, work[0], work[1], work[2, 0], past, readings)
