"""Order of the integrator by halving the step: first for forces held over a step, fourth for free rotation."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics import wing_params as wp
from hil.physics.body import move_body
from hil.physics.step import multirotor_step
from hil.physics.winged_step import winged_step


def tumbling_quad(dt: float) -> ps.Array:
    row, inputs, state = pp.at_step(load_airframe("quad_x").params, dt), ps.still_air(), ps.level_state()
    inputs[ps.DUTY : ps.DUTY + 4] = 0.70, 0.69, 0.70, 0.69
    state[ps.RATE : ps.RATE + 3] = 0.5, -0.8, 0.3
    for _ in range(round(0.4 / dt)):
        multirotor_step(state, inputs, row, dt)
    return state[ps.POS : ps.USED_C].copy()


def rolling_plane(dt: float) -> ps.Array:
    airframe = load_airframe("plane")
    assert airframe.wing is not None
    row, wing = pp.at_step(airframe.params, dt), airframe.wing.copy()
    inputs, state = ps.still_air(), ps.level_state()
    state[ps.VEL], state[ps.ROTOR + wp.PROPELLER] = 25.0, 400.0
    inputs[ps.DUTY + wp.PROPELLER] = 0.7
    inputs[ps.DUTY + wp.DEFLECTION : ps.DUTY + wp.DEFLECTION + 3] = 0.56, 0.42, 0.5
    for _ in range(round(0.4 / dt)):
        winged_step(state, inputs, row, wing, dt)
    return state[ps.POS : ps.USED_C].copy()


def free_turning(dt: float) -> ps.Array:
    """Return body rates with three different moments of inertia and a rotor's momentum."""
    row, inputs, state = (
        load_airframe("quad_x").params.copy(),
        ps.still_air(gravity_m_s2=0.0),
        ps.level_state(),
    )
    row[pp.INERTIA : pp.INERTIA + 3] = 0.02, 0.03, 0.045
    state[ps.RATE : ps.RATE + 3], state[ps.SPIN] = (3.0, 0.5, -2.0), 0.01
    for _ in range(round(0.8 / dt)):
        move_body(state, inputs, row, dt)
    return state[ps.RATE : ps.RATE + 3].copy()


@pytest.mark.parametrize(
    ("fly", "coarse_s", "order"),
    [(tumbling_quad, 0.004, 1), (rolling_plane, 0.004, 1), (free_turning, 0.04, 4)],
)
def test_halving_the_step_divides_the_error_by_two_to_the_order(
    fly: Callable[[float], ps.Array], coarse_s: float, order: int
) -> None:
    best = fly(coarse_s / 400.0)
    errors = [float(np.linalg.norm(fly(coarse_s / share) - best)) for share in (1, 2, 4)]
    for coarse, fine in pairwise(errors):
        assert coarse / fine == pytest.approx(2.0**order, rel=0.12)
