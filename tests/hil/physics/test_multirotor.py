"""Physics of a multirotor against closed forms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.frames import body_to_ned
from hil.physics import params as p
from hil.physics import state as s
from hil.physics.step import multirotor_step

G = 9.80665
DT = 0.001


def quad() -> s.Array:
    return load_airframe("quad_x").params.copy()


def calm_quad() -> s.Array:
    """Return a quad without drag, with an ideal battery."""
    row = quad()
    row[p.DRAG_AREA : p.DRAG_AREA + 3] = row[p.ROTOR_DRAG] = 0.0
    row[p.ROLLING_MOMENT] = row[p.FLAP_BACK] = row[p.FLAP_SIDE] = 0.0
    row[p.INFLOW_LOSS] = 0.0
    row[p.RESISTANCE], row[p.CAPACITY_C] = 0.0, 1e12
    row[p.OCV : p.OCV + p.OCV_POINTS] = row[p.REF_VOLTAGE]
    return row


def run(state: s.Array, inputs: s.Array, params: s.Array, seconds: float, dt: float = DT) -> s.Array:
    row = p.at_step(params, dt)
    for _ in range(round(seconds / dt)):
        multirotor_step(state, inputs, row, dt)
    return state


@pytest.mark.parametrize("gravity", [G, 9.780])  # at 45 degrees, and on the equator
def test_free_fall_without_air_is_the_parabola_of_local_gravity(gravity: float) -> None:
    state = run(s.level_state(), s.still_air(gravity_m_s2=gravity), calm_quad(), 2.0)
    assert state[s.VEL + 2] == pytest.approx(2.0 * gravity, rel=1e-12)
    assert state[s.POS + 2] == pytest.approx(0.5 * gravity * 4.0, rel=1e-12)
    assert np.all(state[s.SPECIFIC : s.SPECIFIC + 3] == 0.0)


def test_the_duty_whose_thrust_is_the_weight_hovers() -> None:
    row, inputs = calm_quad(), s.still_air()
    speed = math.sqrt(row[p.MASS] * G / (4.0 * row[p.THRUST_COEF]))
    inputs[s.DUTY : s.DUTY + 4] = speed / row[p.MAX_SPEED]
    state = s.level_state()
    state[s.ROTOR : s.ROTOR + 4] = speed
    run(state, inputs, row, 1.0)
    assert state[s.ROTOR] == pytest.approx(speed, rel=1e-9)
    assert abs(state[s.VEL + 2]) < 1e-6
    assert state[s.SPECIFIC + 2] == pytest.approx(-G, rel=1e-9)


def test_terminal_speed_balances_weight_and_drag() -> None:
    row = calm_quad()
    row[p.DRAG_AREA + 2] = 0.05
    state = run(s.level_state(), s.still_air(), row, 15.0)
    assert state[s.VEL + 2] == pytest.approx(math.sqrt(2.0 * row[p.MASS] * G / (1.225 * 0.05)), rel=1e-3)


@pytest.mark.parametrize(("start", "duty", "tau"), [(0.0, 0.6, p.TAU_UP), (600.0, 0.0, p.TAU_DOWN)])
def test_a_rotor_approaches_its_speed_exponentially_with_its_own_time_each_way(
    start: float, duty: float, tau: int
) -> None:
    row, inputs, state = calm_quad(), s.still_air(), s.level_state()
    inputs[s.DUTY : s.DUTY + 4] = duty
    state[s.ROTOR : s.ROTOR + 4] = start
    run(state, inputs, row, 0.02)
    goal = duty * row[p.MAX_SPEED]
    assert state[s.ROTOR] == pytest.approx(goal + (start - goal) * math.exp(-0.02 / row[tau]), rel=1e-9)


def test_a_symmetric_top_precesses_at_the_analytic_rate() -> None:
    row = calm_quad()
    row[p.INERTIA : p.INERTIA + 3] = 0.03, 0.03, 0.05
    state = s.level_state()
    state[s.RATE : s.RATE + 3] = 1.0, 0.0, 4.0
    run(state, s.still_air(gravity_m_s2=0.0), row, 1.0)
    turn = (0.05 - 0.03) / 0.03 * 4.0
    assert state[s.RATE : s.RATE + 3] == pytest.approx([math.cos(turn), math.sin(turn), 4.0], abs=1e-9)


def test_a_tumbling_body_keeps_its_energy_and_its_angular_momentum() -> None:
    row, state = calm_quad(), s.level_state()
    row[p.INERTIA : p.INERTIA + 3] = 0.02, 0.03, 0.045
    state[s.RATE : s.RATE + 3] = 2.0, 3.0, -1.0
    inertia = row[p.INERTIA : p.INERTIA + 3]

    def energy_and_momentum() -> tuple[float, np.ndarray]:
        rate = state[s.RATE : s.RATE + 3]
        return float(0.5 * inertia @ rate**2), np.array(
            body_to_ned(*state[s.QUAT : s.QUAT + 4], *(inertia * rate))
        )

    energy, momentum = energy_and_momentum()
    run(state, s.still_air(gravity_m_s2=0.0), row, 10.0)
    later, turned = energy_and_momentum()
    assert later == pytest.approx(energy, rel=1e-9)
    assert turned == pytest.approx(momentum, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("turned", "answers", "sign"), [(0, 1, 1.0), (1, 0, -1.0)])
def test_clockwise_rotors_pitch_up_in_a_right_roll_and_roll_left_in_a_pitch_up(
    turned: int, answers: int, sign: float
) -> None:
    # h points down (+z); the torque is -w x h: along +y for w along +x, along -x for w along +y.
    row, state = calm_quad(), s.level_state()
    row[p.ROTOR_TABLE + 3 : p.ROTOR_TABLE + 16 : 4] = 1.0
    row[p.THRUST_COEF] = 0.0
    inputs = s.still_air(gravity_m_s2=0.0)
    inputs[s.DUTY : s.DUTY + 4] = 0.5
    state[s.ROTOR : s.ROTOR + 4] = 0.5 * row[p.MAX_SPEED]
    # One step sets the momentum, so that the next has no reaction torque.
    multirotor_step(state, inputs, p.at_step(row, DT), DT)
    state[s.RATE : s.RATE + 3] = 0.0
    state[s.RATE + turned] = 1.0
    multirotor_step(state, inputs, p.at_step(row, DT), DT)
    spin = 4.0 * row[p.ROTOR_INERTIA] * 0.5 * row[p.MAX_SPEED]
    gained = sign * spin / row[p.INERTIA + answers] * DT
    assert state[s.RATE + answers] == pytest.approx(gained, rel=1e-3)


def test_spinning_up_rotates_the_body_the_other_way_and_keeps_angular_momentum() -> None:
    row, state, inputs = calm_quad(), s.level_state(), s.still_air(gravity_m_s2=0.0)
    row[p.ROTOR_TABLE + 3 : p.ROTOR_TABLE + 16 : 4] = 1.0
    row[p.THRUST_COEF] = 0.0
    inputs[s.DUTY : s.DUTY + 4] = 0.5
    run(state, inputs, row, 0.1)
    assert state[s.RATE + 2] < 0.0
    assert row[p.INERTIA + 2] * state[s.RATE + 2] + state[s.SPIN] == pytest.approx(0.0, abs=1e-12)


def test_a_mirrored_flight_is_the_mirror_of_the_flight() -> None:
    def fly(mirror: float) -> s.Array:
        row, inputs, state = quad(), s.still_air(), s.level_state()
        row[p.ROTOR_TABLE + 1 : p.ROTOR_TABLE + 16 : 4] *= mirror
        row[p.ROTOR_TABLE + 3 : p.ROTOR_TABLE + 16 : 4] *= mirror
        inputs[s.WIND : s.WIND + 3] = 3.0, mirror * 2.0, 0.5
        inputs[s.DUTY : s.DUTY + 4] = 0.66, 0.661, 0.663, 0.665
        state[s.RATE : s.RATE + 3] = mirror * 0.2, 0.1, mirror * 0.3
        return run(state, inputs, row, 0.5)

    one, other = fly(1.0), fly(-1.0)
    even, odd = (
        [s.POS, s.POS + 2, s.VEL, s.VEL + 2, s.RATE + 1, s.QUAT, s.QUAT + 2],
        [s.POS + 1, s.VEL + 1, s.RATE, s.RATE + 2],
    )
    assert other[even] == pytest.approx(one[even], abs=1e-12)
    assert other[odd] == pytest.approx(-one[odd], abs=1e-12)
    assert abs(one[s.VEL + 1]) > 0.1


def test_wind_on_a_hovering_quad_carries_it_along_and_not_against() -> None:
    row, inputs, state = quad(), s.still_air(gravity_m_s2=0.0), s.level_state()
    inputs[s.WIND] = 5.0
    state[s.ROTOR : s.ROTOR + 4] = 600.0
    multirotor_step(state, inputs, p.at_step(row, DT), DT)
    assert state[s.FORCE] > 0.0


def standing(row: s.Array) -> tuple[s.Array, s.Array]:
    return s.level_state(), s.still_air(ground_d_m=load_airframe("quad_x").resting_height_m)


def test_standing_on_the_ground_it_rests_still_and_feels_its_weight() -> None:
    row = quad()
    state, inputs = standing(row)
    run(state, inputs, row, 3.0)
    assert np.abs(state[s.POS : s.POS + 3]).max() < 1e-6
    assert np.abs(state[s.VEL : s.VEL + 3]).max() < 1e-9
    assert np.abs(state[s.RATE : s.RATE + 3]).max() < 1e-9
    assert state[s.SPECIFIC : s.SPECIFIC + 3] == pytest.approx([0.0, 0.0, -G], abs=1e-6)


def test_wind_does_not_make_a_standing_aircraft_creep() -> None:
    row = quad()
    state, inputs = standing(row)
    inputs[s.WIND : s.WIND + 2] = 8.0, 3.0
    run(state, inputs, row, 1.0)
    place = state[s.POS : s.POS + 3].copy()
    run(state, inputs, row, 2.0)
    assert np.abs(state[s.POS : s.POS + 3] - place).max() < 1e-6


def test_dropped_from_a_metre_it_comes_to_rest_upright() -> None:
    row = quad()
    state, inputs = standing(row)
    state[s.POS + 2] = -1.0
    run(state, inputs, row, 4.0)
    assert abs(state[s.POS + 2]) < 1e-3
    assert np.abs(state[s.VEL : s.VEL + 3]).max() < 1e-6


def test_sliding_over_the_ground_it_decelerates_by_friction() -> None:
    row = quad()
    row[p.DRAG_AREA : p.DRAG_AREA + 3] = 0.0
    row[p.FEET + 2 : p.FEET + 12 : 3] = 0.02  # low, so that it slides and does not tip
    state = s.level_state()
    inputs = s.still_air(ground_d_m=0.02 - row[p.MASS] * G / (4.0 * row[p.CONTACT_STIFFNESS]))
    state[s.VEL] = 3.0
    run(state, inputs, row, 0.25)
    assert state[s.VEL] == pytest.approx(3.0 - row[p.FRICTION] * G * 0.25, abs=0.05)


def test_the_battery_sags_by_current_times_resistance_and_counts_what_it_gives() -> None:
    row, inputs, state = quad(), s.still_air(), s.level_state()
    inputs[s.DUTY : s.DUTY + 4] = 0.6
    run(state, inputs, row, 1.0)
    before = state[s.USED_C]
    multirotor_step(state, inputs, p.at_step(row, DT), DT)
    assert state[s.USED_C] - before == pytest.approx(state[s.CURRENT] * DT, rel=1e-9)
    assert state[s.VOLTAGE] == pytest.approx(row[p.OCV + 10] - state[s.CURRENT] * row[p.RESISTANCE], abs=0.01)


def test_a_battery_gives_its_capacity_and_then_collapses() -> None:
    row, inputs, state = quad(), s.still_air(), s.level_state()
    row[p.CAPACITY_C] = 60.0  # coulombs: some five seconds of this
    inputs[s.DUTY : s.DUTY + 4] = 0.65
    given_j, lift = 0.0, []
    step = p.at_step(row, DT)
    for _ in range(8000):
        multirotor_step(state, inputs, step, DT)
        given_j += state[s.VOLTAGE] * state[s.CURRENT] * DT
        lift.append(-state[s.FORCE + 2])
    assert max(lift[:2000]) > row[p.MASS] * G
    assert state[s.ROTOR] < 20.0
    assert state[s.VEL + 2] > 10.0
    assert given_j < 60.0 * row[p.OCV + 10] * 1.04


def test_an_empty_battery_gives_less_thrust() -> None:
    def thrust(used: float) -> float:
        row, inputs, state = quad(), s.still_air(), s.level_state()
        state[s.USED_C] = used * row[p.CAPACITY_C]
        inputs[s.DUTY : s.DUTY + 4] = 0.6
        return float(-run(state, inputs, row, 0.2)[s.FORCE + 2])

    assert thrust(0.9) < 0.9 * thrust(0.0)


def test_current_is_the_shafts_power_over_efficiency_and_the_avionics_by_the_voltage() -> None:
    row, inputs, state = quad(), s.still_air(), s.level_state()
    state[s.SHAFT_W], state[s.VOLTAGE], inputs[s.VOLTAGE_LOSS] = 300.0, 15.0, 2.0
    multirotor_step(state, inputs, p.at_step(row, DT), DT)
    assert state[s.CURRENT] == pytest.approx((300.0 / 0.75 + 6.0) / 15.0)
    assert state[s.VOLTAGE] == pytest.approx(row[p.OCV + 10] - 2.0 - 0.02 * state[s.CURRENT])


def test_an_overloaded_battery_keeps_half_of_its_voltage() -> None:
    row, inputs, state = quad(), s.still_air(), s.level_state()
    state[s.SHAFT_W], state[s.VOLTAGE] = 1e5, 15.0
    multirotor_step(state, inputs, p.at_step(row, DT), DT)
    assert state[s.VOLTAGE] == pytest.approx(0.5 * row[p.OCV + 10])
