"""A mistake in a winged airframe's file is one error line, and an airframe that cannot fly is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hil.airframes.load import BUNDLED, load_airframe
from hil.autopilot.plane.tuning import plane_tune
from hil.errors import AirframeError

GOOD = (BUNDLED / "plane.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("lift = [0.23, 5.61,", "lift = [0.23, 0.0,", "wing.lift has no lift"),
        (
            "lift = [0.23, 5.61, 7.95, 0.13]",
            "lift = [0.23, 5.61, 7.95]",
            "wing.lift must be a list of 4 numbers",
        ),
        ("drag = [0.04422729,", "drag = [0.0,", "wing.drag has no drag"),
        ("pitch = [0.0135, -2.74", "pitch = [0.0135, 0.74", "wing.pitch is unstable"),
        ("-38.21, -0.99", "-38.21, 0.99", "wing.pitch cannot be steered"),
        (
            "roll = [-0.13, -0.51, 0.25, 0.17",
            "roll = [-0.13, -0.51, 0.25, 0.0",
            "wing.roll cannot be steered",
        ),
        ("roll = [-0.13, -0.51", "roll = [-0.13, 0.51", "wing.roll is undamped"),
        ("area_m2 = 0.55", "area = 0.55", "wing.area is unknown; did you mean area_m2?"),
        ("mass_kg = 11.0", "mass_kg = 190.0", "wing cannot fly level at any speed"),
        ("motor_rpm_per_v = 145.0", "motor_rpm_per_v = 20.0", "the propeller's thrust is too small"),
        ("elevator = 1.0", "rudder = 1.0", "surfaces do not move aileron and elevator independently"),
        ("aileron = 1.0", "flap = 1.0", "surfaces[0].flap is unknown"),
        ("most_rad = 0.52\naileron = 1.0", "most_rad = 0.52", "surfaces[0] moves no axis"),
        ('turns = "cw"', 'turns = "left"', 'propeller.turns must be "cw" or "ccw"'),
        ("cruise_m_s = 22.0\n", "", "cruise_m_s is missing"),
        ("servo_tau_s = 0.04", "servo_tau_s = 0.0", "servo_tau_s must be between 0.005 and 1, is 0"),
        ("rolling_friction = 0.1\n", "", "ground.rolling_friction is missing"),
        ("hull_m = [[0.6, 0.0, 0.1]", "hull_m = [[0.6, 0.0]", "ground.hull_m must be a list of 3 numbers"),
        (
            "stall = [0.47, 50.0]",
            "stall = [27.0, 50.0]",
            "wing.stall starts at 27: the first number is an angle in rad",
        ),
        ("stall = [0.47, 50.0]", "stall = [0.47, 1e6]", "wing.stall has sharpness 1e+06"),
        ("-2.74, -38.21", "-2.74, 38.21", "wing.pitch is undamped: the third number"),
        ("yaw = [0.073,", "yaw = [-0.073,", "wing.yaw is unstable: the first number"),
        ("-0.069, -0.095", "-0.069, 0.095", "wing.yaw is undamped: the third number"),
        ("-0.011, -0.069]", "-0.011, 0.069]", "wing.yaw has a reversed rudder"),
        ("-0.011, -0.069]", "-0.011, 0.0]", "wing.yaw has a reversed rudder"),
        ("0.73016144,", "-7.0,", "wing.drag is -"),
        ("chord_m = 0.18994", "chord_m = 9.0", "wing.pitch damps too much"),
        ("torque_fit = [0.005230,", "torque_fit = [-0.005230,", "propeller.torque_fit is -0.00523 at"),
        (
            "[0.005230, 0.004970, -0.01664]",
            "[0, 0, 0]",
            "propeller.torque_fit is 0 at an advance ratio of 0.00",
        ),
        ("thrust_fit = [0.09357,", "thrust_fit = [0.0,", "propeller.thrust_fit gives no thrust"),
        (
            "-0.06044, -0.1079]\ntorque_fit = [0.005230, 0.004970, -0.01664]",
            "0.06, 0.1]\ntorque_fit = [0.005, 0.005, 0.005]",
            "propeller.thrust_fit never reaches 0",
        ),
        ("resistance_ohm = 0.024", "resistance_ohm = 1e30", "the propeller's thrust is too small"),
        ("cruise_m_s = 22.0", "cruise_m_s = 5.0", "cruise_m_s is 5, but stall speed is 11.5 m/s"),
        ("cruise_m_s = 22.0", "cruise_m_s = 15.0", "the elevator cannot trim it"),
        ("cruise_m_s = 22.0", "cruise_m_s = 60.0", "cruise_m_s is 60, where level flight is impossible"),
        ("[propeller]", "[propellor]", "propellor is unknown; did you mean propeller?"),
    ],
)
def test_a_mistake_is_one_line_with_file_and_key(tmp_path: Path, old: str, new: str, complaint: str) -> None:
    assert old in GOOD
    broken = tmp_path / "broken.toml"
    broken.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(AirframeError) as caught:
        load_airframe(broken)
    line = str(caught.value)
    assert complaint in line
    assert "broken.toml" in line
    assert "\n" not in line


@pytest.mark.parametrize("name", ["plane", "elevon"])
def test_speeds_lie_between_stall_and_the_propellers_limit(name: str) -> None:
    tune = plane_tune(load_airframe(name))
    assert tune.stall_m_s < tune.rotate_m_s < tune.min_m_s < tune.cruise_m_s < tune.max_m_s
    assert 0.3 < tune.energy.trim_throttle < 0.8
    assert tune.energy.climb_m_s > 2.0
