"""Fixed-wing tasks. Each returns a setpoint every 20 ms until it is done."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from hil.autopilot.control.setpoints import ClimbOut, Flare, FlyLine, Loiter, MotorsIdle, Setpoint
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.plane.guidance import circled
from hil.autopilot.vehicle_context import Vector3, VehicleContext
from hil.frames import wrapped_pi

TRIGGER_S = 0.2  # TKOFF_THR_DELAY
HOLDS_COURSE_M_S = 5.0
LEVELS_ABOVE_M, LEVELS_S = 10.0, 2.0  # TKOFF_PLIM_SEC
LEVEL_OFF_M = 2.0  # below the takeoff height
NEAR_HEIGHT_M = 5.0
SLOPE_ABOVE_M = 20.0  # lower, a climb has no slope
RIGHT_ANGLE_RAD = math.pi / 2.0
LINED_UP_RAD, LINED_UP_M = math.radians(10.0), 5.0
APPROACH_SHARES = 0.15, 0.5  # of the last leg, for the approach to begin: flown towards the point, and anyhow
MIN_FLARE_SINK_M_S = 0.3


class TakeOff(Task):
    """Take off along the present heading to a height above home, then circle ahead.

    `in_mission`: complete above the height and told so; else, as in TAKEOFF mode, a little below it. The texts are
    those of ArduPlane.
    """

    def __init__(self, height_m: float, *, pitch_rad: float, in_mission: bool = False) -> None:
        self._height_m, self._pitch_rad, self._in_mission = height_m, pitch_rad, in_mission
        self._course: float | None = None
        self._circle: Loiter | None = None
        self._since_s = 0.0
        self._told = 0  # texts that were sent

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        speed = rules.speeds(vehicle).cruise_m_s
        if self._course is None:
            self._course, self._since_s = vehicle.est.euler_rad[2], vehicle.time_s
        if self._circle is not None:
            return self._circle
        self._tell(vehicle, self._course)
        complete_m = self._height_m - (0.0 if self._in_mission else LEVEL_OFF_M)
        if vehicle.height_m >= complete_m and not vehicle.est.landed:
            if not self.done and self._in_mission:
                vehicle.send_text(f"Takeoff complete at {vehicle.height_m:.2f}m")
            self.done = True
            ahead = rules.circle_radius_m(vehicle, 0.0)
            north, east, _ = vehicle.est.pos_ned
            centre = (north + ahead * math.cos(self._course), east + ahead * math.sin(self._course), 0.0)
            self._circle = Loiter(vehicle.at_height(centre, self._height_m), ahead, speed)
        return ClimbOut(self._course, self._pitch_rad, speed)

    def _tell(self, vehicle: VehicleContext, course: float) -> None:
        """Send the text of the stage that begins, once each."""
        speed, climb = math.hypot(*vehicle.est.vel_ned[:2]), -vehicle.est.vel_ned[2]
        left_m = self._height_m - vehicle.height_m
        heading = math.degrees(course) % 360.0
        match self._told:
            case 0:
                text = f"Armed AUTO, xaccel = 0.0 m/s/s, waiting {TRIGGER_S:.1f} sec"
            case 1 if vehicle.time_s - self._since_s >= TRIGGER_S:
                text = f"Triggered AUTO. GPS speed = {speed:.1f}"
            case 2 if speed > HOLDS_COURSE_M_S:
                text = f"Takeoff to {self._height_m:.0f}m for 200.0m heading {heading:.1f} deg"
                if self._in_mission:
                    text = f"Holding course {heading * 100.0:.0f} at {speed:.1f}m/s (0.0)"
            case 3 if vehicle.height_m >= LEVELS_ABOVE_M and left_m <= LEVELS_S * climb:
                text = f"Takeoff level-off starting at {left_m:.0f}m"
            case _:
                return
        self._told += 1
        vehicle.send_text(text)


@dataclass(frozen=True, slots=True)
class HeightSlope:
    """Heights along a line: linear where its ends differ by at least `least_m`, else that of the end (ALT_SLOPE_MIN).

    A slope up that the aircraft is more than `above_m` above begins anew where it is (ALT_SLOPE_MAXHGT).
    """

    least_m: float = 15.0
    above_m: float = 5.0


class FlyBy(Task):
    """Fly the line to a point, or straight to it without `start`, until near it or abeam of it.

    Near is within `radius_m`; `turn_rad`, the course change that follows, and the L1 distance shorten it: with a
    `turn_length_m` of the ground speed the turn begins so that it ends on the next line.
    """

    def __init__(
        self,
        target: Vector3,
        *,
        start: Vector3 | None,
        radius_m: float,
        turn_rad: float | None = None,
        turn_length_m: Callable[[VehicleContext], float] | None = None,
        slope: HeightSlope | None = None,
        seq: int | None = None,
    ) -> None:
        self.target = target
        self._start, self._radius_m, self._seq = start, radius_m, seq
        self._direct = start is None
        self._turn_rad, self._turn_length_m = turn_rad, turn_length_m
        self._slope = slope or HeightSlope()
        self._drop_m: float | None = None  # from the start of the slope to the target

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        pos, target = vehicle.est.pos_ned, self.target
        if self._start is None or (self._drop_m is None and _beyond(pos, self._start, target)):
            self._start = pos
        start = self._start
        distance = vehicle.distance_m(target)
        if not self.done:
            near_m = self._near_m(vehicle)
            passed = _beyond(pos, start, target)
            if distance <= near_m or passed:
                self.done = True
                if self._seq is not None:
                    how = "Reached" if distance <= near_m else "Passed"
                    vehicle.send_text(f"{how} waypoint #{self._seq} dist {distance:.0f}m")
        down = self._down(vehicle, start)
        line_from = target if self._direct else start
        return FlyLine(
            (line_from[0], line_from[1], down), (target[0], target[1], down), rules.speeds(vehicle).cruise_m_s
        )

    def _near_m(self, vehicle: VehicleContext) -> float:
        radius = self._radius_m
        if self._turn_length_m is not None:
            radius = min(radius, self._turn_length_m(vehicle))
        if self._turn_rad is not None:
            radius *= min(abs(self._turn_rad) / RIGHT_ANGLE_RAD, 1.0)
        return radius

    def _down(self, vehicle: VehicleContext, start: Vector3) -> float:
        """Return the NED down of the slope abeam of the aircraft."""
        pos, target = vehicle.est.pos_ned, self.target
        if self._drop_m is None:
            drop = target[2] - start[2]
            slopes = abs(drop) >= self._slope.least_m and (
                vehicle.height_m > SLOPE_ABOVE_M or pos[2] < target[2]
            )
            self._drop_m = drop if slopes else 0.0
        left = 1.0 - _along(pos, start, target)
        down = target[2] - self._drop_m * left
        if self._drop_m < 0.0 and pos[2] < down - self._slope.above_m:
            self._drop_m = target[2] - pos[2]
            down = target[2] - self._drop_m * left
        return down


@dataclass(slots=True)
class LoiterUntil:
    """End of a loiter: after turns or seconds on the circle, or at its height; by default never."""

    turns: float = math.inf
    seconds: float = math.inf
    at_height: bool = False


class LoiterAround(Task):
    """Loiter around a point at its height."""

    def __init__(
        self, centre: Vector3, *, radius_m: float, clockwise: bool = True, until: LoiterUntil | None = None
    ) -> None:
        self.centre = centre
        self._radius_m, self._clockwise, self._until = radius_m, clockwise, until or LoiterUntil()
        self._since_s: float | None = None
        self._angle: float | None = None
        self.turned_rad = 0.0

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        centre, until = self.centre, self._until
        near_m = vehicle.distance_m(centre) - self._radius_m
        if self._since_s is None and near_m < 0.5 * self._radius_m:
            self._since_s = vehicle.time_s
        if self._since_s is not None:
            self._angle, turned = circled(self._angle, vehicle.est.pos_ned[:2], centre[:2])
            self.turned_rad += turned
            at_height = abs(vehicle.est.pos_ned[2] - centre[2]) < NEAR_HEIGHT_M
            self.done = (
                abs(self.turned_rad) >= 2.0 * math.pi * until.turns
                or vehicle.time_s - self._since_s >= until.seconds
                or (until.at_height and at_height)
            )
        return Loiter(centre, self._radius_m, rules.speeds(vehicle).cruise_m_s, self._clockwise)


class Touchdown(Task):
    """Land: descend to a point on the ground, flare before it, and roll to a stop.

    The approach begins when the aircraft is lined up; until then it keeps the height of `start`. The slope aims at
    the height of the flare, so far before the point that the flare ends there.
    Source: ArduPilot's AP_Landing_Slope.
    """

    lands = True

    def __init__(
        self,
        target: Vector3,
        *,
        start: Vector3 | None,
        speed_m_s: Callable[[], float],
        flare_m: float,
        flare_s: float,
        flare_sink_m_s: float = 0.25,
        flare_aim: float = 0.5,
    ) -> None:
        self.target = target
        self._start, self._speed_m_s = start, speed_m_s
        self._flare_m, self._flare_s = flare_m, flare_s
        self._flare_sink_m_s, self._flare_aim = flare_sink_m_s, flare_aim
        self._flares = self._announced = self._sloped = False
        self._course = 0.0

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:  # noqa: ARG002
        pos = vehicle.est.pos_ned
        if self._start is None:
            self._start = pos
        start, target = self._start, self.target
        height = target[2] - pos[2]
        if not self._announced:
            self._announced = True
            vehicle.send_text(f"Landing approach start at {vehicle.height_m:.1f}m")
            self._course = math.atan2(target[1] - start[1], target[0] - start[0])
        sink = vehicle.est.vel_ned[2]
        low = height < self._flare_m or height < self._flare_s * sink
        if not self._flares and low and (self._sloped or height < self._flare_m):
            self._flares = True
            speed = math.hypot(*vehicle.est.vel_ned[:2])
            vehicle.send_text(
                f"Flare {height:.1f}m sink={sink:.2f} speed={speed:.1f} dist={vehicle.distance_m(target):.1f}"
            )
        self.done = vehicle.est.landed
        if self.done:
            return MotorsIdle()
        if self._flares:
            return Flare(self._course, target[2])
        down = self._down(vehicle, start)
        return FlyLine((start[0], start[1], down), (target[0], target[1], down), self._speed_m_s())

    def _down(self, vehicle: VehicleContext, start: Vector3) -> float:
        """Return the NED down of the glide slope abeam of the aircraft."""
        pos, target = vehicle.est.pos_ned, self.target
        share = _along(pos, start, target)
        if not self._sloped and not self._lined_up(vehicle, start, share):
            return start[2]
        run_m = max(math.hypot(target[0] - start[0], target[1] - start[1]), 1.0)
        drop_m = max(target[2] - start[2], 0.0)
        ground_speed = max(math.hypot(*vehicle.est.vel_ned[:2]), 0.5)
        sink = drop_m / (run_m / ground_speed)
        aim_m = min(self._flare_s * sink or self._flare_m, 2.0 * self._flare_m)
        mean_sink = max(self._flare_aim * sink + (1.0 - self._flare_aim) * self._flare_sink_m_s, 0.1)
        flare_m = min(ground_speed * aim_m / mean_sink, 0.5 * run_m)
        slope = (drop_m - aim_m) / (run_m - flare_m)
        if not self._sloped:
            self._sloped = True
            vehicle.send_text(f"Landing glide slope {math.degrees(math.atan(slope)):.1f} degrees")
        return target[2] - aim_m - slope * (run_m * (1.0 - share) - flare_m)

    def _lined_up(self, vehicle: VehicleContext, start: Vector3, share: float) -> bool:
        pos, target, vel = vehicle.est.pos_ned, self.target, vehicle.est.vel_ned
        off = abs(wrapped_pi(math.atan2(vel[1], vel[0]) - self._course))
        across = (pos[1] - start[1]) * math.cos(self._course) - (pos[0] - start[0]) * math.sin(self._course)
        to_point = math.atan2(target[1] - pos[1], target[0] - pos[0])
        heads_there = abs(wrapped_pi(math.atan2(vel[1], vel[0]) - to_point)) < LINED_UP_RAD
        return (
            (off < LINED_UP_RAD and abs(across) < LINED_UP_M)
            or (share > APPROACH_SHARES[0] and heads_there)
            or share > APPROACH_SHARES[1]
        )


def _along(pos: Vector3, start: Vector3, end: Vector3) -> float:
    """Return the share of the line abeam of the position, 0 to 1; 1 on a line without length."""
    north, east = end[0] - start[0], end[1] - start[1]
    length2 = north * north + east * east
    if length2 < 1.0:
        return 1.0
    return min(max(((pos[0] - start[0]) * north + (pos[1] - start[1]) * east) / length2, 0.0), 1.0)


def _beyond(pos: Vector3, start: Vector3, end: Vector3) -> bool:
    """Return whether the position is beyond the perpendicular to the line at its end."""
    north, east = end[0] - start[0], end[1] - start[1]
    return (pos[0] - end[0]) * north + (pos[1] - end[1]) * east > 0.0 and math.hypot(north, east) > 1.0
