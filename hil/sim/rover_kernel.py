"""The compiled inner loop of a rover without its autopilot: physics at 1 kHz, sensors at their rates."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.jit import stage
from hil.physics.params import ROTORS
from hil.physics.rover_params import LEFT, RIGHT
from hil.physics.rover_step import rover_step
from hil.physics.state import DUTY, Array
from hil.sensors.imu import sense_imu
from hil.sensors.layout import IMU_DT
from hil.sensors.noise import Streams
from hil.sensors.suite import FAST_STEPS, STEP_S, sense
from hil.sim.breaking import break_parts, spoil_readings


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
    """Step the rover under these commands until the step counter in clock[0] reaches `until_step`."""
    imu_steps = int(records[IMU_DT] / STEP_S + 0.5)
    while clock[0] < until_step:
        step = clock[0]
        now_s = step * STEP_S
        if step % imu_steps == 0:
            if step % FAST_STEPS == 0:
                break_parts(now_s, faults, health, inputs, errors)
                sense(step, state, inputs, params, wind, errors, records, streams, raw)
            else:
                sense_imu(state, errors, records, streams, raw, int(params[ROTORS]))
            spoil_readings(now_s, faults, held, raw, readings)
        for side in (LEFT, RIGHT):
            # In the middle it stands: that is what a dead motor does.
            inputs[DUTY + side] = 0.5 + (duty[side] - 0.5) * health[side]
        rover_step(state, inputs, params, rover, STEP_S)
        clock[0] = step + 1
