"""Compiled loop of a rover without autopilot: physics at 1 kHz, sensors at their rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.jit import stage
from hil.physics.rover_params import LEFT, RIGHT
from hil.physics.rover_step import rover_step
from hil.physics.state import DUTY, Array
from hil.sensors.noise import Streams
from hil.sensors.suite import STEP_S
from hil.sim.plant.sensing import imu_steps, sense_due


@stage
def drive_rover(inputs: Array, duty: Array, health: Array) -> None:
    """Set the wheel commands, scaled by motor health."""
    for side in (LEFT, RIGHT):
        # 0.5 is stop, the command of a dead motor.
        inputs[DUTY + side] = 0.5 + (duty[side] - 0.5) * health[side]


@stage
def advance_rover(
    until_step: int,
    clock: NDArray[np.int64],
    state: Array,
    inputs: Array,
    params: Array,
    rover: Array,
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
    """Step the rover with commands `duty` until the step counter clock[0] reaches `until_step`."""
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
        drive_rover(inputs, duty, health)
        rover_step(state, inputs, params, rover, STEP_S)
        clock[0] = step + 1
