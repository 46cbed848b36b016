"""Aerodynamic force and moment of a wing against the equations of its source in wind axes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.physics import state as s
from hil.physics import wing_params as wp
from hil.physics.wing import deflections, move_surfaces, push_wing

AERO = {
    "lift": (wp.LIFT, 4), "drag": (wp.DRAG, 5), "pitch": (wp.PITCH, 5),
    "side": (wp.SIDE, 5), "roll": (wp.ROLL, 5), "yaw": (wp.YAW, 5),
}  # fmt: skip


def plane() -> s.Array:
    wing = load_airframe("plane").wing
    assert wing is not None
    return wing.copy()


def pushed(
    wing: s.Array,
    *,
    speed: float = 20.0,
    alpha: float = 0.0,
    beta: float = 0.0,
    rate: tuple[float, float, float] = (0.0, 0.0, 0.0),
    surfaces: tuple[float, float, float] = (0.0, 0.0, 0.0),
    density: float = 1.225,
) -> tuple[np.ndarray, np.ndarray]:
    """Return force and moment (FRD); alpha and beta in rad, surfaces as shares of their maximum."""
    state, inputs = s.level_state(), s.still_air(density_kg_m3=density)
    state[s.VEL : s.VEL + 3] = (
        speed * math.cos(alpha) * math.cos(beta),
        speed * math.sin(beta),
        speed * math.sin(alpha) * math.cos(beta),
    )
    state[s.RATE : s.RATE + 3] = rate
    state[s.ROTOR + wp.DEFLECTION : s.ROTOR + wp.DEFLECTION + 3] = surfaces
    push_wing(state, inputs, wing)
    return state[s.FORCE : s.FORCE + 3].copy(), state[s.TORQUE : s.TORQUE + 3].copy()


def coefficients(wing: s.Array) -> dict[str, list[float]]:
    return {name: wing[at : at + count].tolist() for name, (at, count) in AERO.items()}


@pytest.mark.parametrize("density", [1.225, 0.9])
@pytest.mark.parametrize(("alpha", "beta"), [(0.0, 0.0), (0.08, 0.1), (-0.05, -0.2)])
def test_force_and_moment_are_the_books_sums(alpha: float, beta: float, density: float) -> None:
    wing, speed = plane(), 20.0
    for at, count in AERO.values():
        wing[at : at + count] += 0.01  # none of them is zero
    rate, surfaces = (0.4, -0.3, 0.25), (0.3, -0.5, 0.7)
    force, torque = pushed(wing, alpha=alpha, beta=beta, rate=rate, surfaces=surfaces, density=density)
    c = coefficients(wing)
    area, span, chord = 0.55, 2.8956, 0.18994
    p, q, r = (rate[i] * (span, chord, span)[i] / (2.0 * speed) for i in range(3))
    aileron, elevator, rudder = (0.52 * share * math.cos(alpha) for share in surfaces)
    slip = math.sin(beta)
    lift = c["lift"][0] + c["lift"][1] * alpha + c["lift"][2] * q + c["lift"][3] * elevator
    drag = c["drag"][0] + c["drag"][1] * alpha + c["drag"][2] * alpha**2
    drag += c["drag"][3] * slip**2 + c["drag"][4] * elevator**2
    pitch = c["pitch"][0] + c["pitch"][1] * alpha + c["pitch"][2] * q + c["pitch"][3] * elevator
    across = np.array([slip, p, r, aileron, rudder])
    side, roll, yaw = (float(np.dot(c[name], across)) for name in ("side", "roll", "yaw"))
    push = 0.5 * density * speed**2 * area
    # Drag along the flow, lift perpendicular to it in the plane of symmetry.
    back = -push * drag * np.array([math.cos(alpha), 0.0, math.sin(alpha)])
    up = push * lift * np.array([math.sin(alpha), 0.0, -math.cos(alpha)])
    assert force == pytest.approx(back + up + [0.0, push * side, 0.0], rel=1e-4)
    assert torque == pytest.approx(push * np.array([span * roll, chord * pitch, span * yaw]), rel=1e-4)


def test_each_surface_has_the_usual_sign() -> None:
    """Positive aileron rolls right, positive elevator pitches down, positive rudder yaws left."""
    calm = pushed(plane())[1]
    assert pushed(plane(), surfaces=(0.5, 0.0, 0.0))[1][0] > 0.0
    assert pushed(plane(), surfaces=(0.0, 0.5, 0.0))[1][1] < calm[1]
    assert pushed(plane(), surfaces=(0.0, 0.0, 0.5))[1][2] < 0.0


def test_it_is_stable_and_damped_about_all_axes() -> None:
    calm = pushed(plane())[1]
    assert pushed(plane(), alpha=0.05)[1][1] < calm[1]
    assert pushed(plane(), beta=0.05)[1][2] > 0.0  # the nose turns into the flow from the right
    assert pushed(plane(), beta=0.05)[1][0] < 0.0  # and the wing on that side rises
    for axis in range(3):
        rate = [0.0, 0.0, 0.0]
        rate[axis] = 0.5
        assert pushed(plane(), rate=(rate[0], rate[1], rate[2]))[1][axis] < calm[axis]


def test_without_flow_from_ahead_its_surfaces_have_no_effect() -> None:
    far = math.pi - 0.3
    still, moved = pushed(plane(), alpha=far), pushed(plane(), alpha=far, surfaces=(0.5, 0.5, 0.5))
    assert moved[0] == pytest.approx(still[0])
    assert moved[1] == pytest.approx(still[1])
    assert not pushed(plane(), speed=0.09, surfaces=(0.5, 0.5, 0.5))[0].any()
    assert pushed(plane(), speed=0.11)[0].any()


def test_wind_and_speed_over_ground_count_alike() -> None:
    wing, state, inputs = plane(), s.level_state(), s.still_air()
    state[s.VEL : s.VEL + 3], inputs[s.WIND : s.WIND + 3] = (12.0, 1.0, 2.0), (-8.0, 3.0, 0.5)
    push_wing(state, inputs, wing)
    moving = s.level_state()
    moving[s.VEL : s.VEL + 3] = 20.0, -2.0, 1.5
    push_wing(moving, s.still_air(), wing)
    assert state[s.FORCE : s.TORQUE + 3] == pytest.approx(moving[s.FORCE : s.TORQUE + 3])


def test_two_elevons_are_elevator_together_and_aileron_apart() -> None:
    wing = load_airframe("elevon").wing
    assert wing is not None
    state = s.level_state()
    state[s.ROTOR + wp.DEFLECTION : s.ROTOR + wp.DEFLECTION + 2] = 0.6, 0.2
    assert deflections(state, wing) == pytest.approx((0.61 * 0.5 * 0.4, 0.61 * 0.5 * 0.8, 0.0))


def test_a_surface_follows_its_command_up_to_its_maximum() -> None:
    wing, state, inputs = plane(), s.level_state(), s.still_air()
    inputs[s.DUTY + wp.DEFLECTION : s.DUTY + wp.DEFLECTION + 3] = 0.25, 1.7, -0.4
    for _ in range(2000):
        move_surfaces(state, inputs, wing, 0.001)
    assert state[s.ROTOR + wp.DEFLECTION : s.ROTOR + wp.DEFLECTION + 3] == pytest.approx([-0.5, 1.0, -1.0])
