"""Whole flights of a multirotor on its sensors, compared with ground truth."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo, HoldAttitude, HoldPosition, MotorsIdle, Velocity
from hil.errors import ScenarioError
from hil.geodesy import Home, lla_to_ned
from hil.sim.loops.multirotor import MultirotorSim

HOME = Home(47.397742, 8.545594, 488.0, 30.0)
STEP_S = 0.1


def make(seed: int = 1, **weather: object) -> MultirotorSim:
    return MultirotorSim(load_airframe("quad_x"), HOME, seed=seed, **weather)  # type: ignore[arg-type]


def watch(
    loop: MultirotorSim, seconds: float, until: Callable[[MultirotorSim], bool] = lambda _: False
) -> np.ndarray:
    """Return rows of true position, true velocity, estimated position and velocity, every 0.1 s."""
    rows, end = [], loop.time_s + seconds
    while loop.time_s < end - 1e-9 and not until(loop):
        loop.advance(loop.time_s + STEP_S)
        truth, estimate = loop.truth, loop.estimate
        rows.append((*truth.pos_ned, *truth.vel_ned, *estimate.pos_ned, *estimate.vel_ned))
    return np.array(rows)


def airborne(seed: int = 1, height_m: float = 20.0, **weather: object) -> MultirotorSim:
    loop = make(seed, **weather)
    watch(loop, 30.0, lambda it: bool(it.estimate.ready))
    loop.armed = True
    north, east, _ = loop.estimate.pos_ned
    loop.command(GoTo((north, east, -height_m)))
    watch(loop, height_m / 2.0 + 8.0)
    return loop


# --- power-on ---


def test_it_is_not_ready_until_it_has_calibrated_and_has_gps() -> None:
    loop = make()
    loop.advance(1.0)
    assert loop.estimate.ready.missing == ("tilt_aligned", "yaw_aligned", "gps_used")
    loop.advance(3.0)
    assert loop.estimate.ready.missing == ("gps_used",)
    loop.advance(12.0)
    assert loop.estimate.ready


def test_without_gps_it_never_becomes_ready() -> None:
    loop = make()
    loop.gps_enabled = False
    loop.advance(30.0)
    assert not loop.estimate.ready
    assert loop.sensors.gps.fix_type == 1


@pytest.mark.parametrize("heading_deg", [0.0, 135.0, 270.0])
def test_the_estimated_heading_is_the_true_one(heading_deg: float) -> None:
    loop = MultirotorSim(load_airframe("quad_x"), Home(-35.363261, 149.165230, 584.0, heading_deg), seed=2)
    loop.advance(5.0)
    off = math.degrees(loop.estimate.heading_rad) - heading_deg
    assert abs((off + 180.0) % 360.0 - 180.0) < 5.0


def test_disarmed_on_the_ground_it_is_landed_with_motors_stopped() -> None:
    loop = make()
    loop.command(GoTo((0.0, 0.0, -20.0)))
    loop.advance(15.0)
    assert loop.estimate.landed
    assert loop.motor_outputs == (0.0, 0.0, 0.0, 0.0)
    assert loop.truth.rotor_speeds_rad_s == (0.0, 0.0, 0.0, 0.0)


def test_armed_and_idle_the_propellers_turn_and_it_stays_on_the_ground() -> None:
    loop = make()
    loop.advance(10.0)
    loop.armed = True
    loop.command(MotorsIdle())
    loop.advance(20.0)
    assert min(loop.truth.rotor_speeds_rad_s) > 50.0
    assert loop.throttle == 0.0
    assert abs(loop.truth.pos_ned[2]) < 0.01
    assert loop.estimate.landed


# --- flight ---


@pytest.mark.parametrize(("seed", "wind", "gust"), [(1, (0.0, 0.0, 0.0), 0.0), (2, (5.0, -4.0, 0.0), 1.0)])
def test_a_flight_from_takeoff_to_landing_stays_close_to_its_estimate(
    seed: int, wind: tuple[float, float, float], gust: float
) -> None:
    loop = airborne(seed, wind_ned=wind, gust_m_s=gust)
    assert not loop.estimate.landed
    flight = []
    loop.command(GoTo((60.0, 0.0, -20.0), yaw_rad=0.0))
    flight.append(watch(loop, 16.0))
    loop.command(GoTo((60.0, 40.0, -30.0), yaw_rad=1.5))
    flight.append(watch(loop, 16.0))
    assert loop.estimate.euler_rad[2] == pytest.approx(1.5, abs=0.1)
    loop.command(GoTo((60.0, 40.0, -6.0)))
    flight.append(watch(loop, 20.0))
    loop.command(Velocity((0.0, 0.0, 0.5)))
    flight.append(watch(loop, 30.0, lambda it: it.estimate.landed))
    rows = np.vstack(flight)
    assert loop.estimate.landed
    assert (
        np.abs(rows[:, 0:2] - rows[:, 6:8]).max() < 2.0
    )  # GPS error of 0.4 m (1 sigma), three sigma and more over a flight
    assert np.abs(rows[:, 2] - rows[:, 8]).max() < 0.8
    assert np.abs(rows[:, 3:6] - rows[:, 9:12]).max() < 0.6
    watch(loop, 2.0)
    assert np.abs(loop.truth.vel_ned).max() < 0.02
    assert abs(loop.truth.pos_ned[2]) < 0.02
    assert max(abs(angle) for angle in loop.truth.euler_rad[:2]) < 0.02


def test_the_takeoff_climbs_at_the_requested_speed_without_overshoot() -> None:
    loop = make()
    loop.advance(10.0)
    loop.armed = True
    north, east, _ = loop.estimate.pos_ned
    loop.command(GoTo((north, east, -20.0), climb_m_s=2.5))
    rows = watch(loop, 18.0)
    assert rows[:, 5].min() == pytest.approx(-2.5, abs=0.25)
    assert rows[:, 2].min() > -20.7
    assert rows[-1, 2] == pytest.approx(-20.0, abs=0.4)


@pytest.mark.parametrize("speed", [3.0, 10.0, 15.0])
def test_a_goto_flies_a_straight_line_at_its_speed_and_overshoots_less_than_0_7_m(speed: float) -> None:
    loop = airborne()
    start = np.array(loop.estimate.pos_ned)
    target = start + np.array([0.0, 110.0, 0.0])
    loop.command(GoTo((target[0], target[1], target[2]), speed_m_s=speed))
    rows = watch(loop, 110.0 / speed + 14.0)
    estimated = rows[:, 6:9]
    assert estimated[:, 1].max() < target[1] + 0.7
    assert np.abs(estimated[:, 0] - start[0]).max() < 0.8
    assert np.abs(estimated[:, 2] - start[2]).max() < 1.0
    assert rows[:, 4].max() == pytest.approx(speed, abs=0.5)
    assert estimated[-1] == pytest.approx(target, abs=0.5)


def test_a_slanted_goto_keeps_to_the_slower_axis() -> None:
    loop = airborne()
    start = np.array(loop.estimate.pos_ned)
    loop.command(GoTo((start[0] + 20.0, start[1], start[2] - 20.0), speed_m_s=10.0, climb_m_s=2.0))
    rows = watch(loop, 18.0)
    assert rows[:, 11].min() == pytest.approx(-2.0, abs=0.3)
    assert rows[:, 9].max() == pytest.approx(2.0, abs=0.4)
    # On the line: as far north as up.
    assert np.abs((rows[:, 6] - start[0]) + (rows[:, 8] - start[2])).max() < 1.0


def test_a_new_target_in_flight_is_accepted_without_a_jerk() -> None:
    loop = airborne()
    loop.command(GoTo((0.0, 100.0, -20.0)))
    watch(loop, 8.0)
    loop.command(GoTo((100.0, 100.0, -20.0)))
    rows = watch(loop, 30.0)
    assert np.hypot(rows[:, 3], rows[:, 4]).max() < 11.0
    assert (np.diff(rows[:, 3:5], axis=0) / STEP_S).max() < 4.0
    assert rows[-1, 6:8] == pytest.approx([100.0, 100.0], abs=0.6)


def test_a_velocity_is_reached_and_holding_stops_and_stays() -> None:
    loop = airborne(wind_ned=(0.0, 3.0, 0.0))
    loop.command(Velocity((4.0, -3.0, 0.0)))
    rows = watch(loop, 8.0)
    assert rows[-10:, 3:6].mean(axis=0) == pytest.approx([4.0, -3.0, 0.0], abs=0.2)
    loop.command(HoldPosition())
    watch(loop, 6.0)
    rows = watch(loop, 10.0)
    assert np.ptp(rows[:, 6:8], axis=0).max() < 0.4
    assert np.abs(rows[:, 3:6]).max() < 0.3


def test_a_yaw_rate_turns_the_nose_and_keeps_the_position() -> None:
    loop = airborne()
    before = loop.estimate
    loop.command(Velocity((0.0, 0.0, 0.0), yaw_rate_rad_s=0.4))
    watch(loop, 5.0)
    turned = (loop.estimate.heading_rad - before.heading_rad) % math.tau
    assert turned == pytest.approx(2.0, abs=0.25)
    assert loop.estimate.pos_ned == pytest.approx(before.pos_ned, abs=0.5)


def test_an_attitude_setpoint_is_reached() -> None:
    loop = airborne()
    loop.command(HoldAttitude(roll_rad=0.15, pitch_rad=0.0, yaw_rad=None, thrust=loop.throttle))
    watch(loop, 1.5)
    assert loop.truth.euler_rad[0] == pytest.approx(0.15, abs=0.03)


def test_disarmed_in_the_air_it_falls() -> None:
    loop = airborne()
    loop.armed = False
    watch(loop, 1.0)
    assert loop.truth.vel_ned[2] > 7.0


def test_hover_costs_about_14_amperes_and_counts_them() -> None:
    loop = airborne()
    before = loop.sensors.battery_consumed_mah
    watch(loop, 20.0)
    assert 0.35 < loop.throttle < 0.50
    assert 11.0 < loop.sensors.battery_a < 17.0
    assert loop.sensors.battery_consumed_mah - before == pytest.approx(14.0 * 20.0 / 3.6, rel=0.2)


def test_an_overridden_battery_voltage_is_measured() -> None:
    loop = airborne()
    loop.battery_override_v = 13.9
    watch(loop, 1.0)
    assert loop.sensors.battery_v == pytest.approx(13.9, abs=0.06)
    assert loop.battery_override_v == 13.9
    loop.battery_override_v = None
    watch(loop, 1.0)
    assert loop.sensors.battery_v > 15.0


def test_a_gps_loss_in_flight_is_detected_survived_and_recovered() -> None:
    loop = airborne()
    loop.gps_enabled = False
    watch(loop, 8.0)
    assert not loop.estimate.ready.gps_used
    assert abs(loop.truth.pos_ned[2] + 20.0) < 1.0
    loop.gps_enabled = True
    watch(loop, 10.0)
    assert loop.estimate.ready.gps_used
    truth, belief = loop.truth.pos_ned, loop.estimate.pos_ned
    assert math.dist(truth[:2], belief[:2]) < 2.0


def test_estimate_and_ground_truth_agree_in_both_position_forms() -> None:
    loop = airborne()
    for view in (loop.estimate, loop.truth):
        back = lla_to_ned(
            view.lat_deg, view.lon_deg, view.alt_amsl_m, HOME.lat_deg, HOME.lon_deg, HOME.alt_amsl_m
        )
        assert back == pytest.approx(view.pos_ned, abs=1e-3)


# --- repeatability ---

SCRIPT = """
import hashlib, json
from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo
from hil.geodesy import Home
from hil.sim.loops.multirotor import MultirotorSim

