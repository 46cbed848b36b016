"""Wings against published figures and closed forms: trim, stall, glide, symmetry, propeller and wheels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from hil.airframes.load import Airframe, load_airframe
from hil.physics import params as pp
from hil.physics import state as ps
from hil.physics import wing_params as wp
from hil.physics.propeller import push_propeller
from hil.physics.rolling import roll_ground
from hil.physics.trim import (
    best_glide,
    level_trim,
    max_lift,
    motor_speed_rad_s,
    propeller_thrust_n,
    stall_speed_m_s,
)
from hil.physics.wing import (
    drag_coefficient,
    lift_coefficient,
    move_surfaces,
    pitch_coefficient,
    push_wing,
    stalled_share,
)
from hil.physics.winged_step import winged_step

DT = 0.001
PLANE, ELEVON = load_airframe("plane"), load_airframe("elevon")
BOTH = pytest.mark.parametrize("airframe", [PLANE, ELEVON], ids=lambda airframe: airframe.name)


def wing_of(airframe: Airframe) -> ps.Array:
    assert airframe.wing is not None
    return airframe.wing.copy()


def in_trim(
    airframe: Airframe, wing: ps.Array, speed_m_s: float, *, path_rad: float = 0.0
) -> tuple[ps.Array, ps.Array]:
    """Return state and inputs of trimmed flight with a stopped propeller."""
    trim = level_trim(wing, airframe.params[pp.MASS], speed_m_s, path_rad=path_rad)
    assert trim is not None
    state, inputs = ps.level_state(), ps.still_air()
    state[ps.POS + 2] = -500.0
    state[ps.VEL], state[ps.VEL + 2] = speed_m_s * math.cos(path_rad), -speed_m_s * math.sin(path_rad)
    pitch = trim.alpha_rad + path_rad
    state[ps.QUAT], state[ps.QUAT + 2] = math.cos(0.5 * pitch), math.sin(0.5 * pitch)
    table = wing[wp.SURFACE_TABLE : wp.SURFACE_TABLE + 4 * wp.MAX_SURFACES].reshape(-1, 4)
    for i, (most, _, share, _) in enumerate(table):
        there = trim.elevator_rad * share / (table[:, 2] ** 2).sum() / most if share else 0.0
        state[ps.ROTOR + wp.DEFLECTION + i] = there
        inputs[ps.DUTY + wp.DEFLECTION + i] = 0.5 + 0.5 * there
    return state, inputs


def without_propeller(airframe: Airframe) -> ps.Array:
    wing = wing_of(airframe)
    wing[wp.THRUST_FIT : wp.TORQUE_FIT + 3] = 0.0
    return wing


# --- comparison with the sources ---


def test_the_elevon_wing_trims_as_in_its_source() -> None:
    """At 18 m/s: pitch 0.0308 rad and elevator 0.0370 (the initial state of the published X8 model's simulator)."""
    trim = level_trim(wing_of(ELEVON), 3.364, 18.0, gravity_m_s2=9.81)
    assert trim is not None
    assert trim.alpha_rad == pytest.approx(0.0308, abs=0.0002)
    assert trim.elevator_rad == pytest.approx(0.0370, abs=0.0003)


def test_the_plane_trims_as_in_its_source() -> None:
    """At 25 m/s in the book's air: elevator -0.1248 (its own trim of the Aerosonde)."""
    trim = level_trim(wing_of(PLANE), 11.0, 25.0, density_kg_m3=1.2682, gravity_m_s2=9.81)
    assert trim is not None
    assert trim.elevator_rad == pytest.approx(-0.1248, rel=0.01)


# Lift at zero and by angle, drag by powers of the angle, stall angle, area and mass, as printed in the sources.
BOOK_INDUCED = 1.0 / (math.pi * 0.9 * 2.8956**2 / 0.55)
PRINTED = {
    "plane": (
        (0.23, 5.61),
        (0.043 + 0.23**2 * BOOK_INDUCED, 2.0 * 0.23 * 5.61 * BOOK_INDUCED, 5.61**2 * BOOK_INDUCED),
        0.47, 0.55, 11.0,
    ),
    "elevon": ((0.0867, 4.02), (0.0197, 0.0791, 1.0555), 0.2618, 0.75, 3.364),
}  # fmt: skip


@BOTH
def test_the_best_glide_is_that_of_its_sources_coefficients(airframe: Airframe) -> None:
    """The tangent to the polar: the slopes of lift and drag over angle of attack have the ratio of lift and drag."""
    (c0, c1), (d0, d1, d2), _, area, mass = PRINTED[airframe.name]
    alpha = -c0 / c1 + math.sqrt((c0 / c1) ** 2 + (c1 * d0 - c0 * d1) / (c1 * d2))
    lift, drag = c0 + c1 * alpha, d0 + d1 * alpha + d2 * alpha**2
    found = best_glide(wing_of(airframe), airframe.params[pp.MASS])
    assert found.ratio == pytest.approx(lift / drag, rel=1e-3)
    speed = math.sqrt(2.0 * mass * 9.80665 / (1.225 * area * math.hypot(lift, drag)))
    assert found.speed_m_s == pytest.approx(speed, rel=0.01)


@BOTH
def test_it_stalls_at_the_peak_of_its_sources_lift_curve(airframe: Airframe) -> None:
    """The peak of the book's blended lift curve with the printed coefficients."""
    (c0, c1), _, stall_rad, area, mass = PRINTED[airframe.name]
    alphas = np.linspace(0.0, 0.6, 6001)
    below, above = np.exp(-50.0 * (alphas - stall_rad)), np.exp(50.0 * (alphas + stall_rad))
    blend = (1.0 + below + above) / ((1.0 + below) * (1.0 + above))
    lift = (1.0 - blend) * (c0 + c1 * alphas) + blend * 2.0 * np.sin(alphas) ** 2 * np.cos(alphas)
    assert max_lift(wing_of(airframe)) == pytest.approx((lift.max(), alphas[lift.argmax()]), rel=2e-3)
    speed = math.sqrt(2.0 * mass * 9.80665 / (1.225 * area * lift.max()))
    assert stall_speed_m_s(wing_of(airframe), airframe.params[pp.MASS]) == pytest.approx(speed, rel=1e-3)


@pytest.mark.parametrize(("name", "most", "at_deg"), [("plane", 2.42, 23.6), ("elevon", 0.88, 12.4)])
def test_maximum_lift_is_that_on_the_page_about_the_simulator(name: str, most: float, at_deg: float) -> None:
    lift, angle = max_lift(wing_of(load_airframe(name)))
    assert lift == pytest.approx(most, abs=0.01)
    assert math.degrees(angle) == pytest.approx(at_deg, abs=0.1)


@BOTH
@pytest.mark.parametrize("factor", [1.6, 2.0])
def test_a_trimmed_wing_keeps_its_flight_state(airframe: Airframe, factor: float) -> None:
    """With external thrust and fixed surfaces for eight seconds."""
    wing = without_propeller(airframe)
    speed = factor * stall_speed_m_s(wing, airframe.params[pp.MASS])
    trim = level_trim(wing, airframe.params[pp.MASS], speed)
    assert trim is not None
    state, inputs = in_trim(airframe, wing, speed)
    # Gravity tilted backwards along the body replaces the thrust: exactly that of the trim.
    mass = airframe.params[pp.MASS]
    params = pp.at_step(airframe.params, DT)
    for _ in range(8000):
        winged_step(state, inputs, params, wing, DT)
        state[ps.VEL] += DT * trim.thrust_n / mass * math.cos(trim.alpha_rad)
        state[ps.VEL + 2] -= DT * trim.thrust_n / mass * math.sin(trim.alpha_rad)
    assert math.hypot(state[ps.VEL], state[ps.VEL + 2]) == pytest.approx(speed, rel=0.01)
    assert state[ps.POS + 2] == pytest.approx(-500.0, abs=1.0)
    assert abs(state[ps.POS + 1]) < 1e-6


@BOTH
def test_the_glide_ratio_is_lift_over_drag(airframe: Airframe) -> None:
    wing = without_propeller(airframe)
    mass = airframe.params[pp.MASS]
    speed = 1.25 * best_glide(wing, mass).speed_m_s
    low, high = -0.3, 0.0
    for _ in range(50):
        middle = 0.5 * (low + high)
        trim = level_trim(wing, mass, speed, path_rad=middle)
        assert trim is not None
        low, high = (middle, high) if trim.thrust_n < 0.0 else (low, middle)
    path = 0.5 * (low + high)
    state, inputs = in_trim(airframe, wing, speed, path_rad=path)
    params = pp.at_step(airframe.params, DT)
    for _ in range(20000):
        winged_step(state, inputs, params, wing, DT)
    sunk, forward = state[ps.POS + 2] + 500.0, state[ps.POS]
    assert forward / sunk == pytest.approx(-1.0 / math.tan(path), rel=0.02)
    assert forward / sunk < best_glide(wing, mass).ratio * 1.02


@BOTH
def test_below_its_stall_speed_no_wing_flies_level(airframe: Airframe) -> None:
    wing = wing_of(airframe)
    stall = stall_speed_m_s(wing, airframe.params[pp.MASS])
    assert level_trim(wing, airframe.params[pp.MASS], 0.9 * stall) is None
    assert level_trim(wing, airframe.params[pp.MASS], 1.3 * stall) is not None


# --- the model ---


@BOTH
def test_a_stalled_wing_is_a_plate(airframe: Airframe) -> None:
    wing = wing_of(airframe)
    most, at = max_lift(wing)
    assert lift_coefficient(at + 0.15, wing) < 0.75 * most
    assert stalled_share(0.0, wing) < 1e-4
    assert stalled_share(0.9, wing) == pytest.approx(1.0)
    assert stalled_share(-0.9, wing) == pytest.approx(1.0)
    assert lift_coefficient(math.pi / 2.0, wing) == pytest.approx(0.0, abs=1e-9)
    assert lift_coefficient(math.pi / 4.0, wing) == pytest.approx(2.0 * 0.5 * math.sqrt(0.5), rel=1e-6)
    assert drag_coefficient(math.pi / 2.0, wing) == pytest.approx(2.0 + wing[wp.DRAG])
    # Backwards it is a plate as well, and it pitches down at any angle.
    assert math.isfinite(lift_coefficient(math.pi, wing))
    assert pitch_coefficient(1.2, wing) < 0.0 < pitch_coefficient(-1.2, wing)


@BOTH
def test_reflected_left_to_right_everything_happens_in_the_mirror(airframe: Airframe) -> None:
    wing = wing_of(airframe)
    rng = np.random.default_rng(4)
    mirror = np.array([1.0, -1.0, 1.0])
    spin = np.array([-1.0, 1.0, -1.0])
    elevon = airframe is ELEVON
    for _ in range(20):
        vel, rate = rng.normal(0.0, 15.0, 3), rng.normal(0.0, 1.0, 3)
        surfaces = rng.uniform(-1.0, 1.0, 3)
        wrenches = []
        for reflected in (False, True):
            state, inputs = ps.level_state(), ps.still_air()
            state[ps.VEL : ps.VEL + 3] = vel * mirror if reflected else vel
            state[ps.RATE : ps.RATE + 3] = rate * spin if reflected else rate
            there = surfaces
            if reflected:
                there = surfaces[[1, 0, 2]] if elevon else surfaces * [-1.0, 1.0, -1.0]
            state[ps.ROTOR + wp.DEFLECTION : ps.ROTOR + wp.DEFLECTION + 3] = there
            push_wing(state, inputs, wing)
            wrenches.append((state[ps.FORCE : ps.FORCE + 3], state[ps.TORQUE : ps.TORQUE + 3]))
        assert np.allclose(wrenches[1][0], wrenches[0][0] * mirror, atol=1e-9)
        assert np.allclose(wrenches[1][1], wrenches[0][1] * spin, atol=1e-9)


@BOTH
@pytest.mark.parametrize("height_m", [500.0, 0.4])
def test_with_rotated_heading_and_wind_the_flight_is_rotated(airframe: Airframe, height_m: float) -> None:
    """In the air, and in contact with a slope."""

    def flight(heading_rad: float) -> list[float]:
        c, d = math.cos(heading_rad), math.sin(heading_rad)
        wing, params = wing_of(airframe), pp.at_step(airframe.params, DT)
        state, inputs = ps.level_state(heading_rad=heading_rad), ps.still_air(ground_d_m=height_m)
        state[ps.VEL], state[ps.VEL + 1] = c * 18.0 - d * 2.0, d * 18.0 + c * 2.0
        state[ps.RATE : ps.RATE + 3] = 0.2, -0.1, 0.3
        inputs[ps.WIND], inputs[ps.WIND + 1] = c * -3.0 - d * 4.0, d * -3.0 + c * 4.0
        inputs[ps.SLOPE], inputs[ps.SLOPE + 1] = c * 0.05 + d * 0.1, d * 0.05 - c * 0.1
        inputs[ps.DUTY + wp.PROPELLER], inputs[ps.DUTY + wp.DEFLECTION : ps.DUTY + wp.DEFLECTION + 3] = (
            0.6,
            0.45,
        )
        for _ in range(600):
            winged_step(state, inputs, params, wing, DT)
        north, east, down = state[ps.POS : ps.POS + 3].tolist()
        return [c * north + d * east, c * east - d * north, down, *state[ps.RATE : ps.RATE + 3].tolist()]

    one = flight(0.0)
    assert one[0] > 8.0
    for heading_deg in (90.0, -137.0):
        assert flight(math.radians(heading_deg)) == pytest.approx(one, abs=1e-6)


def test_a_servo_has_moved_63_percent_after_its_time_constant() -> None:
    wing = wing_of(PLANE)
    state, inputs = ps.level_state(), ps.still_air()
    inputs[ps.DUTY + wp.DEFLECTION] = 1.0
    for _ in range(round(wing[wp.SERVO_TAU] / DT)):
        move_surfaces(state, inputs, wing, DT)
    assert state[ps.ROTOR + wp.DEFLECTION] == pytest.approx(1.0 - math.exp(-1.0), rel=1e-6)


# --- the propeller ---


@BOTH
@pytest.mark.parametrize("speed", [0.0, 12.0, 22.0])
def test_the_propeller_settles_at_equal_torque_of_propeller_and_motor(
    airframe: Airframe, speed: float
) -> None:
    wing = wing_of(airframe)
    state, inputs = ps.level_state(), ps.still_air()
    full_v = airframe.params[pp.OCV + pp.OCV_POINTS - 1]
    state[ps.VEL], state[ps.VOLTAGE], inputs[ps.DUTY + wp.PROPELLER] = speed, full_v, 0.8
    for _ in range(3000):
        state[ps.FORCE : ps.TORQUE + 3] = 0.0
        push_propeller(state, inputs, airframe.params, wing, DT)
    assert state[ps.ROTOR + wp.PROPELLER] == pytest.approx(
        motor_speed_rad_s(wing, 0.8 * full_v, speed), rel=1e-3
    )
    assert state[ps.FORCE] == pytest.approx(propeller_thrust_n(wing, 0.8 * full_v, speed), abs=0.02)


def test_without_throttle_the_propeller_windmills_without_current() -> None:
    wing = wing_of(PLANE)
    state, inputs = ps.level_state(), ps.still_air()
    state[ps.VEL], state[ps.VOLTAGE] = 22.0, 48.0
    for _ in range(5000):
        state[ps.FORCE : ps.TORQUE + 3] = 0.0
        state[ps.SHAFT_W] = 0.0
        push_propeller(state, inputs, PLANE.params, wing, DT)
    assert state[ps.ROTOR + wp.PROPELLER] > 100.0
    assert state[ps.SHAFT_W] == 0.0
    assert -8.0 < state[ps.FORCE] < 0.0


# --- wheels ---


def on_the_ground(airframe: Airframe) -> tuple[ps.Array, ps.Array]:
    state, inputs = ps.level_state(), ps.still_air(ground_d_m=airframe.resting_height_m)
    inputs[ps.DUTY + wp.DEFLECTION : ps.DUTY + wp.DEFLECTION + 3] = 0.5
    inputs[ps.DENSITY] = 1e-9  # ground forces only
    return state, inputs


def rolled(airframe: Airframe, state: ps.Array, inputs: ps.Array, seconds: float) -> ps.Array:
    params, wing = pp.at_step(airframe.params, DT), wing_of(airframe)
    for _ in range(round(seconds / DT)):
        winged_step(state, inputs, params, wing, DT)
    return state


def test_wheels_slow_down_by_their_rolling_friction() -> None:
    state, inputs = on_the_ground(PLANE)
    state[ps.VEL] = 8.0
    rolled(PLANE, state, inputs, 3.0)
    friction = wing_of(PLANE)[wp.ROLLING]
    assert state[ps.VEL] == pytest.approx(8.0 - 3.0 * friction * 9.80665, abs=0.05)


def test_wheels_hold_across_what_they_let_roll_along() -> None:
    for slope_n, slope_e, stays in ((0.0, 0.3, True), (0.3, 0.0, False), (0.05, 0.0, True)):
        state, inputs = on_the_ground(PLANE)
        inputs[ps.SLOPE], inputs[ps.SLOPE + 1] = slope_n, slope_e
        rolled(PLANE, state, inputs, 2.0)
        settled = state[ps.POS : ps.POS + 2].copy()
        rolled(PLANE, state, inputs, 2.0)
        assert (math.dist(settled, state[ps.POS : ps.POS + 2]) < 0.01) is stays


def test_the_front_wheels_steer_with_the_rudder() -> None:
    state, inputs = on_the_ground(PLANE)
    state[ps.VEL] = 6.0
    inputs[ps.DUTY + wp.DEFLECTION + 2] = 0.0  # full negative rudder: to the right
    rolled(PLANE, state, inputs, 1.5)
    wing = wing_of(PLANE)
    base = PLANE.params[pp.FEET] - PLANE.params[pp.FEET + 6]
    turn = state[ps.RATE + 2]
    ahead = math.hypot(state[ps.VEL], state[ps.VEL + 1])
    steer = wing[wp.STEER] * wing[wp.SURFACE_TABLE + 8]
    assert turn == pytest.approx(ahead * math.tan(steer) / base, rel=0.15)


@BOTH
def test_upside_down_it_does_not_sink_into_the_ground(airframe: Airframe) -> None:
    state, inputs = on_the_ground(airframe)
    state[ps.QUAT], state[ps.QUAT + 1] = 0.0, 1.0
    state[ps.POS + 2] = -0.5
    rolled(airframe, state, inputs, 4.0)
    assert state[ps.POS + 2] < inputs[ps.GROUND_D]
    assert math.hypot(*state[ps.VEL : ps.VEL + 3]) < 0.1


def test_ground_out_of_reach_has_no_effect() -> None:
    state, inputs = on_the_ground(PLANE)
    state[ps.POS + 2] = -50.0
    roll_ground(state, inputs, pp.at_step(PLANE.params, DT), wing_of(PLANE), DT)
    assert not state[ps.FORCE : ps.TORQUE + 3].any()
