"""Guidance of ArduRover: legs on the ground by AR_WPNav's parameters."""

from __future__ import annotations

from dataclasses import replace

from hil.autopilot.guidance.guidance import Speeds, Waypoint
from hil.autopilot.guidance.leg import AxisLimits, Vector3
from hil.autopilot.guidance.legs import LegGuidance, LegLaw
from hil.autopilot.vehicle_context import VehicleContext

_SNAP_M_S4 = 15.0
_SLOWEST_PACE = 0.1
_G_M_S2 = 9.80665


class RoverGuidance(LegGuidance):
    """Guidance of one rover. All heights are zero."""

    def law(self, vehicle: VehicleContext, speeds: Speeds) -> LegLaw:
        p = vehicle.params
        acc = p["WP_ACCEL"] or max(p["ATC_ACCEL_MAX"], 0.1)
        return LegLaw(
            AxisLimits(speeds.cruise_m_s, 1.0, 1.0, acc, acc),
            p["WP_JERK"] or acc,
            _SNAP_M_S4,
            p["ATC_TURN_MAX_G"] * _G_M_S2,
            (max(p["PSC_POS_P"], 0.05), 1.0),
            _SLOWEST_PACE,
        )

    def motion(self, vehicle: VehicleContext) -> tuple[Vector3, Vector3]:
        pos, vel = vehicle.est.pos_ned, vehicle.est.vel_ned
        return (pos[0], pos[1], 0.0), (vel[0], vel[1], 0.0)

    def begin(self, vehicle: VehicleContext, waypoint: Waypoint, speeds: Speeds) -> None:
        ahead = tuple(replace(via, point=(*via.point[:2], 0.0)) for via in waypoint.ahead)
        super().begin(vehicle, replace(waypoint, point=(*waypoint.point[:2], 0.0), ahead=ahead), speeds)
