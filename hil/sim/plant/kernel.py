"""Compiled loop of a multirotor without autopilot: physics at 1 kHz, sensors at their rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.jit import stage
from hil.physics.state import DUTY, MAX_ROTORS, Array
from hil.physics.step import multirotor_step
from hil.sensors.noise import Streams
from hil.sensors.suite import STEP_S
from hil.sim.plant.sensing import imu_steps, sense_due


@stage
def advance_plant(
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
    duty: Array,
) -> None:
    """Step the aircraft with motor commands `duty` until the step counter clock[0] reaches `until_step`."""
    every = imu_steps(records)
    while clock[0] < until_step:
        step = clock[0]
        if step % every == 0:
            sense_due(
                step,
                state,
                inputs,
                params,
                wind,
                errors,
                records,
                streams,
                readings,
                raw,
                held,
                faults,
                health,
            )
        for i in range(MAX_ROTORS):
            inputs[DUTY + i] = duty[i] * health[i]
        multirotor_step(state, inputs, params, STEP_S)
        clock[0] = step + 1
