"""Compiled loop of a winged aircraft without autopilot: physics at 1 kHz, sensors at their rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.jit import stage
from hil.physics.params import ROTORS
from hil.physics.state import DUTY, MAX_ROTORS, Array
from hil.physics.wing_params import PROPELLER
from hil.physics.winged_step import winged_step
from hil.sensors.noise import Streams
from hil.sensors.suite import STEP_S
from hil.sim.plant.sensing import imu_steps, sense_due


@stage
def drive_winged(inputs: Array, duty: Array, health: Array, rotors: int) -> None:
    """Set motor and servo commands, those of motors scaled by their health."""
    for i in range(MAX_ROTORS):
        inputs[DUTY + i] = duty[i]
    for i in range(rotors):
        inputs[DUTY + i] *= health[i]
    # In faults the propeller is the motor after the lifting rotors.
    inputs[DUTY + PROPELLER] *= health[rotors]


@stage
def advance_winged(
    until_step: int,
    clock: NDArray[np.int64],
    state: Array,
    inputs: Array,
    params: Array,
    wing: Array,
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
    """Step the aircraft with commands `duty` until the step counter clock[0] reaches `until_step`."""
    rotors = int(params[ROTORS])
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
        drive_winged(inputs, duty, health, rotors)
        winged_step(state, inputs, params, wing, STEP_S)
        clock[0] = step + 1
