"""Memory layout of batches: vehicles in blocks of lanes, field by field; a block of one lane is a vehicle's own row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hil.jit import LANES
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics.state import Array

COMMANDS = 9  # fields for the controller of a batch (`hil.sim.batch.attitude_control`)


@dataclass(frozen=True, slots=True)
class BlockLayout:
    """First fields of a vehicle's inputs, parameters and further fields behind its state, and the lanes of a block."""

    inputs: int
    params: int
    more: int
    count: int
    lanes: int

    @classmethod
    def of_rotors(cls, rotors: int) -> BlockLayout:
        """Return the layout for multirotors: only the fields that so many rotors need, with room for commands."""
        inputs = ps.ROTOR + rotors
        params = inputs + ps.DUTY + rotors
        more = params + pp.ROTOR_TABLE + 4 * rotors
        return cls(inputs=inputs, params=params, more=more, count=more + COMMANDS, lanes=LANES)

    @classmethod
    def of_rows(cls, own: int) -> BlockLayout:
        """Return the layout with one whole row per vehicle and `own` parameters of its kind behind the common ones."""
        params = ps.STATE_SIZE + ps.INPUT_SIZE
        more = params + pp.PARAM_SIZE
        return cls(inputs=ps.STATE_SIZE, params=params, more=more, count=more + own, lanes=1)


class Blocks:
    """Memory of `count` vehicles; spare lanes of the last block copy the last vehicle."""

    def __init__(self, fields: BlockLayout, count: int) -> None:
        self._count = count
        self.whole = np.zeros((-(-count // fields.lanes), fields.count, fields.lanes))

    @property
    def flat(self) -> Array:
        """The same memory, one row per block."""
        return self.whole.reshape(len(self.whole), -1)

    def read(self, field: int, columns: int) -> Array:
        """Return a copy of `columns` fields from `field` on, one row per vehicle."""
        found = self.whole[:, field : field + columns, :].transpose(0, 2, 1)
        return found.reshape(-1, columns)[: self._count].copy()

    def write(self, field: int, rows: Array) -> None:
        """Set fields from `field` on: one row per vehicle, or one row for all."""
        blocks, _, lanes = self.whole.shape
        for j in range(rows.shape[1]):
            # One field at a time, which avoids a copy of everything.
            if len(rows) == 1:
                self.whole[:, field + j, :] = rows[0, j]
                continue
            column = np.full(blocks * lanes, rows[-1, j])
            column[: self._count] = rows[:, j]
            self.whole[:, field + j, :] = column.reshape(blocks, lanes)
