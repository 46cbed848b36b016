"""Compiled loops of batches: motor commands, physics, faults and sensors.

Each vehicle, or block of vehicles, goes through the whole time before the next, so that it stays in the processor's
cache. A kernel stops at the first value that is not finite and returns its block (or row) and step; (-1, 0) if there
is none.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hil.jit import LANES, lane, stage
from hil.physics.lanes import Shape, advance_block, block_offsets
from hil.physics.params import PARAM_SIZE, ROTORS
from hil.physics.rover_step import rover_step
from hil.physics.state import DUTY, INPUT_SIZE, POS, QUAT, RATE, STATE_SIZE, Array
from hil.physics.winged_step import winged_step
from hil.sensors.noise import Streams
from hil.sensors.suite import FAST_STEPS, STEP_S
from hil.sim.plant.rover_kernel import drive_rover
from hil.sim.plant.sensing import sense_due
from hil.sim.plant.winged_kernel import drive_winged

PARAMS_AT = STATE_SIZE + INPUT_SIZE
MORE_AT = PARAMS_AT + PARAM_SIZE
FirstBadStep = tuple[int, int]


@stage
def row_of(rows: Array, i: int) -> Array:
    """Return the row of vehicle i, or the only row, which is for all."""
    row: Array = rows[i if rows.shape[0] > 1 else 0]
    return row


@stage
def all_finite(row: Array) -> bool:
    """Return whether all values are finite."""
    total = 0.0
    for value in row:
        total += value - value
    return total == 0.0


@stage
def drive_block(block: Array, head: int, duties: Array, healths: Array, shape: Shape) -> None:
    """Set the motor commands of a block, whose first vehicle is number `head`."""
    rotors = len(shape)
    at = block_offsets(shape)[0] + DUTY * LANES
    for i in range(head, min(head + LANES, duties.shape[0])):
        duty, health = lane(block, at + i - head), row_of(healths, i)
        for m in range(rotors):
            duty[m] = min(max(duties[i, m], 0.0), 1.0) * health[m]


@stage
def hold_blocks(
    shape: Shape, blocks: Array, duties: Array, healths: Array, dt: float, first: int, steps: int
) -> FirstBadStep:
    """Do `steps` physics steps of multirotors without sensors."""
    for b in range(blocks.shape[0]):
        drive_block(blocks[b], b * LANES, duties, healths, shape)
        bad_step = advance_block(blocks[b], dt, steps, shape)
        if bad_step > 0:
            return b, first + bad_step
    return -1, 0


@stage
def play_blocks(
    shape: Shape, blocks: Array, duties: Array, healths: Array, first: int, periods: int,
    winds: Array, errors: Array, records: Array, streams: Streams, raws: Array, readings: Array,
    faults: Array, begins: NDArray[np.int64], helds: Array,
) -> FirstBadStep:  # fmt: skip
    """Do `periods` periods of FAST_STEPS of multirotors, with sensors after each; 0 periods: sensors alone."""
    inputs_at, params_at, _ = block_offsets(shape)
    for b in range(blocks.shape[0]):
        block, head = blocks[b], b * LANES
        for period in range(max(periods, 1)):
            step = first
            if periods > 0:
                step += period * FAST_STEPS
                drive_block(block, head, duties, healths, shape)
                bad_step = advance_block(block, STEP_S, FAST_STEPS, shape)
                if bad_step > 0:
                    return b, step + bad_step
                step += FAST_STEPS
            for i in range(head, min(head + LANES, readings.shape[0])):
                k, low, high = i - head, begins[i], begins[i + 1]
                sense_due(
                    step, lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k),
                    winds[i], errors[i], row_of(records, i), streams[i], readings[i], raws[i],
                    helds[low:high], faults[low:high], row_of(healths, i),
                )  # fmt: skip
                if not all_finite(raws[i]):
                    return b, step
    return -1, 0


@stage
def advance_row(row: Array, duty: Array, health: Array, dt: float, steps: int, driven: bool) -> int:
    """Do `steps` steps of one rover (`driven`) or winged vehicle; return the first bad step, from 1, or 0."""
    state, inputs = row[:STATE_SIZE], row[STATE_SIZE:PARAMS_AT]
    params, own = row[PARAMS_AT:MORE_AT], row[MORE_AT:]
    if driven:
        drive_rover(inputs, duty, health)
    else:
        drive_winged(inputs, duty, health, int(params[ROTORS]))
    for step in range(steps):
        if driven:
            rover_step(state, inputs, params, own, dt)
        else:
            winged_step(state, inputs, params, own, dt)
        total = state[POS] + state[POS + 1] + state[POS + 2] + state[QUAT]
        total += state[RATE] + state[RATE + 1] + state[RATE + 2]
        if total - total != 0.0:
            return step + 1
    return 0


@stage
def hold_rows(
    driven: bool, rows: Array, duties: Array, healths: Array, dt: float, first: int, steps: int
) -> FirstBadStep:
    """Do `steps` physics steps of rovers or winged vehicles without sensors."""
    for i in range(rows.shape[0]):
        bad_step = advance_row(rows[i], duties[i], row_of(healths, i), dt, steps, driven)
        if bad_step > 0:
            return i, first + bad_step
    return -1, 0


@stage
def play_rows(
    driven: bool, rows: Array, duties: Array, healths: Array, first: int, periods: int,
    winds: Array, errors: Array, records: Array, streams: Streams, raws: Array, readings: Array,
    faults: Array, begins: NDArray[np.int64], helds: Array,
) -> FirstBadStep:  # fmt: skip
    """Do `play_blocks` for rovers or winged vehicles."""
    for i in range(rows.shape[0]):
        row, health, low, high = rows[i], row_of(healths, i), begins[i], begins[i + 1]
        for period in range(max(periods, 1)):
            step = first
            if periods > 0:
                step += period * FAST_STEPS
                bad_step = advance_row(row, duties[i], health, STEP_S, FAST_STEPS, driven)
                if bad_step > 0:
                    return i, step + bad_step
                step += FAST_STEPS
            sense_due(
                step, row[:STATE_SIZE], row[STATE_SIZE:PARAMS_AT], row[PARAMS_AT:MORE_AT],
                winds[i], errors[i], row_of(records, i), streams[i], readings[i], raws[i],
                helds[low:high], faults[low:high], health,
            )  # fmt: skip
            if not all_finite(raws[i]):
                return i, step
    return -1, 0
