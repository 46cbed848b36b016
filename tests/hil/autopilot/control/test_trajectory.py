"""Trajectory of the position setpoint: limited speed, acceleration and jerk, and its end at the target."""

from __future__ import annotations

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.autopilot.control import layout as at
from hil.autopilot.control.trajectory import advance_setpoint
from hil.autopilot.control.tuning import control_gains

TUNE = control_gains(load_airframe("quad_x"))


def led(targets: list[tuple[float, float, float]], *, seconds_each: float, speed: float = 10.0) -> np.ndarray:
    """Return the setpoint's position, velocity and acceleration per slow step; the aircraft follows exactly."""
    est, ctl, rows = np.zeros(at.EST_SIZE), np.zeros(at.CTL_SIZE), []
    ctl[at.MODE] = at.GOTO
    ctl[at.SPEED], ctl[at.CLIMB], ctl[at.DESCEND] = speed, 2.5, 1.5
    for target in targets:
        ctl[at.LINE_START : at.LINE_START + 3] = ctl[at.P_SP : at.P_SP + 3]
        ctl[at.TARGET : at.TARGET + 3] = target
        for _ in range(round(seconds_each / at.SLOW_DT_S)):
            est[at.EP : at.EP + 3] = ctl[at.P_SP : at.P_SP + 3]
            advance_setpoint(est, ctl, TUNE, at.SLOW_DT_S)
            rows.append(ctl[at.P_SP : at.A_SP + 3].copy())
    return np.array(rows)


@pytest.mark.parametrize(
    "target", [(80.0, 0.0, 0.0), (0.0, -80.0, -10.0), (3.0, 4.0, 12.0), (0.2, 0.0, 0.0), (0.0, 0.0, -30.0)]
)
def test_the_setpoint_moves_straight_to_the_target_without_overshoot(
    target: tuple[float, float, float],
) -> None:
    rows, goal = led([target], seconds_each=25.0), np.array(target)
    along = rows[:, :3] @ goal / np.linalg.norm(goal)
    off = rows[:, :3] - np.outer(along, goal / np.linalg.norm(goal))
    assert along.max() < np.linalg.norm(goal) + 0.1
    assert np.abs(off).max() < 0.05
    assert rows[-1, :3] == pytest.approx(goal, abs=0.02)


def test_speed_acceleration_and_jerk_stay_within_their_limits_through_corners() -> None:
    rows = led(
        [(60.0, 0.0, -10.0), (60.0, 60.0, 0.0), (0.0, 10.0, -20.0), (40.0, 40.0, -5.0)], seconds_each=6.0
    )
    flat = np.hypot(rows[:, 3], rows[:, 4])
    assert 9.0 < flat.max() < 10.5
    assert -2.7 < rows[:, 5].min() < rows[:, 5].max() < 1.7
    assert np.hypot(rows[:, 6], rows[:, 7]).max() < TUNE[at.ACC_XY] + 1e-9
    assert np.abs(rows[:, 8]).max() < TUNE[at.ACC_Z] + 1e-9
    jerk = np.linalg.norm(np.diff(rows[:, 6:9], axis=0), axis=1) / at.SLOW_DT_S
    assert jerk.max() < TUNE[at.JERK] + 1e-6


def test_the_setpoint_waits_for_an_aircraft_that_cannot_follow() -> None:
    est, ctl = np.zeros(at.EST_SIZE), np.zeros(at.CTL_SIZE)
    ctl[at.MODE], ctl[at.TARGET] = at.GOTO, 100.0
    ctl[at.SPEED], ctl[at.CLIMB], ctl[at.DESCEND] = 10.0, 2.5, 1.5
    for _ in range(500):
        advance_setpoint(est, ctl, TUNE, at.SLOW_DT_S)
    assert ctl[at.P_SP] < 3.5
