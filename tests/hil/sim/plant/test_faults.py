"""Effects of faults on a flight."""

from __future__ import annotations

import math

import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control.setpoints import GoTo
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.geodesy import Home
from hil.sim.loops.multirotor import MultirotorSim
from hil.sim.plant.gusts import gust_edges, gust_share

HOME = Home(47.397742, 8.545594, 488.0, 30.0)


def hovering(*faults: str, airframe: str = "quad_x") -> MultirotorSim:
    """Return a flight that hovers at 20 m after 30 s."""
    loop = MultirotorSim(load_airframe(airframe), HOME, seed=1, faults=[Fault.parse(text) for text in faults])
    loop.advance(15.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -20.0)))
    loop.advance(30.0)
    assert loop.truth.pos_ned[2] == pytest.approx(-20.0, abs=1.0)
    return loop


def test_a_quad_falls_with_a_dead_motor_and_an_octo_does_not() -> None:
    quad = hovering("motor1 dead 30")
    quad.advance(36.0)
    assert quad.truth.pos_ned[2] > -5.0
    assert quad.truth.rotor_speeds_rad_s[0] < 1.0
    octo = hovering("motor1 dead 30", airframe="octo_coax_x")
    octo.advance(40.0)
    assert octo.truth.pos_ned[2] == pytest.approx(-20.0, abs=1.5)


def test_a_weak_motor_is_compensated_by_a_higher_speed() -> None:
    loop = hovering("motor1 weak:0.8 30")
    loop.advance(45.0)
    assert loop.truth.pos_ned[2] == pytest.approx(-20.0, abs=1.0)
    assert loop.motor_outputs[0] > 1.05 * max(loop.motor_outputs[1:])


def test_jammed_gps_loses_its_fix_and_gets_it_again() -> None:
    loop = hovering("gps jam 30 10")
    loop.advance(36.0)
    assert loop.sensors.gps.fix_type == 1
    assert not loop.estimate.ready.gps_used
    loop.advance(42.0)
    assert loop.sensors.gps.fix_type == 1
    loop.advance(60.0)
    assert loop.sensors.gps.fix_type == 3
    assert loop.estimate.ready.gps_used


def test_a_stuck_barometer_repeats_itself_until_the_fault_is_over() -> None:
    loop = hovering("baro stuck 30 5")
    loop.advance(30.1)
    held = loop.sensors.baro_hpa
    loop.advance(34.9)
    assert loop.sensors.baro_hpa == held
    loop.advance(36.0)
    assert loop.sensors.baro_hpa != held


def test_a_drifting_barometer_makes_the_aircraft_drift() -> None:
    loop = hovering("baro drift:2 30")
    loop.advance(60.0)
    # 60 Pa of error read 5 m too low, so it climbs.
    assert loop.truth.pos_ned[2] == pytest.approx(-20.0 - 60.0 / 11.5, abs=1.5)


def test_spoofed_gps_moves_the_aircraft_the_other_way() -> None:
    loop = hovering("gps drift:0.3 30")
    loop.advance(60.0)
    assert loop.truth.pos_ned[0] < -5.0


def test_without_compass_and_barometer_it_still_hovers_for_a_while() -> None:
    loop = hovering("mag off 30", "baro off 30")
    loop.advance(36.0)
    assert loop.sensors.mag_frd_gauss == (0.0, 0.0, 0.0)
    assert max(abs(angle) for angle in loop.truth.euler_rad[:2]) < 0.2


def test_a_lost_cell_shows_in_the_voltage_and_costs_thrust() -> None:
    loop, whole = hovering("battery cell:3.7 30"), hovering()
    loop.advance(35.0)
    whole.advance(35.0)
    assert whole.sensors.battery_v - loop.sensors.battery_v == pytest.approx(3.9, abs=0.4)
    assert min(loop.motor_outputs) > 1.15 * max(whole.motor_outputs)


def test_a_fault_injected_in_flight_can_be_cleared() -> None:
    loop = hovering()
    loop.inject(Fault.parse("gps off 31"))
    loop.advance(33.0)
    assert loop.sensors.gps.fix_type == 0
    loop.clear_faults()
    loop.advance(34.0)
    assert loop.sensors.gps.fix_type == 3


def test_faults_that_have_not_started_change_no_bit() -> None:
    assert hovering("gyro stuck 500").truth == hovering().truth


@pytest.mark.parametrize(
    ("airframe", "motor", "most"), [("quad_x", 5, 4), ("quad_x", 9, 4), ("hexa_x", 9, 6)]
)
def test_a_fault_of_a_motor_that_the_airframe_lacks_is_refused(airframe: str, motor: int, most: int) -> None:
    with pytest.raises(ScenarioError, match=f"no motor {motor}; number must be 1 to {most}"):
        MultirotorSim(load_airframe(airframe), HOME, seed=1, faults=[Fault.parse(f"motor{motor} dead 3")])


def test_weather_beyond_the_models_is_refused() -> None:
    for weather in ({"turbulence_m_s": 40.0}, {"roughness_m": 2.0}, {"warmer_k": math.nan}):
        with pytest.raises(ScenarioError):
            MultirotorSim(load_airframe("quad_x"), HOME, seed=1, **weather)


