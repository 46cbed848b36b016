"""A rover on two driven wheels against closed forms: speed, turning, slopes, slip and tipping over."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.physics import params as pp
from hil.physics import rover_params as rp
from hil.physics import state as ps
from hil.physics.rover_step import rover_step

DT = 0.001
ROVER = load_airframe("rover")
TRACK_M = float(ROVER.params[pp.FEET + 4] - ROVER.params[pp.FEET + 1])


def standing(*, slope_n: float = 0.0, slope_e: float = 0.0) -> tuple[ps.Array, ps.Array]:
    state, inputs = ps.level_state(), ps.still_air(ground_d_m=ROVER.resting_height_m)
    inputs[ps.SLOPE], inputs[ps.SLOPE + 1] = slope_n, slope_e
    inputs[ps.DUTY : ps.DUTY + 2] = 0.5
    # Perpendicular to the slope.
    pitch, roll = -math.atan(slope_n), math.atan(slope_e)
    state[ps.QUAT : ps.QUAT + 4] = [
        math.cos(pitch / 2) * math.cos(roll / 2), math.cos(pitch / 2) * math.sin(roll / 2),
        math.sin(pitch / 2) * math.cos(roll / 2), 0.0,
    ]  # fmt: skip
    return state, inputs


def driven(state: ps.Array, inputs: ps.Array, seconds: float, params: ps.Array | None = None) -> ps.Array:
    row = ROVER.params.copy() if params is None else params
    row[pp.EFFICIENCY] = 1.0
    assert ROVER.rover is not None
    for _ in range(round(seconds / DT)):
        rover_step(state, inputs, row, ROVER.rover, DT)
    return state


def command(inputs: ps.Array, left: float, right: float) -> None:
    """Set wheel speeds as shares of the maximum, -1..1."""
    inputs[ps.DUTY], inputs[ps.DUTY + 1] = 0.5 + 0.5 * left, 0.5 + 0.5 * right


def test_straight_ahead_it_has_the_speed_of_its_wheels_less_rolling_resistance() -> None:
    state, inputs = standing()
    command(inputs, 0.5, 0.5)
    driven(state, inputs, 6.0)
    rover = ROVER.rover
    assert rover is not None
    # The speed error of each motor gives half of the rolling resistance.
    resists = 0.5 * rover[rp.ROLLING] * ROVER.params[pp.MASS] * 9.80665
    assert state[ps.ROTOR] == pytest.approx(
        0.5 * rover[rp.MAX_SPEED] - resists / rover[rp.STIFFNESS], abs=0.005
    )
    assert state[ps.VEL] == pytest.approx(state[ps.ROTOR], abs=0.01)
    assert abs(state[ps.POS + 1]) < 1e-6


@pytest.mark.parametrize(("left", "right"), [(0.3, -0.3), (0.5, 0.2), (-0.4, -0.1)])
def test_it_turns_by_the_difference_of_its_wheels_over_their_track(left: float, right: float) -> None:
    state, inputs = standing()
    command(inputs, left, right)
    driven(state, inputs, 4.0)
    turn = (state[ps.ROTOR] - state[ps.ROTOR + 1]) / TRACK_M
    assert abs(turn) > 0.5
    assert state[ps.RATE + 2] == pytest.approx(turn, rel=0.02)


def test_in_the_mirror_it_drives_the_mirrored_bend() -> None:
    ends = []
    for left, right in ((0.6, 0.3), (0.3, 0.6)):
        state, inputs = standing()
        command(inputs, left, right)
        ends.append(driven(state, inputs, 3.0).copy())
    assert ends[0][ps.POS] == pytest.approx(ends[1][ps.POS], abs=1e-9)
    assert ends[0][ps.POS + 1] == pytest.approx(-ends[1][ps.POS + 1], abs=1e-9)


def test_it_stands_on_a_slope_up_to_the_friction_of_its_wheels_and_slides_above() -> None:
    friction = float(ROVER.params[pp.FRICTION])
    # Castors roll freely: the driven wheels hold with their share of the weight.
    for slope, stays in ((0.6 * friction, True), (1.3 * friction, False)):
        state, inputs = standing(slope_n=slope)
        driven(state, inputs, 1.0)
        before = state[ps.POS : ps.POS + 2].copy()
        driven(state, inputs, 2.0)
        assert (math.dist(before, state[ps.POS : ps.POS + 2]) < 0.02) is stays, slope


def test_it_climbs_up_to_the_grip_of_its_tyres() -> None:
    state, inputs = standing(slope_n=-0.2)
    command(inputs, 0.4, 0.4)
    driven(state, inputs, 4.0)
    assert state[ps.POS + 2] < -0.4
    assert state[ps.SHAFT_W] > ROVER.params[pp.MASS] * 9.8 * -state[ps.VEL + 2]


def test_on_ice_the_wheels_spin_and_it_goes_no_faster_than_friction_allows() -> None:
    state, inputs = standing()
    command(inputs, 1.0, 1.0)
    row = ROVER.params.copy()
    row[pp.FRICTION] = 0.02
    driven(state, inputs, 1.0, row)
    assert state[ps.ROTOR] > state[ps.VEL] + 1.0
    assert state[ps.VEL] < 0.02 * 9.81 * 1.0 * 1.05


def test_on_a_side_slope_that_is_too_steep_it_tips_over() -> None:
    row = ROVER.params.copy()
    row[pp.FRICTION] = 3.0
    for steep, tips in ((0.6, False), (2.0, True)):
        state, inputs = standing(slope_e=steep)
        driven(state, inputs, 3.0, row)
        w, x, y, _ = state[ps.QUAT : ps.QUAT + 4]
        # Angle between its vertical axis and the slope's normal.
        up = np.array(
            [
                2 * (x * state[ps.QUAT + 3] + w * y),
                2 * (y * state[ps.QUAT + 3] - w * x),
                1 - 2 * (x * x + y * y),
            ]
        )
        normal = np.array([0.0, -steep, 1.0]) / math.hypot(1.0, steep)
        assert bool(float(up @ normal) < 0.7) is tips, steep


def test_a_wheel_in_the_air_takes_half_of_the_resistances_power_and_stops() -> None:
    rover = ROVER.rover
    assert rover is not None
    state, inputs = standing()
    state[ps.POS + 2] = -50.0
    driven(state, inputs, 0.1)
    assert state[ps.ROTOR] == state[ps.ROTOR + 1] == 0.0  # commanded to stop, it stops
    command(inputs, 0.5, -0.25)
    driven(state, inputs, 1.0)
    resists = 0.5 * 0.03 * 17.0 * 9.80665
    left, right = state[ps.ROTOR : ps.ROTOR + 2].tolist()
    # A stiff controller has an error of a few millimetres a second.
    assert 0.0 < 1.0 - left < 0.003
    assert 0.0 < 0.5 + right < 0.003
    assert state[ps.SHAFT_W] == pytest.approx(resists * (left - right) / 0.7, rel=1e-4)


def test_on_an_empty_battery_it_stops() -> None:
    state, inputs = standing()
    command(inputs, 0.5, 0.5)
    driven(state, inputs, 2.0)
    assert state[ps.VEL] > 0.9
    state[ps.USED_C] = 1.04 * ROVER.params[pp.CAPACITY_C]
    driven(state, inputs, 6.0)
    assert abs(state[ps.VEL]) < 0.05


def test_lifted_off_the_ground_its_wheels_run_free() -> None:
    state, inputs = standing()
    state[ps.POS + 2] = -50.0
    command(inputs, 0.5, 0.5)
    driven(state, inputs, 0.5)
    assert state[ps.ROTOR] > 0.8
    assert state[ps.VEL] == 0.0
