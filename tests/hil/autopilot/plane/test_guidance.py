"""L1 guidance of a point mass: turn direction, line following, circle following."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.autopilot.plane.guidance import L1, circled

Vector2 = tuple[float, float]

STEP_S = 0.02


def flown(turn, pos, vel, seconds, wind=(0.0, 0.0)):  # type: ignore[no-untyped-def]
    """Return the track of a point with constant airspeed and lateral acceleration `turn(pos, vel)`, bank limited."""
    speed, heading = math.hypot(*vel), math.atan2(vel[1], vel[0])
    track = [pos]
    for _ in range(round(seconds / STEP_S)):
        vel = (speed * math.cos(heading) + wind[0], speed * math.sin(heading) + wind[1])
        accel = max(-9.8, min(9.8, turn(pos, vel)))
        heading += accel / speed * STEP_S
        pos = (pos[0] + vel[0] * STEP_S, pos[1] + vel[1] * STEP_S)
        track.append(pos)
    return track


@pytest.mark.parametrize("wind", [(0.0, 0.0), (6.0, -6.0)])
@pytest.mark.parametrize("start", [(0.0, 80.0), (0.0, -300.0), (-100.0, 10.0)])
def test_a_line_is_joined_and_followed_in_wind(start: tuple[float, float], wind: tuple[float, float]) -> None:
    line = L1()
    track = flown(
        lambda pos, vel: line.to_line(pos, vel, (0.0, 0.0), (5000.0, 0.0)), start, (0.0, 20.0), 90.0, wind
    )
    assert all(abs(place[1]) < 2.0 for place in track[-500:])
    assert track[-1][0] > 800.0


@pytest.mark.parametrize("clockwise", [True, False])
@pytest.mark.parametrize("start", [(500.0, 0.0), (10.0, 5.0), (0.0, -90.0)])
def test_a_circle_is_joined_from_outside_and_inside_and_followed(
    start: tuple[float, float], clockwise: bool
) -> None:
    circle = L1()
    track = flown(
        lambda pos, vel: circle.to_circle(pos, vel, (0.0, 0.0), 80.0, clockwise=clockwise),
        start,
        (15.0, 13.0),
        120.0,
    )
    assert all(abs(math.hypot(*place) - 80.0) < 4.0 for place in track[-1500:])
    angle, turned = None, 0.0
    for place in track[-1500:]:
        angle, more = circled(angle, place, (0.0, 0.0))
        turned += more
    assert turned * (1.0 if clockwise else -1.0) > math.pi


def test_a_course_over_ground_is_held_in_a_crosswind() -> None:
    track = flown(
        lambda _, vel: L1().to_heading(vel, math.pi / 2.0), (0.0, 0.0), (20.0, 0.0), 60.0, (5.0, 0.0)
    )
    north, east = track[-1][0] - track[-500][0], track[-1][1] - track[-500][1]
    assert math.degrees(math.atan2(north, east)) == pytest.approx(0.0, abs=1.0)


def test_beyond_the_end_of_a_line_guidance_turns_back_to_it() -> None:
    assert abs(L1().to_line((900.0, 0.0), (20.0, 0.5), (0.0, 0.0), (500.0, 0.0))) > 2.0


@given(
    st.tuples(*[st.floats(-1e5, 1e5)] * 2),
    st.tuples(*[st.floats(-60.0, 60.0)] * 2),
    st.tuples(*[st.floats(-1e5, 1e5)] * 2),
    st.tuples(*[st.floats(-1e5, 1e5)] * 2),
)
def test_every_position_and_velocity_gives_a_finite_acceleration(
    pos: Vector2, vel: Vector2, start: Vector2, end: Vector2
) -> None:
    line = L1()
    assert math.isfinite(line.to_line(pos, vel, start, end))
    assert math.isfinite(line.to_circle(pos, vel, end, 80.0, clockwise=True))


def test_a_far_line_is_joined_at_45_degrees() -> None:
    line = L1()
    assert line.to_line((500.0, 900.0), (-14.0, -14.0), (0.0, 0.0), (5000.0, 0.0)) > 1.0
    course = math.radians(-45.0)
    joining = (20.0 * math.cos(course), 20.0 * math.sin(course))
    assert line.to_line((500.0, 900.0), joining, (0.0, 0.0), (5000.0, 0.0)) == pytest.approx(0.0, abs=1e-9)


def test_the_integral_turns_against_a_lasting_offset() -> None:
    line = L1(integral=0.02)
    first = line.to_line((0.0, 5.0), (20.0, 0.0), (-10.0, 0.0), (5000.0, 0.0))
    for _ in range(500):
        last = line.to_line((0.0, 5.0), (20.0, 0.0), (-10.0, 0.0), (5000.0, 0.0))
    assert last < first < 0.0


def test_a_turn_to_a_point_straight_behind_keeps_its_side() -> None:
    line = L1()
    sides = [line.to_line((0.0, off), (20.0, 0.0), (-900.0, 0.0), (-900.0, 0.0)) for off in (5.0, -5.0, 5.0)]
    assert len({math.copysign(1.0, side) for side in sides}) == 1
