"""Physics stages on a block of multirotors, LANES of them side by side.

A block is one flat array, [field, lane] (`hil.physics.blocks`). `hil.jit.lane` gives a stage one lane as if it were
the row of a single vehicle, so both run the same source, and the compiler vectorises the loop over lanes. No
operation is reordered, so a batch of one and a single vehicle agree bit for bit.

The number of rotors is the length of the tuple `Shape`, part of its type and so known to the compiler.
"""

from __future__ import annotations

from hil.jit import LANES, lane, stage
from hil.physics.aero import drag_body
from hil.physics.battery import drain_battery
from hil.physics.body import clear_wrench, move_body
from hil.physics.ground import FARTHEST_POINT_M, touch_level_ground
from hil.physics.params import ROTOR_TABLE
from hil.physics.rotor import push_rotors_unrolled, spin_rotors
from hil.physics.state import DUTY, GROUND_D, POS, QUAT, RATE, ROTOR, Array

Shape = tuple[int, ...]


@stage
def block_offsets(shape: Shape) -> tuple[int, int, int]:
    """Return the offsets of inputs, parameters and commands of lane 0 in a block."""
    rotors = len(shape)
    inputs = ROTOR + rotors
    params = inputs + DUTY + rotors
    return inputs * LANES, params * LANES, (params + ROTOR_TABLE + 4 * rotors) * LANES


@stage
def step_block(block: Array, dt: float, shape: Shape) -> None:
    """Do `hil.physics.step.multirotor_step` on every lane of a block."""
    rotors = len(shape)
    inputs_at, params_at, _ = block_offsets(shape)
    for k in range(LANES):
        clear_wrench(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt)
        drain_battery(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt)
        spin_rotors(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt, rotors)
    for k in range(LANES):
        push_rotors_unrolled(
            lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt, rotors
        )
        drag_body(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt)
    for k in range(LANES):
        # The stage checks this as well; here it saves the call for a block in the air.
        if block[(POS + 2) * LANES + k] >= block[inputs_at + GROUND_D * LANES + k] - FARTHEST_POINT_M:
            touch_level_ground(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt)
    for k in range(LANES):
        move_body(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt)


@stage
def block_is_finite(block: Array) -> bool:
    """Return whether all lanes are finite; within a step NaN spreads to position, body rates or attitude."""
    bad = 0
    for k in range(LANES):
        row = lane(block, k)
        total = row[POS] + row[POS + 1] + row[POS + 2] + row[RATE] + row[RATE + 1] + row[RATE + 2] + row[QUAT]
        bad |= int(total - total != 0.0)
    return bad == 0


@stage
def advance_block(block: Array, dt: float, steps: int, shape: Shape) -> int:
    """Do `steps` steps of one block; return the step, from 1, after which a value is not finite, 0 if none."""
    for step in range(steps):
        step_block(block, dt, shape)
        if not block_is_finite(block):
            return step + 1
    return 0
