"""Batches in memory: vehicles in blocks of lanes, field by field; a block of one lane is a vehicle's own row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hil.jit import LANES
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics.state import Array

COMMANDS = 9  # fields for whoever controls the batch (`hil.sim.batch.attitude_control`)


@dataclass(frozen=True, slots=True)
class Fields:
    """Where a vehicle's inputs, parameters and what else it has begin behind its state, and how many lanes a block has."""

    inputs: int
    params: int
    more: int
    count: int
    lanes: int

    @classmethod
    def of_rotors(cls, rotors: int) -> Fields:
        """Blocks of multirotors: without what so many rotors do not need, and with room for commands."""
        inputs = ps.ROTOR + rotors
        params = inputs + ps.DUTY + rotors
        more = params + pp.ROTOR_TABLE + 4 * rotors
        return cls(inputs=inputs, params=params, more=more, count=more + COMMANDS, lanes=LANES)

    @classmethod
    def of_rows(cls, own: int) -> Fields:
        """A whole row for each vehicle, with so many parameters of its own kind behind the others."""
        params = ps.STATE_SIZE + ps.INPUT_SIZE
        more = params + pp.PARAM_SIZE
        return cls(inputs=ps.STATE_SIZE, params=params, more=more, count=more + own, lanes=1)


class Blocks:
    """`count` vehicles; the last block's spare lanes are twins of the last vehicle."""

    def __init__(self, fields: Fields, count: int) -> None:
        self._count = count
        self.whole = np.zeros((-(-count // fields.lanes), fields.count, fields.lanes))

    @property
    def flat(self) -> Array:
        """The same memory, a row a block."""
        return self.whole.reshape(len(self.whole), -1)

    def read(self, field: int, columns: int) -> Array:
        """A copy of so many fields from `field` on, a row a vehicle."""
        found = self.whole[:, field : field + columns, :].transpose(0, 2, 1)
        return found.reshape(-1, columns)[: self._count].copy()

    def write(self, field: int, rows: Array) -> None:
        """Set fields from `field` on to these rows, or all vehicles' to the one row there is."""
        blocks, _, lanes = self.whole.shape
        for j in range(rows.shape[1]):
            # A field at a time, so that no copy of everything is made on the way.
            if len(rows) == 1:
                self.whole[:, field + j, :] = rows[0, j]
                continue
            column = np.full(blocks * lanes, rows[-1, j])
            column[: self._count] = rows[:, j]
            self.whole[:, field + j, :] = column.reshape(blocks, lanes)
