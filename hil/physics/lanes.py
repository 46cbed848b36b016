"""Batches in memory: vehicles in blocks of LANES, field by field, and the physics' stages on a whole block.

A block is one flat array, [field, lane]. `hil.jit.lane` shows a stage one lane of it as if it were the row of a single
vehicle, so both run the same source; the compiler makes vector instructions of the loop over lanes. No operation is
reordered for that, which is why a batch of one and the single vehicle agree in every bit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from hil.jit import LANES, lane, stage
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics.aero import drag_body
from hil.physics.battery import drain_battery
from hil.physics.body import clear_wrench, move_body
from hil.physics.ground import FARTHEST_POINT_M, touch_level_ground
from hil.physics.rotor import push_rotors_unrolled, spin_rotors
from hil.physics.state import GROUND_D, POS, Array

COMMANDS = 9  # fields for whoever controls the batch (`hil.sim.batch`)


@dataclass(frozen=True, slots=True)
class Fields:
    """Where a vehicle's fields begin in a block, for a number of rotors."""

    rotors: int

    @property
    def inputs(self) -> int:
        return ps.ROTOR + self.rotors

    @property
    def params(self) -> int:
        return self.inputs + ps.DUTY + self.rotors

    @property
    def commands(self) -> int:
        return self.params + self.param_count

    @property
    def param_count(self) -> int:
        return pp.ROTOR_TABLE + 4 * self.rotors

    @property
    def count(self) -> int:
        return self.commands + COMMANDS


@lru_cache
def block_step(rotors: int) -> Callable[[Array, float], None]:
    """The compiled step of one block of vehicles with so many rotors: `hil.physics.step.multirotor_step` on every lane."""
    fields = Fields(rotors)
    inputs_at, params_at = fields.inputs * LANES, fields.params * LANES

    @stage
    def step_block(block: Array, dt: float) -> None:
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
            # The stage asks this too; asked here, a block in the air does not pay for the call.
            if block[(POS + 2) * LANES + k] >= block[inputs_at + GROUND_D * LANES + k] - FARTHEST_POINT_M:
                touch_level_ground(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt)
        for k in range(LANES):
            move_body(lane(block, k), lane(block, inputs_at + k), lane(block, params_at + k), dt)

    return step_block


@lru_cache
def blocks_advance(rotors: int) -> Callable[[Array, float, int], None]:
    """Compiled: so many steps of every block, one block after the other, so that a block stays in the processor's cache."""
    step_block = block_step(rotors)

    @stage
    def advance_blocks(blocks: Array, dt: float, steps: int) -> None:
        for b in range(blocks.shape[0]):
            for _ in range(steps):
                step_block(blocks[b], dt)

    return advance_blocks
