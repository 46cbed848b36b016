"""What the judge of crashes looks at: the motion of one flight as arrays, from a log or from telemetry in progress."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np

from controller.logs.series.view import Array

Kind = Literal["copter", "plane", "ground", ""]
# The autopilot's own word: it crashed, it gave up control, or something that may be one of several signs.
Weight = Literal["crash", "sign", "hard landing"]


@dataclass(frozen=True, slots=True)
class Report:
    """What the autopilot (or its simulator) said of a crash; `impact_m_s` where it names the speed."""

    at_s: float
    text: str
    source: str
    weight: Weight = "crash"
    impact_m_s: float | None = None


@dataclass(frozen=True, slots=True)
class Attitude:
    """Roll and pitch over time, radians."""

    times_s: Array
    roll_rad: Array
    pitch_rad: Array

    def down(self, rows: slice | Array) -> Array:
        """Direction of the earth's centre in the body frame (forward, right, down) at some rows, shape (n, 3)."""
        return down_of(self.roll_rad[rows], self.pitch_rad[rows])


@dataclass(frozen=True, slots=True)
class ArmedSpan:
    """From arming to disarming in seconds; `ended` is False where the data ends before."""

    begin_s: float
    end_s: float
    ended: bool


@dataclass(frozen=True)
class FlightTrace:
    """Motion of one aircraft. Times are seconds on one clock and ascend; heights are metres above any level,
    velocities m/s in north, east, down. `wanted` is the attitude that the controller asks for; `free` are spans in
    modes that have no attitude to hold (acrobatics). Parts may be empty."""

    kind: Kind
    armed: tuple[ArmedSpan, ...]
    height_s: Array
    height_m: Array
    velocity_s: Array
    vel_ned: Array
    attitude: Attitude
    wanted: Attitude | None = None
    free: tuple[tuple[float, float], ...] = ()
    reports: tuple[Report, ...] = ()

    @property
    def end_s(self) -> float:
        """The last moment of which anything is known."""
        ends = [
            float(times[-1])
            for times in (self.height_s, self.velocity_s, self.attitude.times_s)
            if len(times)
        ]
        return max(ends, default=0.0)


# MAV_TYPE: what has wings (VTOLs too) lands otherwise than what hovers; rovers and boats do not fly.
_WINGS = (1, *range(19, 26), 16)
_GROUND = (10, 11, 12)
_NO_VEHICLE = (5, 6, 18, 26, 27)


def kind_of(mav_type: int) -> Kind:
    """The rules of flight of a MAV_TYPE."""
    if mav_type in _WINGS:
        return "plane"
    if mav_type in _GROUND:
        return "ground"
    return "" if mav_type in _NO_VEHICLE else "copter"


# Words of autopilots and simulators, in the order in which they are tried.
_WORDS: tuple[tuple[str, Weight], ...] = (
    # ArduPilot: Copter and Rover crash_check.cpp, Plane is_flying.cpp, AP_Parachute.
    (r"^hard landing detected", "hard landing"),
    (r"^crash(:| detected)", "crash"),
    (r"^parachute: released", "crash"),
    (r"^potential thrust loss", "sign"),
    # ArduPilot SITL, SIM_Aircraft: the speed of each touch-down.
    (r"^sim hit ground at (?P<speed>[\d.]+) m/s", "sign"),
    # PX4: Commander and FailureDetector, as texts and as events.
    (r"critical failure detected: (lockdown|terminate flight)", "crash"),
    (r"^flight termination active", "crash"),
    (r"^(emergency: )?parachute .*(released|deployed)", "crash"),
    (r"attitude failure", "sign"),
    (r"altitude failure detected", "sign"),
    (r"motor failure detected", "sign"),
    (r"^kill(-| )?(switch)? ?engaged", "sign"),
)


@cache
def _patterns() -> list[tuple[re.Pattern[str], Weight]]:
    return [(re.compile(pattern, re.IGNORECASE), weight) for pattern, weight in _WORDS]


REPORT_SOURCE = "ArduPilot, crash_check.cpp and is_flying.cpp; PX4, Commander.cpp and FailureDetector.cpp"


def report_of(at_s: float, text: str, source: str) -> Report | None:
    """The report that a text of the autopilot makes of a crash; None for any other text."""
    clean = text.rstrip("\0\t ").strip()
    for pattern, weight in _patterns():
        found = pattern.search(clean)
        if found is None:
            continue
        speed = found.groupdict().get("speed")
        return Report(at_s, clean, source, weight, float(speed) if speed else None)
    return None


def down_of(roll_rad: Array, pitch_rad: Array) -> Array:
    """Direction of the earth's centre in the body frame, shape (n, 3)."""
    found: Array = np.stack(
        [-np.sin(pitch_rad), np.sin(roll_rad) * np.cos(pitch_rad), np.cos(roll_rad) * np.cos(pitch_rad)], -1
    )
    return found


def angle_deg(one: Array, other: Array) -> Array:
    """Angle between unit vectors in degrees, row by row."""
    found: Array = np.degrees(np.arccos(np.clip((one * other).sum(-1), -1.0, 1.0)))
    return found


def roll_pitch(q: Array) -> tuple[Array, Array]:
    """Roll and pitch (radians) of Hamilton quaternions w, x, y, z, body to north-east-down; shape (n, 4)."""
    w, x, y, z = q.T
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    return roll, np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0))
