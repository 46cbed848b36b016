"""Ground contact against statics: rest, sliding, tipping over, and lying on a side or upside down."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.frames import body_to_ned, to_euler
from hil.physics import params as p
from hil.physics import state as s
from hil.physics.step import multirotor_step

G = 9.80665
DT = 0.001
QUAD = load_airframe("quad_x")


def on_slope(slope_deg: float, *, friction: float | None = None) -> tuple[s.Array, s.Array, s.Array]:
    """Return a quad aligned with a slope that falls to the north, its feet just touching."""
    row, state, inputs = p.at_step(QUAD.params, DT), s.level_state(), s.still_air(ground_d_m=0.0)
    if friction is not None:
        row[p.FRICTION] = friction
    angle = math.radians(slope_deg)
    inputs[s.SLOPE] = math.tan(angle)
    # Nose down the slope.
    state[s.QUAT], state[s.QUAT + 2] = math.cos(0.5 * angle), -math.sin(0.5 * angle)
    state[s.POS + 2] = -QUAD.resting_height_m / math.cos(angle)
    return state, inputs, row


def run(state: s.Array, inputs: s.Array, row: s.Array, seconds: float) -> s.Array:
    for _ in range(round(seconds / DT)):
        multirotor_step(state, inputs, row, DT)
    return state


def pitch_deg(state: s.Array) -> float:
    return math.degrees(to_euler(*state[s.QUAT : s.QUAT + 4].tolist())[1])


def test_it_rests_still_on_a_slope_of_fifteen_degrees() -> None:
    state, inputs, row = on_slope(15.0)
    run(state, inputs, row, 3.0)
    place = state[s.POS : s.POS + 3].copy()
    run(state, inputs, row, 57.0)
    assert np.linalg.norm(state[s.POS : s.POS + 3] - place) < 57e-3 * 0.01
    assert pitch_deg(state) == pytest.approx(-15.0, abs=1.0)
    assert state[s.SPECIFIC : s.SPECIFIC + 3] @ state[s.SPECIFIC : s.SPECIFIC + 3] == pytest.approx(
        G**2, rel=1e-6
    )


@pytest.mark.parametrize(("slope_deg", "slides"), [(33.0, False), (37.0, True)])
def test_it_slides_beyond_the_angle_of_friction(slope_deg: float, slides: bool) -> None:
    state, inputs, row = on_slope(slope_deg)  # friction 0.7: 35 degrees
    run(state, inputs, row, 2.0)
    gone = float(np.linalg.norm(state[s.POS : s.POS + 2]))
    assert (gone > 0.3) is slides
    if not slides:
        assert gone < 0.03


def test_a_sliding_body_accelerates_by_gravity_less_friction() -> None:
    state, inputs, row = on_slope(42.0)
    row[p.FEET + 2 : p.FEET + 12 : 3] = 0.03  # low, so that it does not rock
    state[s.POS + 2] = -0.025 / math.cos(math.radians(42.0))
    run(state, inputs, row, 0.5)
    speed = float(np.linalg.norm(state[s.VEL : s.VEL + 3]))
    run(state, inputs, row, 0.5)
    gained = float(np.linalg.norm(state[s.VEL : s.VEL + 3])) - speed
    angle = math.radians(42.0)
    assert gained == pytest.approx(0.5 * G * (math.sin(angle) - 0.7 * math.cos(angle)), rel=0.05)


def test_it_tips_over_where_its_weight_leaves_its_feet() -> None:
    """Feet 0.15 m out and 0.12 m down: 51 degrees, a little less on compressed springs."""
    state, inputs, row = on_slope(40.0, friction=3.0)
    run(state, inputs, row, 2.0)
    slope_deg = 40.0
    while abs(pitch_deg(state) + slope_deg) < 15.0:
        slope_deg += 0.002
        inputs[s.SLOPE] = math.tan(math.radians(slope_deg))
        inputs[s.ANCHOR], inputs[s.GROUND_D] = 0.0, 0.0
        multirotor_step(state, inputs, row, DT)
        assert slope_deg < 60.0
    assert 49.0 < slope_deg < 52.0


@pytest.mark.parametrize("name", ["quad_x", "hexa_x", "octo_x"])
@pytest.mark.parametrize("roll_deg", [100.0, 180.0])
def test_after_tipping_over_it_lies_on_its_arms_and_does_not_sink(name: str, roll_deg: float) -> None:
    frame = load_airframe(name)
    row, state, inputs = p.at_step(frame.params, DT), s.level_state(), s.still_air(ground_d_m=0.0)
    half = 0.5 * math.radians(roll_deg)
    state[s.QUAT], state[s.QUAT + 1] = math.cos(half), math.sin(half)
    state[s.POS + 2] = -0.6
    run(state, inputs, row, 12.0)
    assert np.linalg.norm(state[s.VEL : s.VEL + 3]) < 0.002
    points = row[p.FEET : p.FEET + 12].reshape(4, 3).tolist()
    points += row[p.ROTOR_TABLE :][: 4 * frame.rotor_count].reshape(-1, 4)[:, :3].tolist()
    down = [body_to_ned(*state[s.QUAT : s.QUAT + 4].tolist(), *point)[2] for point in points]
    assert state[s.POS + 2] + max(down) < 0.02


def test_lying_on_its_back_on_a_slope_it_stays_where_it_is() -> None:
    state, inputs, row = on_slope(15.0)
    angle = math.radians(180.0 - 15.0)
    state[s.QUAT : s.QUAT + 4] = math.cos(0.5 * angle), 0.0, math.sin(0.5 * angle), 0.0
    state[s.POS + 2] = -0.06
    run(state, inputs, row, 4.0)
    place = state[s.POS : s.POS + 3].copy()
    run(state, inputs, row, 10.0)
    assert np.linalg.norm(state[s.POS : s.POS + 3] - place) < 0.01


def test_the_plane_may_be_measured_anywhere() -> None:
    def fly(anchor_n: float) -> np.ndarray:
        state, inputs, row = on_slope(20.0)
        state[s.POS + 2] -= 0.3
        inputs[s.ANCHOR] = anchor_n
        inputs[s.GROUND_D] = anchor_n * inputs[s.SLOPE]
        return run(state, inputs, row, 2.0)[s.POS : s.POS + 3].copy()

    assert fly(100.0) == pytest.approx(fly(0.0), abs=1e-9)


@pytest.mark.parametrize("heading_deg", [90.0, -120.0])
def test_sliding_distance_does_not_depend_on_direction(heading_deg: float) -> None:
    """Slide on a slope defined at another position, from 3 m/s to rest, with the rebound of the feet's springs."""

    def slide(heading_rad: float) -> list[float]:
        c, d = math.cos(heading_rad), math.sin(heading_rad)
        row, state, inputs = p.at_step(QUAD.params, DT), s.level_state(heading_rad=heading_rad), s.still_air()
        row[p.FEET + 2 : p.FEET + 12 : 3] = 0.02
        inputs[s.SLOPE], inputs[s.SLOPE + 1] = c * 0.1 - d * 0.05, d * 0.1 + c * 0.05
        inputs[s.ANCHOR], inputs[s.ANCHOR + 1] = c * 3.0 + d * 2.0, d * 3.0 - c * 2.0
        inputs[s.GROUND_D] = 0.02 + 0.1 * 3.0 - 0.05 * 2.0
        state[s.VEL], state[s.VEL + 1] = c * 3.0, d * 3.0
        run(state, inputs, row, 2.0)
        north, east, down = state[s.POS : s.POS + 3].tolist()
        return [c * north + d * east, c * east - d * north, down, *state[s.VEL : s.VEL + 3].tolist()]

    one, other = slide(0.0), slide(math.radians(heading_deg))
    assert 0.5 < one[0] < 2.0
    assert np.abs(one[3:]).max() < 1e-3
    assert other[:3] == pytest.approx(one[:3], abs=1e-6)
    assert np.abs(other[3:]).max() < 1e-3
