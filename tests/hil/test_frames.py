"""Rotations: conventions and identities."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hil.frames import body_to_ned, from_euler, multiply, ned_to_body, rotated, to_euler, wrapped_pi

angles = st.floats(-3.1, 3.1)
pitches = st.floats(-1.5, 1.5)


def test_a_positive_yaw_turns_the_nose_from_north_to_east() -> None:
    assert body_to_ned(*from_euler(0.0, 0.0, math.pi / 2), 1.0, 0.0, 0.0) == pytest.approx(
        (0.0, 1.0, 0.0), abs=1e-12
    )


def test_a_positive_pitch_lifts_the_nose_and_a_positive_roll_drops_the_right_side() -> None:
    assert body_to_ned(*from_euler(0.0, 0.3, 0.0), 1.0, 0.0, 0.0)[2] < 0.0
    assert body_to_ned(*from_euler(0.3, 0.0, 0.0), 0.0, 1.0, 0.0)[2] > 0.0


@settings(max_examples=50, deadline=None)
@given(angles, pitches, angles)
def test_euler_angles_survive_conversion_to_a_quaternion(roll: float, pitch: float, yaw: float) -> None:
    assert to_euler(*from_euler(roll, pitch, yaw)) == pytest.approx((roll, pitch, yaw), abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(angles, pitches, angles)
def test_ned_to_body_undoes_body_to_ned(roll: float, pitch: float, yaw: float) -> None:
    q = from_euler(roll, pitch, yaw)
    assert ned_to_body(*q, *body_to_ned(*q, 1.0, -2.0, 3.0)) == pytest.approx((1.0, -2.0, 3.0), abs=1e-12)


def test_a_rotation_about_a_body_axis_is_a_quaternion_product() -> None:
    q = from_euler(0.2, -0.4, 1.0)
    assert rotated(*q, 0.3, 0.0, 0.0) == pytest.approx(multiply(*q, *from_euler(0.3, 0.0, 0.0)), abs=1e-12)


@pytest.mark.parametrize(
    ("angle", "same"), [(math.pi, -math.pi), (3.0 * math.pi + 0.1, -math.pi + 0.1), (-7.0, -7.0 + math.tau)]
)
def test_wrapped_angles_are_in_the_half_open_interval(angle: float, same: float) -> None:
    assert wrapped_pi(angle) == pytest.approx(same)
