"""What the control core can be told to do. NED metres of home, radians clockwise from north, speeds in m/s.

A yaw of None keeps the heading.
"""

from __future__ import annotations

from dataclasses import dataclass

Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class MotorsIdle:
    """Armed, propellers at their slowest. In the air the aircraft falls."""


@dataclass(frozen=True, slots=True)
class HoldPosition:
    """Stop as gently as the limits ask, and stay."""

    yaw_rad: float | None = None


@dataclass(frozen=True, slots=True)
class GoTo:
    """Fly a straight line to a point and stay there. The speeds are positive; the slowest axis sets the pace."""

    pos_ned: Vector3
    speed_m_s: float = 10.0
    climb_m_s: float = 2.5
    descend_m_s: float = 1.5
    yaw_rad: float | None = None


@dataclass(frozen=True, slots=True)
class Velocity:
    """Fly with a velocity; zero on all axes holds the place. A yaw rate, where given, outranks the yaw."""

    vel_ned: Vector3
    yaw_rad: float | None = None
    yaw_rate_rad_s: float | None = None


@dataclass(frozen=True, slots=True)
class Attitude:
    """Hold an attitude and a thrust fraction of 0..1."""

    roll_rad: float
    pitch_rad: float
    yaw_rad: float | None
    thrust: float


# --- on wings; speeds are indicated airspeeds ---


@dataclass(frozen=True, slots=True)
class ManualOutputs:
    """Surfaces as the sticks stand: -1..1 to the right, up and to the right; throttle 0..1."""

    roll: float
    pitch: float
    yaw: float
    throttle: float


@dataclass(frozen=True, slots=True)
class ClimbOut:
    """Take off and climb along a course with full throttle and this much nose up."""

    course_rad: float
    pitch_rad: float
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class FlyLine:
    """Along the line from `start_ned` to `end_ned` and beyond it; the height changes evenly on the way."""

    start_ned: Vector3
    end_ned: Vector3
    speed_m_s: float


@dataclass(frozen=True, slots=True)
class Loiter:
    """Around a centre at its height."""

    centre_ned: Vector3
    radius_m: float
    speed_m_s: float
    clockwise: bool = True


@dataclass(frozen=True, slots=True)
class Flare:
    """Over the ground before it touches, and after: no throttle, ever slower down to `ground_d_m`, straight along a course."""

    course_rad: float
    ground_d_m: float


WingSetpoint = ManualOutputs | ClimbOut | FlyLine | Loiter | Flare
Setpoint = MotorsIdle | HoldPosition | GoTo | Velocity | Attitude | WingSetpoint
