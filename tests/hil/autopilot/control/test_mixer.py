"""Mixer: exact within the limits; roll and pitch have priority beyond them."""

from __future__ import annotations

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control import layout as at
from hil.autopilot.control.mixer import MIN_DUTY, mix, mixing_matrix
from hil.autopilot.control.tuning import control_gains
from hil.physics import params as p

AIRFRAME = load_airframe("quad_x")


def mixed(thrust: float, roll: float, pitch: float, yaw: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the duties, and their roll, pitch and yaw moment in N m and mean thrust fraction."""
    ctl = np.zeros(at.CTL_SIZE)
    ctl[at.THRUST], ctl[at.MOMENT : at.MOMENT + 3] = thrust, (roll, pitch, yaw)
    mix(ctl, control_gains(AIRFRAME), mixing_matrix(AIRFRAME))
    duty = ctl[at.OUT : at.OUT + 4].copy()
    newtons = duty**2 * AIRFRAME.full_thrust_n / 4.0
    table = AIRFRAME.params[p.ROTOR_TABLE : p.ROTOR_TABLE + 16].reshape(4, 4)
    made = [
        -table[:, 1] @ newtons,
        table[:, 0] @ newtons,
        -(table[:, 3] * AIRFRAME.params[p.MOMENT_COEF]) @ newtons,
    ]
    return duty, np.array([*made, np.mean(duty**2)])


def test_within_the_limits_the_moments_and_the_thrust_are_exact() -> None:
    _, made = mixed(0.45, 0.3, -0.2, 0.03)
    assert made == pytest.approx([0.3, -0.2, 0.03, 0.45], abs=1e-9)


@pytest.mark.parametrize("thrust", [0.0, 1.0])
def test_at_either_thrust_limit_roll_has_priority_over_thrust(thrust: float) -> None:
    duty, made = mixed(thrust, 1.0, 0.0, 0.0)
    assert made[0] == pytest.approx(1.0, rel=1e-6)
    assert made[3] != pytest.approx(thrust, abs=0.05)
    assert MIN_DUTY - 1e-9 <= duty.min() <= duty.max() <= 1.0


def test_excess_yaw_is_cut_before_roll() -> None:
    _, made = mixed(0.45, 0.8, 0.0, 5.0)
    assert made[0] == pytest.approx(0.8, rel=0.15)
    assert 0.0 < made[2] < 1.0


def test_excess_roll_stays_within_the_motors_range() -> None:
    duty, made = mixed(0.5, 50.0, 0.0, 0.0)
    assert duty.max() == pytest.approx(1.0)
    assert duty.min() == pytest.approx(MIN_DUTY)
    assert made[0] > 1.5
