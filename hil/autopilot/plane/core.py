"""An aeroplane's control core: set-points in, throttle and surfaces out, 50 times a second. No arrays, no MAVLink.

What it cannot do on wings it does as wings do: holding a place is circling around it, a velocity is a course and a climb.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import (
    Attitude,
    ClimbOut,
    Flare,
    FlyLine,
    GoTo,
    Loiter,
    ManualOutputs,
    MotorsIdle,
    Setpoint,
    Velocity,
)
from hil.autopilot.plane.energy import EnergyControl
from hil.autopilot.plane.guidance import L1
from hil.autopilot.plane.surfaces import Asked, SurfaceControl
from hil.autopilot.plane.tuning import PlaneTune, plane_tune
from hil.frames import wrapped_pi

Vector3 = tuple[float, float, float]

STEP_S = 0.02
ROLLS_M_S = 3.0  # below, it stands or taxies: nothing in the air to steer with
AIRBORNE_M, DOWN_AFTER_S, DOWN_M_S = 1.5, 1.5, 1.0
THROTTLE_PER_S = 1.0  # ArduPilot THR_SLEWRATE 100
FLARE_S = 2.5  # the sink goes with the height, by this time constant,
FLARE_SINK_M_S = 0.3, 1.2  # within these: soft at the end, and no floating until it stalls
FLARE_RAD_PER_M = 0.5  # the nose comes up so much for each metre sunk too far
NEAR_CIRCLES = 2.0  # radii from the middle: inside, a place to go to is circled


@dataclass(frozen=True, slots=True)
class Motion:
    """What the aircraft believes of itself."""

    pos_ned: Vector3
    vel_ned: Vector3
    euler_rad: Vector3
    rates_frd: Vector3
    airspeed_m_s: float


class PlaneCore:
    """One aircraft's. `airborne` is what it believes of the ground."""

    def __init__(self, airframe: Airframe, *, loiter_radius_m: float = 80.0) -> None:
        self.tune: PlaneTune = plane_tune(airframe)
        self.surface_control = SurfaceControl(airframe)
        self.guidance = L1()
        self.energy = EnergyControl(self.tune.energy)
        self.loiter_radius_m = loiter_radius_m
        self.setpoint: Setpoint = MotorsIdle()
        self.throttle = 0.0
        self.surfaces = self.surface_control.neutral()
        self.airborne = False
        self.pitch_wanted_rad = self.roll_wanted_rad = 0.0
        self._ground_d: float | None = None
        self._down_s = 0.0
        self._held: Vector3 | None = None
        self._flying_on = False

    def command(self, setpoint: Setpoint) -> None:
        """Do this from now on."""
        if type(setpoint) is not type(self.setpoint):
            self._held = None
        self.setpoint = setpoint

    def step(self, motion: Motion, *, armed: bool) -> None:
        """One cycle: sets `throttle` (0..1) and `surfaces` (0..1 each)."""
        self._watch_ground(motion, armed=armed)
        to = self.setpoint
        if not armed or isinstance(to, MotorsIdle):
            self._rest(motion)
            return
        if isinstance(to, ManualOutputs):
            self.surfaces = self.surface_control.steered(to.roll, to.pitch, to.yaw)
            self.throttle = min(max(to.throttle, 0.0), 1.0)
            self._flying_on = False
            return
        if not self._flying_on:
            self._flying_on = True
            self.surface_control.start()
            self.energy.start(-motion.pos_ned[2], motion.airspeed_m_s, motion.euler_rad[1])
        match to:
            case ClimbOut():
                self._rise(motion, to)
            case Flare():
                self._flare(motion, to)
            case Attitude():
                self._turn(motion, to.roll_rad, to.pitch_rad)
                self._throttle_to(to.thrust)
            case _:
                accel, height_m, speed = self._way(motion, to)
                self._fly(motion, accel, height_m, speed)

    # --- states of flight ---

    def _rest(self, motion: Motion) -> None:
        self.throttle = 0.0
        self.surfaces = self.surface_control.neutral()
        self._flying_on = False
        self.pitch_wanted_rad = self.roll_wanted_rad = 0.0
        # Gliding without being told anything still wants level wings.
        if self.airborne:
            self._turn(motion, 0.0, -0.05)

    def _rise(self, motion: Motion, to: ClimbOut) -> None:
        """Roll, rotate, climb; the pitch gives way when the climb costs too much speed."""
        slow = motion.airspeed_m_s < self.tune.rotate_m_s
        rolling = not self.airborne
        pitch = 0.0 if rolling and slow else to.pitch_rad
        if not rolling and motion.airspeed_m_s < self.tune.least_m_s:
            share = (motion.airspeed_m_s - self.tune.stall_m_s) / (self.tune.least_m_s - self.tune.stall_m_s)
            pitch = to.pitch_rad * min(max(share, 0.0), 1.0)
        if rolling:
            self._steer(motion, to.course_rad, pitch)
        else:
            accel = self.guidance.to_heading(motion.vel_ned[:2], to.course_rad)
            self._turn(motion, self._bank(accel, most_rad=math.radians(25.0)), pitch)
        self._throttle_to(1.0)
        self.energy.start(-motion.pos_ned[2], motion.airspeed_m_s, pitch)

    def _flare(self, motion: Motion, to: Flare) -> None:
        if motion.airspeed_m_s < 0.8 * self.tune.stall_m_s:
            # Rolling out: nothing left to lift.
            self.surface_control.start()
            self._steer(motion, to.course_rad, 0.0)
        else:
            height = to.ground_d_m - motion.pos_ned[2]
            sink = min(max(height / FLARE_S, FLARE_SINK_M_S[0]), FLARE_SINK_M_S[1])
            off = sink - motion.vel_ned[2]
            pitch = self.pitch_wanted_rad - FLARE_RAD_PER_M * off * STEP_S
            pitch = min(max(pitch, math.radians(-2.0)), self.tune.flare_pitch_rad)
            accel = self.guidance.to_heading(motion.vel_ned[:2], to.course_rad)
            self._turn(motion, self._bank(accel, most_rad=math.radians(8.0)), pitch)
        self.throttle = max(0.0, self.throttle - 2.0 * THROTTLE_PER_S * STEP_S)

    def _fly(self, motion: Motion, accel: float, height_m: float, speed: float) -> None:
        roll = self._bank(accel, most_rad=self.tune.most_roll_rad)
        wanted = self.energy.step(
            height_m=-motion.pos_ned[2],
            climb_m_s=-motion.vel_ned[2],
            speed_m_s=motion.airspeed_m_s,
            wanted_height_m=height_m,
            wanted_speed_m_s=max(speed, self.tune.least_m_s),
            roll_factor=1.0 / math.cos(roll),
            dt=STEP_S,
        )
        self._turn(motion, roll, wanted.pitch_rad)
        self._throttle_to(wanted.throttle)

    # --- ways ---

    def _way(self, motion: Motion, to: Setpoint) -> tuple[float, float, float]:
        """Sideways acceleration, height and airspeed wanted."""
        pos, vel = motion.pos_ned, motion.vel_ned
        cruise = self.tune.cruise_m_s
        match to:
            case FlyLine(start_ned=start, end_ned=end, speed_m_s=speed):
                return (
                    self.guidance.to_line(pos[:2], vel[:2], start[:2], end[:2]),
                    -_down_on_line(pos, start, end),
                    speed,
                )
            case Loiter(centre_ned=centre, radius_m=radius, speed_m_s=speed, clockwise=clockwise):
                accel = self.guidance.to_circle(pos[:2], vel[:2], centre[:2], radius, clockwise=clockwise)
                return accel, -centre[2], speed
            case GoTo(pos_ned=centre, speed_m_s=speed):
                radius = self.loiter_radius_m
                if math.hypot(pos[0] - centre[0], pos[1] - centre[1]) > NEAR_CIRCLES * radius:
                    return self.guidance.to_line(pos[:2], vel[:2], centre[:2], centre[:2]), -centre[2], speed
                accel = self.guidance.to_circle(pos[:2], vel[:2], centre[:2], radius, clockwise=True)
                return accel, -centre[2], speed
            case Velocity(vel_ned=wanted) if math.hypot(wanted[0], wanted[1]) > 1.0:
                # The height to be at moves on as fast as is asked for.
                down = (pos if self._held is None else self._held)[2] + wanted[2] * STEP_S
                self._held = (pos[0], pos[1], min(max(down, pos[2] - 15.0), pos[2] + 15.0))
                return (
                    self.guidance.to_heading(vel[:2], math.atan2(wanted[1], wanted[0])),
                    -self._held[2],
                    cruise,
                )
        if self._held is None:
            self._held = pos
        accel = self.guidance.to_circle(
            pos[:2], vel[:2], self._held[:2], self.loiter_radius_m, clockwise=True
        )
        return accel, -self._held[2], cruise

    # --- hands and feet ---

    def _bank(self, accel_m_s2: float, *, most_rad: float) -> float:
        roll = math.atan(accel_m_s2 / 9.80665)
        return min(max(roll, -most_rad), most_rad)

    def _turn(self, motion: Motion, roll: float, pitch: float) -> None:
        self.roll_wanted_rad, self.pitch_wanted_rad = roll, pitch
        speed = max(motion.airspeed_m_s, self.tune.stall_m_s)
        yaw_rate = 9.80665 * math.tan(min(max(motion.euler_rad[0], -1.0), 1.0)) / speed
        self.surfaces = self.surface_control.step(
            Asked(roll, pitch, yaw_rate), motion.euler_rad, motion.rates_frd, motion.airspeed_m_s, STEP_S
        )

    def _steer(self, motion: Motion, course_rad: float, pitch: float) -> None:
        """On the ground: wings level, the nose along the course."""
        self.roll_wanted_rad, self.pitch_wanted_rad = 0.0, pitch
        turn = min(max(1.0 * wrapped_pi(course_rad - motion.euler_rad[2]), -0.5), 0.5)
        asked = Asked(0.0, pitch, turn)
        self.surfaces = self.surface_control.step(
            asked,
            motion.euler_rad,
            motion.rates_frd,
            max(motion.airspeed_m_s, 8.0),
            STEP_S,
            learns=False,
        )

    def _throttle_to(self, wanted: float) -> None:
        most = THROTTLE_PER_S * STEP_S
        self.throttle += min(max(wanted - self.throttle, -most), most)
        self.throttle = min(max(self.throttle, 0.0), 1.0)

    def _watch_ground(self, motion: Motion, *, armed: bool) -> None:
        down, speed = motion.pos_ned[2], math.hypot(*motion.vel_ned[:2])
        if self._ground_d is None or (not self.airborne and speed < ROLLS_M_S):
            self._ground_d = down
        if not self.airborne:
            higher = self._ground_d - down > AIRBORNE_M
            self.airborne = armed and higher and motion.airspeed_m_s > self.tune.stall_m_s * 0.8
            self._down_s = 0.0
            return
        still = speed < DOWN_M_S and abs(motion.vel_ned[2]) < 0.4
        self._down_s = self._down_s + STEP_S if still else 0.0
        if self._down_s >= DOWN_AFTER_S:
            self.airborne = False


def _down_on_line(pos: Vector3, start: Vector3, end: Vector3) -> float:
    """NED down of the line abeam of the aircraft, within its ends."""
    north, east = end[0] - start[0], end[1] - start[1]
    length2 = north * north + east * east
    if length2 < 1.0:
        return end[2]
    along = ((pos[0] - start[0]) * north + (pos[1] - start[1]) * east) / length2
    return start[2] + min(max(along, 0.0), 1.0) * (end[2] - start[2])
