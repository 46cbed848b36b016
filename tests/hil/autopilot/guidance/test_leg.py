"""A straight leg is flown from rest to rest, within its limits, and takes a change of speed on the way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.autopilot.guidance.leg import AxisLimits, Leg

COPTER = AxisLimits(10.0, 2.5, 1.5, 2.5, 1.0)
DT_S = 0.02


def flown(leg: Leg, change_at_s: float = np.inf, limits: AxisLimits = COPTER) -> np.ndarray:
    """Fly a leg; return rows of distance, speed and acceleration."""
    rows = []
    while not leg.finished:
        if leg.elapsed_s >= change_at_s:
            leg.change_speed(limits)
        leg.advance(DT_S)
        rows.append(leg.at(leg.elapsed_s))
    return np.array(rows)


@given(st.tuples(*[st.floats(-150.0, 150.0)] * 2, st.floats(-60.0, 60.0)))
def test_a_leg_ends_at_its_goal_and_keeps_the_limits_of_its_direction(
    goal: tuple[float, float, float],
) -> None:
    leg = Leg((0.0, 0.0, 0.0), goal, COPTER, 1.0, 5.236)
    assert leg.vectors(leg.time_s)[0] == pytest.approx(goal, abs=1e-6)
    for time_s in np.linspace(0.0, leg.time_s, 60):
        _, vel, acc = leg.vectors(time_s)
        assert np.hypot(vel[0], vel[1]) <= 10.0 + 1e-6
        assert -2.5 - 1e-6 <= vel[2] <= 1.5 + 1e-6
        assert np.hypot(acc[0], acc[1]) <= 2.5 + 1e-6
        assert abs(acc[2]) <= 1.0 + 1e-6


def test_an_eighty_metre_leg_takes_as_long_as_the_formula_says() -> None:
    leg = Leg((0.0, 0.0, 0.0), (80.0, 0.0, 0.0), COPTER, 1.0, 5.236)
    ramp_s = 10.0 / 2.5 + 2.5 + 0.3
    assert leg.time_s == pytest.approx(2.0 * ramp_s + (80.0 - 10.0 * ramp_s) / 10.0, abs=1e-3)


@pytest.mark.parametrize("at_s", [0.0, 0.5, 2.0, 4.0, 9.0, 20.0])
@pytest.mark.parametrize("speed_m_s", [3.0, 14.0])
def test_a_changed_speed_is_flown_without_a_jump_and_to_the_same_goal(at_s: float, speed_m_s: float) -> None:
    leg = Leg((0.0, 0.0, 0.0), (200.0, 0.0, 0.0), COPTER, 1.0, 5.236)
    rows = flown(leg, at_s, AxisLimits(speed_m_s, 2.5, 1.5, 2.5, 1.0))
    assert rows[-1] == pytest.approx((200.0, 0.0, 0.0), abs=1e-6)
    assert np.abs(np.diff(rows[:, 1])).max() <= 2.5 * DT_S + 1e-6
    assert np.abs(np.diff(rows[:, 2])).max() <= 1.0 * DT_S + 1e-3
    if at_s < 10.0:
        assert np.abs(rows[:, 1] - speed_m_s).min() < 0.05


def test_a_leg_of_no_length_is_finished_at_once() -> None:
    leg = Leg((1.0, 2.0, 3.0), (1.0, 2.0, 3.0), COPTER, 1.0, 5.236)
    assert leg.finished
    assert leg.vectors(0.0) == ((0.0, 0.0, 0.0),) * 3


def test_a_leg_may_begin_and_end_in_motion() -> None:
    leg = Leg((0.0, 0.0, 0.0), (100.0, 0.0, 0.0), COPTER, 1.0, 5.236)
    leg.starts_at(4.0)
    leg.ends_at(6.0)
    assert leg.at(0.0)[1] == pytest.approx(4.0)
    rows = flown(leg)
    assert rows[-1][:2] == pytest.approx((100.0, 6.0), abs=1e-6)
