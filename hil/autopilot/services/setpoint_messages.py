"""Receiver of SET_POSITION_TARGET_LOCAL_NED and SET_POSITION_TARGET_GLOBAL_INT for the guided modes."""

from __future__ import annotations

import math
from typing import Any

from controller.wire.enums import MAV_FRAME, POSITION_TARGET_TYPEMASK
from controller.wire.message import Message
from hil.autopilot.commander import Commander
from hil.autopilot.mission.item_commands import RELATIVE_FRAMES
from hil.autopilot.services.commands.vehicle_command import GLOBAL_FRAMES
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import WARNING, Place, Vector3, VehicleContext

MASK: Any = POSITION_TARGET_TYPEMASK
IGNORE_POSITION = int(MASK.X_IGNORE | MASK.Y_IGNORE | MASK.Z_IGNORE)
IGNORE_VELOCITY = int(MASK.VX_IGNORE | MASK.VY_IGNORE | MASK.VZ_IGNORE)
IGNORE_YAW, IGNORE_YAW_RATE = int(MASK.YAW_IGNORE), int(MASK.YAW_RATE_IGNORE)
BODY_FRAMES = frozenset((MAV_FRAME.BODY_NED, MAV_FRAME.BODY_OFFSET_NED, MAV_FRAME.BODY_FRD))
MAX_HORIZONTAL_M_S, MAX_VERTICAL_M_S = 20.0, 10.0


class SetpointReceiver:
    """Setpoints for the guided modes of one vehicle. An unsupported setpoint is reported once."""

    def __init__(self, vehicle: VehicleContext, commander: Commander, stack: AutopilotStack) -> None:
        self._vehicle, self._commander, self._stack = vehicle, commander, stack
        self._reported: set[str] = set()

    def receive(self, message: Message) -> None:
        """Fly the setpoint of one message."""
        if message.name == "SET_ATTITUDE_TARGET":
            self._report_once("SET_ATTITUDE_TARGET is not supported")
            return
        in_mode = self._commander.mode.name == self._stack.setpoint_mode
        if not in_mode and not self._stack.keeps_setpoints:
            return
        values = (
            *_position_values(message),
            message.vx,
            message.vy,
            message.vz,
            message.yaw,
            message.yaw_rate,
        )
        mask = message.type_mask
        yaw = message.yaw if not mask & IGNORE_YAW and math.isfinite(message.yaw) else None
        rate = message.yaw_rate if not mask & IGNORE_YAW_RATE and math.isfinite(message.yaw_rate) else None
        has_position = mask & IGNORE_POSITION != IGNORE_POSITION and all(
            math.isfinite(value) for value in values[:3]
        )
        has_velocity = mask & IGNORE_VELOCITY != IGNORE_VELOCITY and all(
            math.isfinite(value) for value in values[3:6]
        )
        if yaw is not None and message.coordinate_frame in BODY_FRAMES:
            yaw += self._vehicle.est.euler_rad[2]
        guided = self._commander.guided
        if has_position:
            point = self._point(message)
            if point is None:
                self._report_once(f"Setpoint in frame {message.coordinate_frame} is not supported")
                return
            guided.go(self._vehicle, point, yaw_rad=yaw, rate=rate)
        elif has_velocity:
            guided.fly(self._vehicle, self._velocity(message), yaw_rad=yaw, rate=rate)
        elif yaw is not None or rate is not None:
            guided.turn(self._vehicle, yaw_rad=yaw, rate=rate)
        else:
            self._report_once("Setpoint without position, velocity or heading is not supported")
            return
        if in_mode:
            self._commander.use_guided()

    def _point(self, message: Message) -> Vector3 | None:
        vehicle, frame = self._vehicle, message.coordinate_frame
        if message.name == "SET_POSITION_TARGET_GLOBAL_INT":
            home_m = vehicle.home.alt_amsl_m if vehicle.home else vehicle.core.home.alt_amsl_m
            if frame not in GLOBAL_FRAMES:
                return None
            alt = message.alt + (home_m if frame in RELATIVE_FRAMES else 0.0)
            return vehicle.ned(Place(message.lat_int / 1e7, message.lon_int / 1e7, alt))
        n, e, d = message.x, message.y, message.z
        here = vehicle.est.pos_ned
        if frame == MAV_FRAME.LOCAL_NED:
            return n, e, d
        if frame == MAV_FRAME.LOCAL_OFFSET_NED:
            return here[0] + n, here[1] + e, here[2] + d
        if frame in (MAV_FRAME.BODY_OFFSET_NED, MAV_FRAME.BODY_FRD):
            n, e = self._to_ned(n, e)
            return here[0] + n, here[1] + e, here[2] + d
        if frame == MAV_FRAME.BODY_NED:
            n, e = self._to_ned(n, e)
            return here[0] + n, here[1] + e, d
        return None

    def _velocity(self, message: Message) -> Vector3:
        n, e = message.vx, message.vy
        if message.coordinate_frame in BODY_FRAMES:
            n, e = self._to_ned(n, e)
        limit = MAX_HORIZONTAL_M_S / max(MAX_HORIZONTAL_M_S, math.hypot(n, e))
        return n * limit, e * limit, min(max(message.vz, -MAX_VERTICAL_M_S), MAX_VERTICAL_M_S)

    def _to_ned(self, forward: float, right: float) -> tuple[float, float]:
        yaw = self._vehicle.est.euler_rad[2]
        return (
            forward * math.cos(yaw) - right * math.sin(yaw),
            forward * math.sin(yaw) + right * math.cos(yaw),
        )

    def _report_once(self, text: str) -> None:
        if text not in self._reported:
            self._reported.add(text)
            self._vehicle.send_text(text, WARNING)


def _position_values(message: Message) -> tuple[float, float, float]:
    if message.name == "SET_POSITION_TARGET_GLOBAL_INT":
        return message.lat_int, message.lon_int, message.alt
    return message.x, message.y, message.z
