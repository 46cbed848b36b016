"""Guidance of ArduCopter: legs by AC_WPNav's parameters, and vertical ways by its shaping of speed."""

from __future__ import annotations

import math

from hil.autopilot.control.setpoints import Setpoint, Track
from hil.autopilot.guidance.guidance import STEP_S, Climb, Speeds, Waypoint
from hil.autopilot.guidance.leg import ZERO, AxisLimits
from hil.autopilot.guidance.legs import LegGuidance, LegLaw
from hil.autopilot.guidance.shaping import Axis, approach
from hil.autopilot.vehicle_context import VehicleContext

_LEAST_RISE_S = 0.1  # of the attitude's input, for the snap
_LIFT_OFF_M_S, _LIFT_OFF_M_S2 = 0.3, 0.4  # wanted while the throttle rises on the ground
_TAKEN_OFF_SHARE, _SLOW_SHARE = 0.1, 0.1  # a takeoff is over: of the climb left, of the climb speed
_CORNER_SHARE = 2.0  # of WPNAV_ACCEL, where WPNAV_ACCEL_C is 0


class CopterGuidance(LegGuidance):
    """Guidance of one copter."""

    def __init__(self) -> None:
        super().__init__()
        self._climb: Climb | None = None
        self._up = Axis(0.0)
        self._climbed_from_m = 0.0
        self._wanted_up_m_s = 0.0

    def law(self, vehicle: VehicleContext, speeds: Speeds) -> LegLaw:
        p = vehicle.params
        acc, acc_z = max(p["WPNAV_ACCEL"], 50.0) / 100.0, max(p["WPNAV_ACCEL_Z"], 50.0) / 100.0
        jerk = max(p["WPNAV_JERK"], 0.1)
        return LegLaw(
            AxisLimits(speeds.cruise_m_s, speeds.climb_m_s, speeds.descend_m_s, acc, acc_z),
            jerk,
            0.5 * jerk * math.pi / max(p["ATC_INPUT_TC"], _LEAST_RISE_S),
            p["WPNAV_ACCEL_C"] / 100.0 or _CORNER_SHARE * acc,
            (max(p["PSC_NE_POS_P"], 0.1), max(p["PSC_D_POS_P"], 0.1)),
        )

    def begin(self, vehicle: VehicleContext, waypoint: Waypoint, speeds: Speeds) -> None:
        super().begin(vehicle, waypoint, speeds)
        self._climb = None

    def begin_climb(self, vehicle: VehicleContext, climb: Climb, speeds: Speeds) -> None:
        north, east, down = vehicle.est.pos_ned
        if not climb.takes_off:
            north, east, _ = self.rest_point(vehicle, speeds)
        self._stand(vehicle, (north, east, climb.point[2]))
        self._climb, self._wanted_up_m_s = climb, _LIFT_OFF_M_S
        self._up = Axis(-down, -vehicle.est.vel_ned[2])
        self._climbed_from_m, self.reached = -down, False

    def step(self, vehicle: VehicleContext, speeds: Speeds, yaw_rad: float | None) -> Setpoint:
        if self._climb is None:
            return super().step(vehicle, speeds, yaw_rad)
        self._stepped_s = vehicle.time_s
        return self._step_up(vehicle, self._climb, speeds, yaw_rad)

    def _step_up(
        self, vehicle: VehicleContext, climb: Climb, speeds: Speeds, yaw_rad: float | None
    ) -> Setpoint:
        p, up = vehicle.params, self._up
        north, east, down = self._pos
        if climb.takes_off and vehicle.est.landed:
            # The throttle rises until the aircraft leaves the ground.
            self._wanted_up_m_s += _LIFT_OFF_M_S2 * STEP_S
            return Track(
                (north, east, vehicle.est.pos_ned[2]), (0.0, 0.0, -self._wanted_up_m_s), ZERO, yaw_rad
            )
        if climb.takes_off and not up.vel_m_s:
            up.pos_m, up.vel_m_s = -vehicle.est.pos_ned[2], -vehicle.est.vel_ned[2]
        acc, jerk = max(p["WPNAV_ACCEL_Z"], 50.0) / 100.0, max(p["PSC_JERK_D"], 0.5)
        if climb.loiters:
            rate = approach(-down - up.pos_m, max(p["PSC_D_POS_P"], 0.1), acc, STEP_S)
            up.at_speed(min(max(rate, -speeds.descend_m_s), speeds.climb_m_s), acc, jerk, STEP_S)
        else:
            up.towards(-down, -speeds.descend_m_s, speeds.climb_m_s, acc, jerk, STEP_S)
        rest_m = abs(-down - up.pos_m)
        if climb.takes_off:
            whole_m = abs(-down - self._climbed_from_m)
            self.reached = (
                rest_m <= _TAKEN_OFF_SHARE * whole_m and up.vel_m_s < _SLOW_SHARE * speeds.climb_m_s
            )
        else:
            self.reached = abs(down - vehicle.est.pos_ned[2]) <= climb.accuracy_m
        return Track((north, east, -up.pos_m), (0.0, 0.0, -up.vel_m_s), (0.0, 0.0, -up.acc_m_s2), yaw_rad)
