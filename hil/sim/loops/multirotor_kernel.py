"""Compiled multirotor loop: physics at 1 kHz, estimator and rate control at 250 Hz, the rest at 50 and 5 Hz."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.autopilot.control.control_step import position_loop, rate_loop
from hil.autopilot.control.estimator import predict_state, update_estimate
from hil.autopilot.control.layout import OUT
from hil.jit import stage
from hil.physics.state import DUTY, MAX_ROTORS, Array
from hil.physics.step import multirotor_step
from hil.sensors.noise import Streams
from hil.sensors.suite import FAST_STEPS, SLOW_STEPS, STEP_S, sense
from hil.sim.plant.fault_kernel import apply_hardware_faults, apply_sensor_faults


@stage
def advance(
    until_step: int,
    clock: NDArray[np.int64],
    state: Array,
    inputs: Array,
    params: Array,
    wind: Array,
    errors: Array,
    records: Array,
    streams: Streams,
    readings: Array,
    raw: Array,
    held: Array,
    faults: Array,
    health: Array,
    est: Array,
    cov: Array,
    work: Array,
    past: Array,
    ctl: Array,
    tune: Array,
    matrix: Array,
) -> None:
    """Step everything until the step counter clock[0] reaches `until_step`; `work` is scratch memory, 3 x 15 x 15."""
    fast_s, slow_s = FAST_STEPS * STEP_S, SLOW_STEPS * STEP_S
    while clock[0] < until_step:
        step = clock[0]
        now_s = step * STEP_S
        if step % FAST_STEPS == 0:
            slow = step % SLOW_STEPS == 0
            apply_hardware_faults(now_s, faults, health, inputs, errors)
            sense(step, state, inputs, params, wind, errors, records, streams, raw)
            apply_sensor_faults(now_s, faults, held, raw, readings)
            predict_state(est, cov, readings, fast_s)
            if slow:
                update_estimate(now_s, est, cov, work[0], work[1], work[2, 0], past, readings)
                position_loop(est, ctl, tune, slow_s)
            rate_loop(est, ctl, tune, matrix, fast_s)
            for i in range(MAX_ROTORS):
                inputs[DUTY + i] = ctl[OUT + i] * health[i]
        multirotor_step(state, inputs, params, STEP_S)
        clock[0] = step + 1
