"""The check of contact stability agrees with the simulation."""

from __future__ import annotations

import numpy as np
import pytest

from hil.airframes.feasibility import contact_is_stable
from hil.airframes.load import load_airframe
from hil.physics import params as p
from hil.physics import state as s
from hil.physics.step import multirotor_step

QUAD = load_airframe("quad_x")
DT = 0.001


def harder(factor: float) -> s.Array:
    row = p.at_step(QUAD.params, DT)
    row[p.CONTACT_STIFFNESS : p.CONTACT_DAMPING + 1] *= factor
    return row


def accepted(factor: float) -> bool:
    row = harder(factor)
    return contact_is_stable(row, row[p.FEET : p.FEET + 12].reshape(4, 3), QUAD.points_m)


def most_accepted() -> float:
    low, high = 1.0, 100.0
    for _ in range(30):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if accepted(middle) else (low, middle)
    return low


@pytest.mark.parametrize(("share", "still"), [(0.8, True), (1.5, False)])
def test_contact_stiffer_than_accepted_never_comes_to_rest(share: float, still: bool) -> None:
    row, state, inputs = harder(share * most_accepted()), s.level_state(), s.still_air(ground_d_m=0.12)
    state[s.POS + 2], state[s.RATE : s.RATE + 3] = 0.001, (0.05, 0.03, 0.02)
    for _ in range(2500):
        multirotor_step(state, inputs, row, DT)
    moves = float(np.abs(np.r_[state[s.VEL : s.VEL + 3], state[s.RATE : s.RATE + 3]]).max())
    assert (moves < 1e-9) is still
    assert still or moves > 1e-3
