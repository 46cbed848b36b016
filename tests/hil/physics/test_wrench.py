"""Forces and moments of each stage against its formula: signs, levers, density and power."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.frames import body_to_ned
from hil.physics import params as p
from hil.physics import state as s
from hil.physics import wing_params as wp
from hil.physics.battery import open_circuit_v
from hil.physics.propeller import push_propeller
from hil.physics.step import multirotor_step

QUAD = load_airframe("quad_x")
R, SPEED = 0.127, 700.0  # m, rad/s
ONLY = {
    "thrust": p.THRUST_COEF, "drag": p.ROTOR_DRAG,
    "roll": p.ROLLING_MOMENT, "back": p.FLAP_BACK, "side": p.FLAP_SIDE,
}  # fmt: skip


def rotors(*, only: str = "", turn: float = 0.0) -> s.Array:
    """Return the quad's row without body drag and spin-up, with one effect only of rotors that all turn alike."""
    row = QUAD.params.copy()
    row[p.DRAG_AREA : p.DRAG_AREA + 3] = row[p.ROTOR_INERTIA] = 0.0
    for name, slot in ONLY.items():
        if only and name != only:
            row[slot] = 0.0
    if turn:
        row[p.ROTOR_TABLE + 3 : p.ROTOR_TABLE + 16 : 4] = turn
    return row


