"""Controllers of a fixed-wing aircraft at 50 Hz: setpoint in, throttle and surfaces out. No arrays, no MAVLink.

Setpoints of multirotors are flown as fixed wings can: a position is circled, a velocity is a course and a climb rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import (
    ClimbOut,
    Flare,
    FlyLine,
    GoTo,
    HoldAttitude,
    Loiter,
    ManualOutputs,
    MotorsIdle,
    Setpoint,
    Velocity,
)
from hil.autopilot.plane.energy import EnergyControl
from hil.autopilot.plane.guidance import L1
from hil.autopilot.plane.handling import Handling
from hil.autopilot.plane.surfaces import AttitudeSetpoint, SurfaceControl
from hil.autopilot.plane.tuning import PlaneTune, plane_tune
from hil.frames import wrapped_pi

Vector3 = tuple[float, float, float]

STEP_S = 0.02
LOW_M = 10.0, 30.0  # ArduPilot TKOFF_LVL_ALT, and three times it
LOW_ROLL_RAD = math.radians(5.0)  # LEVEL_ROLL_LIMIT, below that height
ROLLS_M_S = 3.0  # below, it stands or taxies: surfaces have no effect
AIRBORNE_M, DOWN_AFTER_S, DOWN_M_S = 1.5, 1.5, 1.0
THROTTLE_PER_S = 1.0  # ArduPilot THR_SLEWRATE 100
FLARE_S = 2.5  # time constant of the sink rate over height
FLARE_SINK_M_S = 0.3, 1.2  # limits of the sink rate: a soft touchdown without floating
FLARE_RAD_PER_M = 0.5  # pitch per excess sink
NEAR_CIRCLES = 2.0  # radii from the centre within which a position is circled


@dataclass(frozen=True, slots=True)
class PlaneState:
    """Estimated state of the aircraft."""

    pos_ned: Vector3
    vel_ned: Vector3
    euler_rad: Vector3
    rates_frd: Vector3
    airspeed_m_s: float


class PlaneCore:
    """Controllers of one aircraft. `airborne` is the result of the takeoff and landing detection."""

    def __init__(self, airframe: Airframe, *, loiter_radius_m: float = 80.0) -> None:
        self.tune: PlaneTune = plane_tune(airframe)
        self.surface_control = SurfaceControl(airframe)
        self.guidance = L1(step_s=STEP_S)
        self.min_m_s, self.max_roll_rad = self.tune.min_m_s, self.tune.max_roll_rad
        self._handling: Handling | None = None
        self.energy = EnergyControl(self.tune.energy)
        self.loiter_radius_m = loiter_radius_m
        self.setpoint: Setpoint = MotorsIdle()
        self.throttle = 0.0
        self.surfaces = self.surface_control.neutral()
        self.airborne = False
        self.pitch_setpoint_rad = self.roll_setpoint_rad = 0.0
        self._ground_d: float | None = None
        self._down_s = 0.0
        self._hold_ned: Vector3 | None = None
        self._controls_active = False

    def command(self, setpoint: Setpoint) -> None:
        """Follow a setpoint from now on."""
        if type(setpoint) is not type(self.setpoint):
            self._hold_ned = None
        self.setpoint = setpoint

    def handle(self, handling: Handling) -> None:
        """Fly within other limits from now on."""
        if handling == self._handling:
            return
        self._handling = handling
        self.min_m_s, self.max_roll_rad = handling.min_m_s, handling.max_roll_rad
        self.guidance.period_s, self.guidance.damping = handling.l1_period_s, handling.l1_damping
        self.guidance.integral = handling.l1_integral
        self.energy.limits = replace(
            self.energy.limits,
            min_pitch_rad=handling.min_pitch_rad,
            max_pitch_rad=handling.max_pitch_rad,
        )

    def step(self, state: PlaneState, *, armed: bool) -> None:
        """Run one cycle: set `throttle` (0..1) and `surfaces` (0..1 each)."""
        self._detect_landing(state, armed=armed)
        to = self.setpoint
        if not armed or isinstance(to, MotorsIdle):
            self._idle(state)
            return
        if isinstance(to, ManualOutputs):
            self.surfaces = self.surface_control.manual(to.roll, to.pitch, to.yaw)
            self.throttle = min(max(to.throttle, 0.0), 1.0)
            self._controls_active = False
            return
        if not self._controls_active:
            self._controls_active = True
            self.surface_control.start()
            self.energy.start(-state.pos_ned[2], state.airspeed_m_s, state.euler_rad[1])
        match to:
            case ClimbOut():
                self._climb_out(state, to)
            case Flare():
                self._flare(state, to)
            case HoldAttitude():
                self._turn(state, to.roll_rad, to.pitch_rad)
                self._throttle_to(to.thrust)
            case _:
                accel, height_m, speed = self._demand(state, to)
                self._fly(state, accel, height_m, speed)

    # --- states of flight ---

    def _idle(self, state: PlaneState) -> None:
        self.throttle = 0.0
        self.surfaces = self.surface_control.neutral()
        self._controls_active = False
        self.pitch_setpoint_rad = self.roll_setpoint_rad = 0.0
        # Without a setpoint it glides with level wings.
        if self.airborne:
            self._turn(state, 0.0, -0.05)

    def _climb_out(self, state: PlaneState, to: ClimbOut) -> None:
        """Roll, rotate, climb; the pitch is reduced below the minimum airspeed."""
        slow = state.airspeed_m_s < self.tune.rotate_m_s
        rolling = not self.airborne
        pitch = 0.0 if rolling and slow else to.pitch_rad
        if not rolling and state.airspeed_m_s < self.tune.min_m_s:
            blend = (state.airspeed_m_s - self.tune.stall_m_s) / (self.tune.min_m_s - self.tune.stall_m_s)
            pitch = to.pitch_rad * min(max(blend, 0.0), 1.0)
        if rolling:
            self._steer(state, to.course_rad, pitch)
        else:
            accel = self.guidance.to_heading(state.vel_ned[:2], to.course_rad)
            ground_d = state.pos_ned[2] if self._ground_d is None else self._ground_d
            self._turn(
                state, self._bank(accel, max_rad=self._low_roll_rad(ground_d - state.pos_ned[2])), pitch
            )
        self._throttle_to(1.0)
        # The part of the pitch that makes the climb is the height control's own.
        climbing = max(-state.vel_ned[2], 0.0) / max(state.airspeed_m_s, self.tune.stall_m_s)
        self.energy.start(-state.pos_ned[2], state.airspeed_m_s, pitch - climbing)

    def _low_roll_rad(self, height_m: float) -> float:
        """Return the roll limit of a takeoff at a height above the ground."""
        low, high = LOW_M
        blend = min(max((height_m - low) / (high - low), 0.0), 1.0)
        return LOW_ROLL_RAD + blend * max(self.max_roll_rad - LOW_ROLL_RAD, 0.0)

    def _flare(self, state: PlaneState, to: Flare) -> None:
        if state.airspeed_m_s < 0.8 * self.tune.stall_m_s:
            # Rolling out: no lift left.
            self.surface_control.start()
            self._steer(state, to.course_rad, 0.0)
        else:
            height = to.ground_d_m - state.pos_ned[2]
            sink = min(max(height / FLARE_S, FLARE_SINK_M_S[0]), FLARE_SINK_M_S[1])
            off = sink - state.vel_ned[2]
            pitch = self.pitch_setpoint_rad - FLARE_RAD_PER_M * off * STEP_S
            pitch = min(max(pitch, math.radians(-2.0)), self.tune.flare_pitch_rad)
            accel = self.guidance.to_heading(state.vel_ned[:2], to.course_rad)
            self._turn(state, self._bank(accel, max_rad=math.radians(8.0)), pitch)
        self.throttle = max(0.0, self.throttle - 2.0 * THROTTLE_PER_S * STEP_S)

    def _fly(self, state: PlaneState, accel: float, height_m: float, speed: float) -> None:
        roll = self._bank(accel, max_rad=self.max_roll_rad)
        demand = self.energy.step(
            height_m=-state.pos_ned[2],
            climb_m_s=-state.vel_ned[2],
            speed_m_s=state.airspeed_m_s,
            height_setpoint_m=height_m,
            speed_setpoint_m_s=max(speed, self.min_m_s),
            roll_factor=1.0 / math.cos(roll),
            dt=STEP_S,
        )
        self._turn(state, roll, demand.pitch_rad)
        self._throttle_to(demand.throttle)

    # --- guidance ---

    def _demand(self, state: PlaneState, to: Setpoint) -> tuple[float, float, float]:
        """Return the setpoints of lateral acceleration, height and airspeed."""
        pos, vel = state.pos_ned, state.vel_ned
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
            case Velocity(vel_ned=commanded) if math.hypot(commanded[0], commanded[1]) > 1.0:
                # The height setpoint moves with the commanded vertical speed.
                down = (pos if self._hold_ned is None else self._hold_ned)[2] + commanded[2] * STEP_S
                self._hold_ned = (pos[0], pos[1], min(max(down, pos[2] - 15.0), pos[2] + 15.0))
                return (
                    self.guidance.to_heading(vel[:2], math.atan2(commanded[1], commanded[0])),
                    -self._hold_ned[2],
                    cruise,
                )
        if self._hold_ned is None:
            self._hold_ned = pos
        accel = self.guidance.to_circle(
            pos[:2], vel[:2], self._hold_ned[:2], self.loiter_radius_m, clockwise=True
        )
        return accel, -self._hold_ned[2], cruise

    # --- actuators ---

    def _bank(self, accel_m_s2: float, *, max_rad: float) -> float:
        roll = math.atan(accel_m_s2 / 9.80665)
        return min(max(roll, -max_rad), max_rad)

    def _turn(self, state: PlaneState, roll: float, pitch: float) -> None:
        self.roll_setpoint_rad, self.pitch_setpoint_rad = roll, pitch
        speed = max(state.airspeed_m_s, self.tune.stall_m_s)
        yaw_rate = 9.80665 * math.tan(min(max(state.euler_rad[0], -1.0), 1.0)) / speed
        self.surfaces = self.surface_control.step(
            AttitudeSetpoint(roll, pitch, yaw_rate),
            state.euler_rad,
            state.rates_frd,
            state.airspeed_m_s,
            STEP_S,
        )

    def _steer(self, state: PlaneState, course_rad: float, pitch: float) -> None:
        """Steer on the ground: wings level, the nose along the course."""
        self.roll_setpoint_rad, self.pitch_setpoint_rad = 0.0, pitch
        turn = min(max(1.0 * wrapped_pi(course_rad - state.euler_rad[2]), -0.5), 0.5)
        attitude = AttitudeSetpoint(0.0, pitch, turn)
        self.surfaces = self.surface_control.step(
            attitude,
            state.euler_rad,
            state.rates_frd,
            max(state.airspeed_m_s, 8.0),
            STEP_S,
            integrates=False,
        )

    def _throttle_to(self, setpoint: float) -> None:
        step = THROTTLE_PER_S * STEP_S
        self.throttle += min(max(setpoint - self.throttle, -step), step)
        self.throttle = min(max(self.throttle, 0.0), 1.0)

    def _detect_landing(self, state: PlaneState, *, armed: bool) -> None:
        down, speed = state.pos_ned[2], math.hypot(*state.vel_ned[:2])
        if self._ground_d is None or (not self.airborne and speed < ROLLS_M_S):
            self._ground_d = down
        if not self.airborne:
            higher = self._ground_d - down > AIRBORNE_M
            self.airborne = armed and higher and state.airspeed_m_s > self.tune.stall_m_s * 0.8
            self._down_s = 0.0
            return
        still = speed < DOWN_M_S and abs(state.vel_ned[2]) < 0.4
        self._down_s = self._down_s + STEP_S if still else 0.0
        if self._down_s >= DOWN_AFTER_S:
            self.airborne = False


def _down_on_line(pos: Vector3, start: Vector3, end: Vector3) -> float:
    """Return the NED down of the line abeam of the aircraft, within its ends."""
    north, east = end[0] - start[0], end[1] - start[1]
    length2 = north * north + east * east
    if length2 < 1.0:
        return end[2]
    along = ((pos[0] - start[0]) * north + (pos[1] - start[1]) * east) / length2
    return start[2] + min(max(along, 0.0), 1.0) * (end[2] - start[2])