def flight(seed, step_s):
    home = Home(47.4, 8.5, 488.0)
    loop = MultirotorSim(load_airframe("quad_x"), home, seed=seed, wind_ned=(2.0, 1.0, 0.0), gust_m_s=1.0)
    seen = hashlib.sha256()
    for k in range(round(24.0 / step_s)):
        loop.advance((k + 1) * step_s)
        if abs(loop.time_s - 10.0) < 1e-9:
            loop.armed = True
            loop.command(GoTo((5.0, 3.0, -10.0)))
        if abs(loop.time_s % 1.0) < 1e-9:
            seen.update(repr((loop.truth, loop.estimate, loop.sensors)).encode())
    return seen.hexdigest()
"""


def flown(seed: int, step_s: float) -> str:
    names: dict[str, Callable[[int, float], str]] = {}
    exec(SCRIPT, names)
    return names["flight"](seed, step_s)


def test_the_same_seed_repeats_the_flight_bit_for_bit_in_any_steps() -> None:
    assert flown(7, 0.5) == flown(7, 0.02)


def test_another_seed_is_another_flight() -> None:
    assert flown(7, 0.5) != flown(8, 0.5)


def test_the_same_seed_is_the_same_flight_in_another_process() -> None:
    code = SCRIPT + "\nprint(flight(7, 0.5))"
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300
    )
    assert run.stdout.strip() == flown(7, 0.5)


# --- bad input ---


@pytest.mark.parametrize(
    ("home", "weather", "complaint"),
    [
        (Home(200.0, 8.5, 488.0), {}, "invalid home: latitude must be -90 to 90"),
        (Home(47.0, math.nan, 488.0), {}, "invalid home: latitude must be -90 to 90"),
        (Home(47.0, 8.5, 12000.0), {}, "home must be between"),
        (Home(47.0, 8.5, 488.0), {"wind_ned": (60.0, 0.0, 0.0)}, "wind must be at most 40"),
        (Home(47.0, 8.5, 488.0), {"wind_ned": (math.nan, 0.0, 0.0)}, "wind must be at most 40"),
        (Home(47.0, 8.5, 488.0), {"gust_m_s": -1.0}, "gusts must be between"),
    ],
)
def test_a_scenario_beyond_the_model_is_refused(
    home: Home, weather: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        MultirotorSim(load_airframe("quad_x"), home, seed=1, **weather)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "setpoint",
    [GoTo((math.nan, 0.0, 0.0)), Velocity((0.0, math.inf, 0.0)), GoTo((0.0, 0.0, -5.0), speed_m_s=0.0)],
)
def test_a_setpoint_that_is_not_finite_or_has_no_speed_is_refused(setpoint: GoTo | Velocity) -> None:
    with pytest.raises(ScenarioError):
        make().command(setpoint)