def wrench(
    row: s.Array,
    *,
    vel: tuple[float, float, float] = (0.0, 0.0, 0.0),
    rate: tuple[float, float, float] = (0.0, 0.0, 0.0),
    density: float = 1.225,
    speed: float = SPEED,
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return force, torque (FRD) and shaft power of a step too short for any motion."""
    state, inputs = s.level_state(), s.still_air(density_kg_m3=density)
    state[s.VEL : s.VEL + 3], state[s.RATE : s.RATE + 3] = vel, rate
    state[s.ROTOR : s.ROTOR + 4], inputs[s.VOLTAGE_OVERRIDE] = speed, row[p.REF_VOLTAGE]
    inputs[s.DUTY : s.DUTY + 4] = speed / row[p.MAX_SPEED]
    multirotor_step(state, inputs, p.at_step(row, 1e-9), 1e-9)
    return (
        state[s.FORCE : s.FORCE + 3].copy(),
        state[s.TORQUE : s.TORQUE + 3].copy(),
        float(state[s.SHAFT_W]),
    )


def block_offsets() -> np.ndarray:
    return QUAD.params[p.ROTOR_TABLE : p.ROTOR_TABLE + 16].reshape(4, 4)


# --- rotors at rest and in the air ---


@pytest.mark.parametrize("density", [1.225, 0.7361])
def test_static_thrust_torque_and_power_are_proportional_to_air_density(density: float) -> None:
    force, torque, power = wrench(rotors(turn=1.0), density=density)
    thrust = QUAD.params[p.THRUST_COEF] * density / 1.225 * SPEED**2
    assert force == pytest.approx([0.0, 0.0, -4.0 * thrust], rel=1e-9, abs=1e-12)
    # The drag of clockwise rotors rotates the body the other way.
    assert torque[2] == pytest.approx(-4.0 * thrust * 0.016, rel=1e-9)
    assert power == pytest.approx(4.0 * thrust * 0.016 * SPEED, rel=1e-9)


def test_a_rotor_to_the_right_rolls_left_and_one_in_front_pitches_up() -> None:
    row = rotors()
    row[p.ROTORS] = 1
    (_, _, lift), torque, _ = wrench(row)
    x, y, _, _ = block_offsets()[0]
    assert min(x, y) > 0.1
    assert torque[:2] == pytest.approx([y * lift, -x * lift], rel=1e-12)
    assert torque[0] < 0.0 < torque[1]


@pytest.mark.parametrize("density", [1.225, 0.7361])
def test_rotor_drag_acts_at_the_hubs_against_the_cross_flow(density: float) -> None:
    force, torque, _ = wrench(rotors(only="drag"), vel=(3.0, -2.0, 0.0), density=density)
    drag = 4.0 * QUAD.params[p.ROTOR_DRAG] * density / 1.225 * SPEED
    above = block_offsets()[0, 2]
    assert above < -0.02
    assert force == pytest.approx([-3.0 * drag, 2.0 * drag, 0.0], rel=1e-9)
    assert torque == pytest.approx([-above * 2.0 * drag, -above * 3.0 * drag, 0.0], rel=1e-9, abs=1e-12)


def test_rotor_drag_off_the_centre_rotates_it_away_from_the_wind() -> None:
    row = rotors(only="drag")
    row[p.ROTORS] = 1
    (fx, fy, _), torque, _ = wrench(row, vel=(3.0, -2.0, 0.0))
    x, y, _, _ = block_offsets()[0]
    assert torque[2] == pytest.approx(x * fy - y * fx, rel=1e-12)


@pytest.mark.parametrize(("turn", "density"), [(1.0, 1.225), (-1.0, 1.225), (1.0, 0.7361)])
def test_the_advancing_blade_is_pushed_up(turn: float, density: float) -> None:
    """The blade of a clockwise rotor (from above) advances on the left: in forward flight it rolls right."""
    row = rotors(only="roll", turn=turn)
    each = QUAD.params[p.ROLLING_MOMENT] * density / 1.225 * SPEED
    forward, right = (
        wrench(row, vel=(3.0, 0.0, 0.0), density=density),
        wrench(row, vel=(0.0, 3.0, 0.0), density=density),
    )
    assert forward[1] == pytest.approx([4.0 * each * turn * 3.0, 0.0, 0.0], rel=1e-9, abs=1e-12)
    assert right[1] == pytest.approx([0.0, 4.0 * each * turn * 3.0, 0.0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("turn", "density"), [(1.0, 1.225), (-1.0, 0.7361)])
def test_the_disc_tilts_back_and_lifts_the_side_towards_its_motion(turn: float, density: float) -> None:
    row = rotors(only="back", turn=turn)
    each = 4.0 * QUAD.params[p.FLAP_BACK] * density / 1.225 * SPEED
    _, torque, _ = wrench(row, vel=(3.0, 0.0, 0.0), density=density)
    assert torque == pytest.approx([0.0, 3.0 * each, 0.0], rel=1e-9, abs=1e-12)
    _, torque, _ = wrench(row, vel=(0.0, 3.0, 0.0), density=density)
    assert torque == pytest.approx([-3.0 * each, 0.0, 0.0], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize(("turn", "density"), [(1.0, 1.225), (-1.0, 0.7361)])
def test_the_disc_tilts_away_from_the_advancing_blade(turn: float, density: float) -> None:
    """Clockwise in forward flight the blade advances on the left: thrust tilts right, and the hubs get a moment."""
    row = rotors(only="side", turn=turn)
    each, above = 4.0 * QUAD.params[p.FLAP_SIDE] * density / 1.225 * SPEED * turn, block_offsets()[0, 2]
    force, torque, _ = wrench(row, vel=(3.0, 0.0, 0.0), density=density)
    assert force == pytest.approx([0.0, 3.0 * each, 0.0], rel=1e-9, abs=1e-12)
    assert torque == pytest.approx([-above * 3.0 * each, 0.0, 0.0], rel=1e-9, abs=1e-12)
    force, _, _ = wrench(row, vel=(0.0, 3.0, 0.0), density=density)
    assert force == pytest.approx([-3.0 * each, 0.0, 0.0], rel=1e-9, abs=1e-12)


def test_a_blade_flaps_as_its_equation_of_motion_says() -> None:
    """Integrate one blade over its azimuth by elements until it is periodic, and compare the first harmonic."""
    row = QUAD.params
    lock, frequency, inertia = row[p.LOCK], row[p.FLAP_FREQUENCY], row[p.ROTOR_INERTIA]
    mu, inflow = 0.02, row[p.HOVER_INFLOW] / R
    radii = (np.arange(200) + 0.5) / 200.0
    # Thrust over inertia of two blades determines their pitch: lock (pitch / 3 - inflow / 2) / 2 each.
    pitch = 3.0 * (2.0 * row[p.THRUST_COEF] * R / inertia / lock + 0.5 * inflow)
    steps, tilt, rate = 720, 0.0, 0.0
    turn, track = math.tau / steps, []
    for k in range(6 * steps):
        past = radii + mu * math.sin(k * turn)
        lifts = lock / 2.0 * np.mean(radii * (pitch * past**2 - (inflow + radii * rate) * past))
        rate += turn * (lifts - frequency**2 * tilt)
        tilt += turn * rate
        track.append(tilt)
    angles, last = np.arange(steps) * turn, np.array(track[-steps:])
    back, across = -2.0 * np.mean(last * np.cos(angles)), 2.0 * np.mean(last * np.sin(angles))
    assert min(back, across) > 0.001
    # The springs of both blades give the hub moment, proportional to rotor speed times cross flow.
    flow = mu * R
    spring = 0.5 * inertia * (frequency**2 - 1.0)
    assert row[p.FLAP_BACK] * flow == pytest.approx(spring * back, rel=0.02)
    assert row[p.ROLLING_MOMENT] * flow == pytest.approx(spring * across, rel=0.02)
    assert row[p.FLAP_SIDE] * flow == pytest.approx(row[p.THRUST_COEF] * across, rel=0.02)


@pytest.mark.parametrize(("axis", "arm"), [(0, 0.21), (1, 0.13)])
def test_rolling_and_pitching_are_damped_by_thrust_that_falls_with_climb(axis: int, arm: float) -> None:
    """Half of the rotors climb and half of them sink with the body rate times their arm."""
    rate = [0.0, 0.0, 0.0]
    rate[axis] = 2.0
    row = rotors(only="thrust")
    row[p.ROTOR_TABLE + 2 : p.ROTOR_TABLE + 16 : 4] = 0.0
    _, torque, _ = wrench(row, rate=(rate[0], rate[1], rate[2]))
    rising, sinking = (-wrench(row, vel=(0.0, 0.0, way * 2.0 * arm))[0][2] for way in (-1, 1))
    assert rising < sinking
    assert torque[axis] == pytest.approx(0.5 * arm * (rising - sinking), rel=1e-9)
    assert torque[axis] < -0.02


def test_yawing_is_damped_by_the_drag_of_the_moving_hubs() -> None:
    _, torque, _ = wrench(rotors(only="drag"), rate=(0.0, 0.0, 2.0))
    around2 = 0.13**2 + 0.21**2
    assert torque[2] == pytest.approx(-4.0 * QUAD.params[p.ROTOR_DRAG] * SPEED * around2 * 2.0, rel=1e-9)


def test_hubs_above_the_centre_move_sideways_when_the_body_rolls_or_pitches() -> None:
    above, drag = block_offsets()[0, 2], 4.0 * QUAD.params[p.ROTOR_DRAG] * SPEED
    force, torque, _ = wrench(rotors(only="drag"), rate=(2.0, -1.0, 0.0))
    assert force == pytest.approx([-drag * -1.0 * above, drag * 2.0 * above, 0.0], rel=1e-9, abs=1e-12)
    assert torque == pytest.approx([-drag * 2.0 * above**2, drag * above**2, 0.0], rel=1e-9, abs=1e-12)


def glauert(across: float, climb: float, still: float) -> float:
    """Return the inflow through the disc by momentum theory, for level and axial flight, by iteration."""
    through = still + max(climb, 0.0)
    for _ in range(500):
        through = 0.5 * (through + climb + still**2 / math.hypot(across, through))
    return through


@pytest.mark.parametrize(("across", "climb"), [(0.0, 0.0), (0.0, 3.0), (0.0, -1.5), (6.0, 0.0), (12.0, 0.0)])
def test_thrust_and_torque_in_flight_are_blade_elements_in_momentum_theorys_inflow(
    across: float, climb: float
) -> None:
    row = rotors(only="thrust", turn=1.0)
    force, torque, power = wrench(row, vel=(across, 0.0, -climb))
    still, tip = row[p.HOVER_INFLOW] * SPEED, SPEED * R
    assert still == pytest.approx(
        math.sqrt(row[p.THRUST_COEF] * SPEED**2 / (2.0 * 1.225 * math.pi * R**2)), rel=1e-9
    )
    through, mu = glauert(across, climb, still), across / tip
    static = row[p.THRUST_COEF] * SPEED**2
    # Blade lift is proportional to (pitch / 3 - inflow / 2); cross flow multiplies pitch by 1 + 1.5 mu^2.
    loss = row[p.INFLOW_LOSS]
    pitch = 1.0 + loss * still / tip
    thrust = static * (pitch * (1.0 + 1.5 * mu**2) - loss * through / tip)
    assert -force[2] == pytest.approx(4.0 * thrust, rel=1e-6)
    profile = (0.016 - 1.15 * still / SPEED) * static * (1.0 + 4.65 * mu**2)
    each = profile + 1.15 * thrust * through / SPEED
    assert -torque[2] == pytest.approx(4.0 * each, rel=1e-6)
    assert power == pytest.approx(4.0 * each * SPEED, rel=1e-6)


def test_thrust_ends_at_the_advance_ratio_of_the_file_and_never_pulls() -> None:
    def lift(advance: float) -> float:
        return float(-wrench(rotors(only="thrust"), vel=(0.0, 0.0, -advance * SPEED / math.pi * R))[0][2])

    assert lift(0.6) == pytest.approx(0.0, abs=1e-6)
    assert lift(0.59) > 0.1
    assert lift(0.9) == 0.0
    # The thrust gain is limited where the theory ends.
    across = -wrench(rotors(only="thrust"), vel=(80.0, 0.0, 0.0))[0][2]
    assert across == pytest.approx(1.6 * lift(0.0), rel=1e-9)


def test_a_windmilling_rotor_takes_no_power_and_a_stopped_one_makes_no_force() -> None:
    # In descent at 45 degrees the flow goes up through the disc.
    assert wrench(rotors(turn=1.0), vel=(20.0, 0.0, 20.0))[1][2] == 0.0
    assert wrench(rotors(), vel=(20.0, 0.0, 20.0))[2] == 0.0
    force, torque, power = wrench(rotors(), vel=(5.0, 0.0, 2.0), speed=0.0)
    assert not force.any()
    assert not torque.any()
    assert power == 0.0


# --- the body ---


def test_body_drag_is_half_density_speed_squared_area_against_the_air() -> None:
    row = rotors()
    row[p.DRAG_AREA : p.DRAG_AREA + 3] = 0.02, 0.03, 0.05
    for density in (1.225, 0.7361):
        force, torque, _ = wrench(row, vel=(3.0, -4.0, 12.0), density=density, speed=0.0)
        push = 0.5 * density * 13.0
        assert force == pytest.approx([-push * 0.02 * 3.0, push * 0.03 * 4.0, -push * 0.05 * 12.0], rel=1e-9)
        assert not torque.any()


def test_drag_acts_in_body_axes() -> None:
    """Heading east, wind from the north comes from its left."""
    row, state, inputs = rotors(), s.level_state(heading_rad=0.5 * math.pi), s.still_air()
    row[p.DRAG_AREA : p.DRAG_AREA + 3] = 0.0, 0.03, 0.0
    inputs[s.WIND] = -6.0
    multirotor_step(state, inputs, p.at_step(row, 1e-9), 1e-9)
    assert state[s.FORCE : s.FORCE + 3] == pytest.approx([0.0, 0.5 * 1.225 * 0.03 * 36.0, 0.0], abs=1e-9)


# --- the whole flight, rotated ---


def flight(heading_rad: float) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return position and velocity in the rotated frame, body rates and rotor speeds after a second on a slope."""

    def turned(north: float, east: float) -> tuple[float, float]:
        c, d = math.cos(heading_rad), math.sin(heading_rad)
        return c * north - d * east, d * north + c * east

    row, inputs = p.at_step(QUAD.params, 0.001), s.still_air(ground_d_m=0.4)
    state = s.level_state(heading_rad=heading_rad)
    inputs[s.WIND], inputs[s.WIND + 1] = turned(3.0, -2.0)
    inputs[s.SLOPE], inputs[s.SLOPE + 1] = turned(0.1, -0.2)
    inputs[s.WIND + 2] = 0.5
    inputs[s.DUTY : s.DUTY + 4] = 0.60, 0.63, 0.59, 0.62
    state[s.VEL], state[s.VEL + 1] = turned(1.0, 2.0)
    state[s.RATE : s.RATE + 3] = 0.3, -0.2, 0.5
    for _ in range(1000):
        multirotor_step(state, inputs, row, 0.001)
    half = 0.5 * heading_rad
    back = (math.cos(half), 0.0, 0.0, -math.sin(half))
    pos, vel = (body_to_ned(*back, *state[at : at + 3].tolist()) for at in (s.POS, s.VEL))
    return (
        np.array(pos),
        np.array(vel),
        state[s.RATE : s.RATE + 3].copy(),
        state[s.ROTOR : s.ROTOR + 4].copy(),
    )


@pytest.mark.parametrize("heading_deg", [90.0, 137.0, -60.0])
def test_with_rotated_heading_and_wind_the_flight_is_rotated(heading_deg: float) -> None:
    one, other = flight(0.0), flight(math.radians(heading_deg))
    assert np.linalg.norm(one[0]) > 1.0
    assert np.linalg.norm(one[2]) > 0.2
    for there, here in zip(other, one, strict=True):
        assert there == pytest.approx(here, abs=1e-7)


# --- battery and propeller ---


def test_open_circuit_voltage_is_linear_between_the_points_of_its_table() -> None:
    table = QUAD.params[p.OCV : p.OCV + p.OCV_POINTS]
    assert [open_circuit_v(tenth / 10.0, QUAD.params) for tenth in range(11)] == pytest.approx(table.tolist())
    assert open_circuit_v(0.05, QUAD.params) == pytest.approx(0.5 * (table[0] + table[1]))
    assert open_circuit_v(0.93, QUAD.params) == pytest.approx(0.7 * table[9] + 0.3 * table[10])
    assert open_circuit_v(1.2, QUAD.params) == table[10]


def test_beyond_empty_the_open_circuit_voltage_collapses() -> None:
    empty = QUAD.params[p.OCV]
    assert open_circuit_v(-0.018, QUAD.params) == pytest.approx(0.5 * empty)
    assert open_circuit_v(-0.036, QUAD.params) == pytest.approx(0.0)
    assert open_circuit_v(-49.0, QUAD.params) == pytest.approx(0.0)


@pytest.mark.parametrize("turns", [1.0, -1.0])
def test_a_propeller_gives_reaction_torque_and_thrust_at_its_hub(turns: float) -> None:
    airframe = load_airframe("plane")
    assert airframe.wing is not None
    wing, state, inputs = airframe.wing.copy(), s.level_state(), s.still_air(density_kg_m3=0.9)
    wing[wp.TURNS] = turns
    params = airframe.params.copy()
    params[p.EFFICIENCY] = 0.8  # of lifting rotors; the stage compensates it
    wing[wp.HUB : wp.HUB + 3] = -0.6, 0.2, -0.1
    state[s.VEL], state[s.VOLTAGE], inputs[s.DUTY + wp.PROPELLER] = 15.0, 48.0, 0.8
    for _ in range(4000):
        state[s.FORCE : s.TORQUE + 3] = state[s.SHAFT_W] = 0.0
        push_propeller(state, inputs, params, wing, 0.001)
    turns_s = state[s.ROTOR + wp.PROPELLER] / (2.0 * math.pi)
    advance, size = 15.0 / (turns_s * 0.508), 0.9 * turns_s**2 * 0.508**4
    pull = size * np.polynomial.polynomial.polyval(advance, wing[wp.THRUST_FIT : wp.THRUST_FIT + 3])
    shaft = size * 0.508 * np.polynomial.polynomial.polyval(advance, wing[wp.TORQUE_FIT : wp.TORQUE_FIT + 3])
    assert state[s.FORCE : s.FORCE + 3] == pytest.approx([pull, 0.0, 0.0], rel=1e-6)
    # The reaction torque of a propeller clockwise from behind rolls the aircraft left.
    assert state[s.TORQUE : s.TORQUE + 3] == pytest.approx(
        [-turns * shaft, -0.1 * pull, -0.2 * pull], rel=1e-5
    )
    # Battery power is shaft power plus losses in the windings.
    current = shaft / wing[wp.MOTOR_V_S] + wing[wp.MOTOR_IDLE_A]
    assert state[s.SHAFT_W] / 0.8 == pytest.approx(0.8 * 48.0 * current, rel=1e-5)


def test_a_propeller_has_the_airflow_at_its_hub() -> None:
    airframe = load_airframe("plane")
    assert airframe.wing is not None

    wing = airframe.wing.copy()

    def pull(speed: float, pitching: float, yawing: float) -> float:
        state, inputs = s.level_state(), s.still_air()
        wing[wp.HUB + 1 : wp.HUB + 3] = 0.5, -0.4
        state[s.VEL], state[s.ROTOR + wp.PROPELLER] = speed, 400.0
        state[s.RATE + 1], state[s.RATE + 2] = pitching, yawing
        push_propeller(state, inputs, airframe.params, wing, 1e-9)
        return float(state[s.FORCE])

    assert pull(15.0, 2.0, 0.0) == pytest.approx(pull(15.0 - 0.8, 0.0, 0.0), rel=1e-9)
    assert pull(15.0, 0.0, 2.0) == pytest.approx(pull(15.0 - 1.0, 0.0, 0.0), rel=1e-9)
