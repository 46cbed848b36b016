"""Setpoints of the control core. NED metres of home, radians clockwise from north, speeds in m/s.

A yaw of None keeps the heading.
"""

from __future__ import annotations

from dataclasses import dataclass

Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class MotorsIdle:
    """Armed, propellers at idle speed. In the air the aircraft falls."""


@dataclass(frozen=True, slots=True)
class HoldPosition:
    """Stop within the acceleration limits, and hold the position."""

    yaw_rad: float | None = None


@dataclass(frozen=True, slots=True)
class GoTo:
    """Fly a straight line to a point and hold it. Speeds are positive; the slowest axis limits the others."""

    pos_ned: Vector3
    speed_m_s: float = 10.0
    climb_m_s: float = 2.5
    descend_m_s: float = 1.5
    yaw_rad: float | None = None


@dataclass(frozen=True, slots=True)
class Track:
    """Follow a point that moves: its position, velocity and acceleration now. Renewed every 20 ms."""

    pos_ned: Vector3
    vel_ned: Vector3
    acc_ned: Vector3
    yaw_rad: float | None = None


@dataclass(frozen=True, slots=True)
class Velocity:
    """Fly with a velocity; zero on all axes holds the position. A yaw rate has priority over the yaw."""

    vel_ned: Vector3
    yaw_rad: float | None = None
    yaw_rate_rad_s: float | None = None


@dataclass(frozen=True, slots=True)
class HoldAttitude:
    """Hold an attitude and a thrust fraction of 0..1."""

    roll_rad: float
    pitch_rad: float
    yaw_rad: float | None
    thrust: float


# --- fixed wings; speeds are indicated airspeeds ---


@dataclass(frozen=True, slots=True)
class ManualOutputs:
    """Stick deflections that move the surfaces or wheels directly: -1..1 right, up and right; throttle 0..1."""

    roll: float
    pitch: float
    yaw: float
    throttle: float


@dataclass(frozen=True, slots=True)
class ClimbOut:
    """Take off and climb along a course with full throttle and this pitch."""

    course_rad: float
    pitch_rad: float
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class FlyLine:
    """Fly the line from `start_ned` to `end_ned` and beyond; the height changes linearly."""

    start_ned: Vector3
    end_ned: Vector3
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class Loiter:
    """Circle around a centre at its height."""

    centre_ned: Vector3
    radius_m: float
    speed_m_s: float
    clockwise: bool = True


@dataclass(frozen=True, slots=True)
class Flare:
    """Flare and roll out along a course: no throttle, decreasing sink rate down to `ground_d_m`."""

    course_rad: float
    ground_d_m: float


WingSetpoint = ManualOutputs | ClimbOut | FlyLine | Loiter | Flare
Setpoint = MotorsIdle | HoldPosition | GoTo | Track | Velocity | HoldAttitude | WingSetpoint
