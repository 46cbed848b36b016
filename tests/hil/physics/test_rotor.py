"""Rotors in flight against momentum theory and the power curve of rotorcraft."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.physics import params as p
from hil.physics import state as s
from hil.physics.rotor import inflow_m_s
from hil.physics.step import multirotor_step

G = 9.80665


@pytest.mark.parametrize("climb", [-0.5, 0.0, 0.7, 2.0])
def test_axial_inflow_is_the_root_of_momentum_theory(climb: float) -> None:
    induced = inflow_m_s(0.0, climb * 5.0, 5.0)
    assert induced * (climb * 5.0 + induced) == pytest.approx(25.0, rel=1e-12)


@pytest.mark.parametrize("speed", [1.0, 5.0, 20.0])
def test_level_inflow_solves_glauerts_equation(speed: float) -> None:
    induced = inflow_m_s((speed / 5.0) ** 2, 0.0, 5.0)
    assert induced * math.hypot(speed, induced) == pytest.approx(25.0, rel=1e-12)


@pytest.mark.parametrize(("speed", "climb"), [(10.0, 2.0), (15.0, 4.0), (20.0, 6.0)])
def test_in_fast_forward_flight_the_blend_is_within_a_twentieth_of_glauert(
    speed: float, climb: float
) -> None:
    still, induced = 5.0, 2.0
    for _ in range(200):
        induced = 0.5 * (induced + still**2 / math.hypot(speed, climb + induced))
    through = inflow_m_s((speed / still) ** 2, climb, still) + climb
    assert through == pytest.approx(induced + climb, rel=0.06)


def power_w(speed_m_s: float, name: str = "quad_x") -> float:
    """Return shaft power in steady level flight; a controller with ground truth finds pitch and duty."""
    airframe = load_airframe(name)
    row, state, inputs = p.at_step(airframe.params, 0.002), s.level_state(), s.still_air()
    row[p.OCV : p.OCV + p.OCV_POINTS] = row[p.REF_VOLTAGE]
    row[p.RESISTANCE], row[p.CAPACITY_C] = 0.0, 1e12
    inputs[s.WIND] = -speed_m_s  # it hovers in the wind
    pitch, duty = 0.0, 0.6
    for _ in range(6000):
        state[s.QUAT : s.QUAT + 4] = math.cos(0.5 * pitch), 0.0, math.sin(0.5 * pitch), 0.0
        state[s.RATE : s.RATE + 3] = 0.0
        inputs[s.DUTY : s.DUTY + 4] = duty
        multirotor_step(state, inputs, row, 0.002)
        pitch += 0.002 * 0.1 * (1.5 * state[s.VEL] + 0.2 * state[s.POS])
        duty += 0.002 * 0.1 * (2.0 * state[s.VEL + 2] + 0.2 * state[s.POS + 2])
        state[s.POS : s.VEL + 3] *= 0.999
    return float(state[s.SHAFT_W])


def test_hover_power_is_thrust_times_inflow_over_the_figure_of_merit() -> None:
    row = load_airframe("quad_x").params
    thrust = row[p.MASS] * G / 4.0
    ideal = 4.0 * thrust * math.sqrt(thrust / (2.0 * 1.225 * math.pi * row[p.RADIUS] ** 2))
    merit = ideal / power_w(0.0)
    assert 0.45 < merit < 0.65  # propellers of 10 inch: about a half (UIUC Propeller Database)


def test_power_falls_with_speed_to_a_minimum_and_rises_beyond_it() -> None:
    speeds = np.array([0.0, 4.0, 8.0, 12.0, 16.0])
    powers = np.array([power_w(speed) for speed in speeds])
    best = int(np.argmin(powers))
    assert 0 < best < len(speeds) - 1
    assert 0.6 < powers[best] / powers[0] < 0.95
    assert powers[-1] > 1.1 * powers[best]


def test_thrust_falls_in_climb_to_zero_at_the_advance_ratio_of_the_file() -> None:
    row, inputs, state = p.at_step(load_airframe("quad_x").params, 0.001), s.still_air(), s.level_state()

    def thrust(advance: float) -> float:
        speed = 800.0
        state[s.ROTOR : s.ROTOR + 4] = speed
        state[s.VOLTAGE] = row[p.REF_VOLTAGE]
        state[s.VEL : s.VEL + 3] = 0.0, 0.0, -advance * speed / (2.0 * math.pi) * 2.0 * row[p.RADIUS]
        inputs[s.DUTY : s.DUTY + 4] = 0.8
        row[p.DRAG_AREA : p.DRAG_AREA + 3] = 0.0
        return float(-multirotor_step(state, inputs, row, 1e-9)[s.FORCE + 2])

    full = thrust(0.0)
    assert full == pytest.approx(4.0 * row[p.THRUST_COEF] * 800.0**2, rel=0.02)
    assert thrust(0.3) < 0.7 * full
    assert thrust(0.6) == pytest.approx(0.0, abs=0.02 * full)


def test_ground_effect_raises_thrust() -> None:
    def thrust(height_in_radii: float) -> float:
        row, state = p.at_step(load_airframe("quad_x").params, 0.001), s.level_state()
        inputs = s.still_air(ground_d_m=height_in_radii * row[p.RADIUS])
        row[p.CONTACT_STIFFNESS] = row[p.CONTACT_DAMPING] = 1e-9
        state[s.ROTOR : s.ROTOR + 4] = 600.0
        return float(-multirotor_step(state, inputs, row, 1e-9)[s.FORCE + 2])

    assert thrust(1.0) / thrust(100.0) == pytest.approx(1.0 / (1.0 - 1.0 / 16.0), rel=1e-3)
    # The law ends at half a radius.
    assert thrust(0.5) / thrust(100.0) == pytest.approx(1.0 / (1.0 - 1.0 / 4.0), rel=1e-3)
    assert thrust(0.2) == pytest.approx(thrust(0.5), rel=1e-6)
