"""Contact of one foot: force of its spring and damper, and moment by its lever."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.frames import body_to_ned
from hil.physics import params as p
from hil.physics import state as s
from hil.physics import wing_params as wp
from hil.physics.ground import touch_ground
from hil.physics.rolling import push_hull, roll_ground

QUAD, PLANE = load_airframe("quad_x"), load_airframe("plane")
SLOPE = (0.08, -0.05)
VEL, RATE = np.array([0.3, -0.2, 0.4]), np.array([0.5, -0.7, 0.6])


def leaning(row: s.Array, foot: int) -> tuple[s.Array, s.Array, np.ndarray]:
    """Return state and inputs with one foot 4 mm in a slope, in motion, and that foot's position in NED."""
    state, inputs = s.level_state(heading_rad=0.4), s.still_air()
    lever = row[p.FEET + 3 * foot : p.FEET + 3 * foot + 3]
    # Tilt towards the foot: a quarter of a radian about the horizontal axis perpendicular to it.
    about = np.array([-lever[1], lever[0], 0.0]) / math.hypot(lever[0], lever[1])
    heading = np.array([math.cos(0.2), 0.0, 0.0, math.sin(0.2)])
    lean = np.array([math.cos(0.125), *(-math.sin(0.125) * about)])
    w1, x1, y1, z1 = heading
    w2, x2, y2, z2 = lean
    state[s.QUAT : s.QUAT + 4] = (
        w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
        w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
        w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
        w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
    )
    place = np.array(body_to_ned(*state[s.QUAT : s.QUAT + 4].tolist(), *lever.tolist()))
    inputs[s.SLOPE : s.SLOPE + 2] = SLOPE
    steep = 1.0 / math.sqrt(1.0 + SLOPE[0] ** 2 + SLOPE[1] ** 2)
    inputs[s.GROUND_D] = place[2] - SLOPE[0] * place[0] - SLOPE[1] * place[1] - 0.004 / steep
    state[s.VEL : s.VEL + 3], state[s.RATE : s.RATE + 3] = VEL, RATE
    return state, inputs, place


def pushed(kind: str, foot: int, *, friction: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, s.Array]:
    """Return force in NED and body frame, torque, and the parameters."""
    airframe = QUAD if kind == "feet" else PLANE
    row = p.at_step(airframe.params, 0.001)
    row[p.FRICTION] = friction
    state, inputs, _ = leaning(row, foot)
    if kind == "feet":
        touch_ground(state, inputs, row, 0.001)
    else:
        assert PLANE.wing is not None
        wing = PLANE.wing.copy()
        wing[wp.ROLLING] = friction
        roll_ground(state, inputs, row, wing, 0.001)
    force, torque = state[s.FORCE : s.FORCE + 3].copy(), state[s.TORQUE : s.TORQUE + 3].copy()
    return np.array(body_to_ned(*state[s.QUAT : s.QUAT + 4].tolist(), *force.tolist())), force, torque, row


EACH = pytest.mark.parametrize(
    ("kind", "foot"), [("feet", 0), ("feet", 1), ("feet", 3), ("wheels", 2), ("wheels", 3)]
)


@EACH
def test_without_friction_a_foot_is_pushed_along_the_normal_by_spring_and_damper(
    kind: str, foot: int
) -> None:
    force, _, _, row = pushed(kind, foot, friction=0.0)
    state, _, _ = leaning(row, foot)
    normal = np.array([*SLOPE, -1.0]) / math.sqrt(1.0 + SLOPE[0] ** 2 + SLOPE[1] ** 2)
    lever = row[p.FEET + 3 * foot : p.FEET + 3 * foot + 3]
    moves = VEL + body_to_ned(*state[s.QUAT : s.QUAT + 4].tolist(), *np.cross(RATE, lever).tolist())
    push = row[p.CONTACT_STIFFNESS] * 0.004 - row[p.CONTACT_DAMPING] * float(moves @ normal)
    assert push > 0.0
    assert force == pytest.approx(push * normal, rel=1e-9, abs=1e-12)


@EACH
@pytest.mark.parametrize("friction", [0.0, 0.5, 3.0])
def test_it_turns_the_body_by_its_lever(kind: str, foot: int, friction: float) -> None:
    _, force, torque, row = pushed(kind, foot, friction=friction)
    lever = row[p.FEET + 3 * foot : p.FEET + 3 * foot + 3]
    assert torque == pytest.approx(np.cross(lever, force), rel=1e-9, abs=1e-12)


@EACH
def test_friction_acts_along_the_slope_against_the_motion_and_up_to_its_limit(kind: str, foot: int) -> None:
    force, _, _, row = pushed(kind, foot, friction=0.3)
    state, _, _ = leaning(row, foot)
    normal = np.array([*SLOPE, -1.0]) / math.sqrt(1.0 + SLOPE[0] ** 2 + SLOPE[1] ** 2)
    lever = row[p.FEET + 3 * foot : p.FEET + 3 * foot + 3]
    moves = VEL + body_to_ned(*state[s.QUAT : s.QUAT + 4].tolist(), *np.cross(RATE, lever).tolist())
    push = float(force @ normal)
    assert push == pytest.approx(float(pushed(kind, foot, friction=0.0)[0] @ normal), rel=1e-9)
    along = force - push * normal
    sliding = moves - float(moves @ normal) * normal
    size = float(np.linalg.norm(along))
    if kind == "feet":
        assert along == pytest.approx(-sliding / np.linalg.norm(sliding) * 0.3 * push, rel=1e-6)
    else:  # separately along and across a wheel
        assert 0.3 * push <= size <= 0.3 * push * math.sqrt(2.0) * 1.001
        assert float(along @ sliding) < -0.7 * size * float(np.linalg.norm(sliding))


@pytest.mark.parametrize("speed", [(0.6, 0.0), (0.0, 0.6), (-0.3, 0.4), (0.02, -0.01)])
def test_a_sliding_hull_has_friction_that_fades_at_low_speed(
    speed: tuple[float, float],
) -> None:
    state, row = s.level_state(), PLANE.params
    state[s.VEL : s.VEL + 2] = speed
    push_hull(state, row, 0.5, 0.0, 0.1, 0.098, 0.0, 0.0)
    normal = row[p.CONTACT_STIFFNESS] * 0.002
    held = row[p.FRICTION] * normal / max(math.hypot(*speed), 0.05)
    force = state[s.FORCE : s.FORCE + 3]
    assert force == pytest.approx([-held * speed[0], -held * speed[1], -normal], rel=1e-9)
    assert state[s.TORQUE : s.TORQUE + 3] == pytest.approx(
        np.cross([0.5, 0.0, 0.1], force), rel=1e-9, abs=1e-12
    )
