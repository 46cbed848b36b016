"""PX4's speed of one axis reaches what is wanted within acceleration and jerk."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.autopilot.guidance.jerk_axis import JerkAxis, braking_speed

SPEED = st.floats(-12.0, 12.0)


@given(SPEED, st.floats(-3.0, 3.0), SPEED)
def test_the_speed_is_reached_in_the_planned_time(start: float, acc: float, wanted: float) -> None:
    axis = JerkAxis(0.0, start, acc, 3.0, 4.0)
    axis.plan(wanted)
    axis.advance(axis.time_s)
    assert axis.vel_m_s == pytest.approx(wanted, abs=1e-6)
    assert axis.acc_m_s2 == pytest.approx(0.0, abs=1e-6)


@given(SPEED, SPEED, st.floats(1.05, 3.0))
def test_a_stretched_plan_reaches_the_same_speed_later(start: float, wanted: float, factor: float) -> None:
    axis = JerkAxis(0.0, start, 0.0, 3.0, 4.0)
    axis.plan(wanted)
    whole_s = factor * axis.time_s + 0.1
    axis.stretch(whole_s)
    axis.advance(whole_s)
    assert axis.vel_m_s == pytest.approx(wanted, abs=1e-6)


@given(SPEED, SPEED)
def test_acceleration_and_jerk_stay_within_their_limits(start: float, wanted: float) -> None:
    axis = JerkAxis(0.0, start, 0.0, 3.0, 4.0)
    axis.plan(wanted)
    before = 0.0
    for _ in range(40):
        axis.advance(0.05)
        assert abs(axis.acc_m_s2) <= 3.0 + 1e-9
        assert abs(axis.acc_m_s2 - before) <= 4.0 * 0.05 + 1e-9
        before = axis.acc_m_s2


def test_the_braking_speed_grows_with_the_distance_and_is_the_final_one_at_the_point() -> None:
    assert braking_speed(4.0, 3.0, 0.0, 0.0) == 0.0
    # Recorded of PX4 1.17 at the end of a climb: 1.75 m/s 3.8 m below the height.
    assert braking_speed(4.0, 4.0, 3.8, 0.0) == pytest.approx(1.71, abs=0.05)