def test_it_holds_its_position_in_light_turbulence_over_grass() -> None:
    loop = MultirotorSim(
        load_airframe("quad_x"), HOME, seed=1, wind_ned=(6.0, 0.0, 0.0), turbulence_m_s=7.7, roughness_m=0.05
    )
    loop.advance(15.0)
    loop.armed = True
    loop.command(GoTo((0.0, 0.0, -20.0)))
    loop.advance(30.0)
    worst = 0.0
    while loop.time_s < 90.0:
        loop.advance(loop.time_s + 0.1)
        worst = max(worst, math.dist(loop.truth.pos_ned, (0.0, 0.0, -20.0)))
    assert 0.3 < worst < 4.0


def test_garbage_of_the_barometer_stays_within_its_amount() -> None:
    clean, spoilt = hovering(), hovering("baro garbage:200 30 5")
    off = []
    for step in range(1, 200):
        for loop in (clean, spoilt):
            loop.advance(30.0 + 0.02 * step)
        off.append(100.0 * (spoilt.sensors.baro_hpa - clean.sensors.baro_hpa))
    assert max(off) > 100.0
    assert min(off) < -100.0
    spoilt.advance(60.0)
    assert spoilt.truth.pos_ned[2] == pytest.approx(-20.0, abs=3.0)


def test_a_delayed_gyroscope_repeats_earlier_readings() -> None:
    loop = MultirotorSim(load_airframe("quad_x"), HOME, seed=1, faults=[Fault.parse("gyro delayed:0.1 1 1")])
    clean = MultirotorSim(load_airframe("quad_x"), HOME, seed=1)
    rates = []
    for step in range(1, 400):
        clean.advance(0.004 * step)
        loop.advance(0.004 * step)
        rates.append(clean.sensors.gyro_frd)
        if loop.time_s > 1.2:
            assert loop.sensors.gyro_frd == rates[-1 - 25]
    loop.advance(2.5)
    clean.advance(2.5)
    assert loop.sensors.gyro_frd == clean.sensors.gyro_frd


def test_an_intermittent_compass_alternates() -> None:
    loop = MultirotorSim(
        load_airframe("quad_x"), HOME, seed=1, faults=[Fault.parse("mag intermittent:0.5 2")]
    )
    shown = []
    for half in range(8):
        loop.advance(0.25 + 0.5 * half)
        shown.append(math.hypot(*loop.sensors.mag_frd_gauss) > 0.1)
    assert shown == [True, True, True, True, False, True, False, True]


def test_a_spoofed_gps_moves_the_aircraft_while_its_estimate_stands_still() -> None:
    loop = hovering("gps spoof:30 30")
    loop.advance(60.0)
    assert abs(loop.estimate.pos_ned[0]) < 3.0
    assert loop.truth.pos_ned[0] == pytest.approx(-30.0, abs=5.0)


def test_a_gust_blows_along_the_wind_for_its_time_and_not_a_step_longer() -> None:
    fault = Fault.parse("wind gust:6 2 1")
    loop = MultirotorSim(load_airframe("quad_x"), HOME, seed=1, wind_ned=(0.0, 4.0, 0.0), faults=[fault])
    felt = []
    for until_s in (1.996, 2.25, 2.5, 2.75, 2.996, 3.5):
        loop.advance(until_s)
        felt.append(loop.truth.wind_ned[1])
    # Up and down over half a second each: 1-cosine, held over 20 ms.
    assert felt == pytest.approx([4.0, 7.0, 10.0, 7.0, 4.0, 4.0], abs=0.4)


def test_a_long_gust_rises_for_a_second_and_falls_for_one() -> None:
    fault = Fault.parse("wind gust:6 2 10")
    share = [
        gust_share(fault, round(1000.0 * at)) for at in (1.999, 2.0, 2.5, 3.0, 7.0, 11.0, 11.5, 11.98, 12.0)
    ]
    assert share == pytest.approx([0.0, 0.0, 0.5, 1.0, 1.0, 1.0, 0.5, 0.0, 0.0], abs=0.002)
    endless = Fault.parse("wind gust:6 2")
    assert [gust_share(endless, step) for step in (2500, 10**9)] == pytest.approx([0.5, 1.0])


@pytest.mark.parametrize(
    "text", ["wind gust:6 2 10", "wind gust:6 2.003 0.457", "wind gust:6 2", "wind gust:6 0 0.01"]
)
def test_between_two_updates_of_a_gust_the_wind_is_constant(text: str) -> None:
    schedule = [Fault.parse(text)]
    edges = {*gust_edges(schedule, -1, 15_000)}
    shares = [gust_share(schedule[0], step) for step in range(15_000)]
    assert {step for step in range(1, 15_000) if shares[step] != shares[step - 1]} <= edges
    assert len(edges) < 120


def test_a_gust_is_the_same_in_any_steps_of_time() -> None:
    ends = []
    for step_s in (0.5, 3.5):
        loop = MultirotorSim(
            load_airframe("quad_x"), HOME, seed=1, gust_m_s=1.0, faults=[Fault.parse("wind gust:6 1.3 1")]
        )
        for k in range(1, round(3.5 / step_s) + 1):
            loop.advance(step_s * k)
        ends.append(loop.truth)
    assert ends[0] == ends[1]
