"""Changes of speed keep their limits, and end at the speed they are for."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.autopilot.guidance.ramp import Limits, fitting, ramp

LIMITS = st.builds(Limits, st.floats(0.5, 5.0), st.floats(0.3, 8.0), st.floats(1.0, 30.0))


@given(LIMITS, st.floats(0.05, 15.0), st.booleans())
def test_a_ramp_keeps_acceleration_and_jerk_and_gains_its_speed(
    limits: Limits, gain_m_s: float, standing: bool
) -> None:
    change = ramp(gain_m_s, limits, standing=standing)
    assert change is not None
    assert change.jerk_m_s3 <= limits.jerk_m_s3 + 1e-9
    times = np.linspace(0.0, change.time_s, 120)
    pos, vel, acc = np.array([change.at(t) for t in times]).T
    assert acc.max() <= limits.acc_m_s2 * (1.0 + 1e-6)
    assert acc.min() >= -1e-9
    assert np.all(np.diff(vel) >= -1e-9)
    assert change.at(change.time_s) == pytest.approx(
        (0.5 * gain_m_s * change.time_s, gain_m_s, 0.0), abs=1e-6
    )
    # Distance is the integral of speed.
    assert pos[60] == pytest.approx(
        0.5 * ((vel[1:61] + vel[:60]) * np.diff(times[:61])).sum(), rel=5e-3, abs=1e-3
    )


def test_the_jerk_of_arducopters_default_rises_in_three_tenths_of_a_second() -> None:
    limits = Limits(2.5, 1.0, 0.5 * math.pi / 0.3)
    assert limits.rise_s == pytest.approx(0.3)
    change = ramp(10.0, limits)
    assert change is not None
    # V/A + A/J + tj
    assert change.time_s == pytest.approx(10.0 / 2.5 + 2.5 / 1.0 + 0.3)


def test_a_change_that_would_need_more_room_ends_at_a_lower_speed() -> None:
    limits = Limits(2.5, 1.0, 5.236)
    speed = fitting(10.0, 0.0, 20.0, limits)
    change = ramp(speed, limits)
    assert change is not None
    assert speed < 10.0
    assert 0.5 * speed * change.time_s == pytest.approx(20.0, abs=1e-3)


def test_no_change_of_speed_is_no_ramp() -> None:
    assert ramp(0.0, Limits(2.5, 1.0, 5.0)) is None


def test_a_ramp_that_is_cut_is_the_same_until_then() -> None:
    limits = Limits(2.5, 1.0, 5.236)
    whole = ramp(10.0, limits)
    assert whole is not None
    cut = whole.cut(3.5, 4.0)
    assert cut.at(3.4) == pytest.approx(whole.at(3.4))
    assert 4.0 <= cut.gain_m_s < 10.0
    assert cut.at(cut.time_s)[2] == pytest.approx(0.0, abs=1e-6)
