"""SET_POSITION_TARGET_* from the ground, for the guided modes."""

from __future__ import annotations

import math

from controller.wire.message import Message
from hil.autopilot.commander import Commander
from hil.autopilot.vehicle_context import WARNING, Place, Vector3, VehicleContext

# POSITION_TARGET_TYPEMASK: what is to be ignored
NO_POSITION, NO_VELOCITY, NO_YAW, NO_RATE = 0x007, 0x038, 0x400, 0x800
LOCAL_NED, LOCAL_OFFSET, BODY_NED, BODY_OFFSET, BODY_FRD = 1, 7, 8, 9, 12
RELATIVE, ABSOLUTE = (3, 6), (0, 5)
IN_BODY = (BODY_NED, BODY_OFFSET, BODY_FRD)


class SetpointReceiver:
    """Takes set-points for the guided modes of one pilot. What cannot be flown is said once."""

    def __init__(self, vehicle: VehicleContext, commander: Commander, *, only_in_mode: bool) -> None:
        """`only_in_mode`: set-points outside the guided mode are lost (ArduPilot); else the latest is kept (PX4)."""
        self._vehicle, self._commander = vehicle, commander
        self._only_in_mode = only_in_mode
        self._said: dict[str, None] = {}

    def receive(self, message: Message) -> None:
        """Act on one message."""
        if message.name == "SET_ATTITUDE_TARGET":
            self._say_once("SET_ATTITUDE_TARGET is not supported")
            return
        guided_mode = "GUIDED" if self._only_in_mode else "OFFBOARD"
        if self._only_in_mode and self._commander.mode.name != guided_mode:
            return
        values = (*_place_values(message), message.vx, message.vy, message.vz, message.yaw, message.yaw_rate)
        mask = message.type_mask
        yaw = message.yaw if not mask & NO_YAW and math.isfinite(message.yaw) else None
        rate = message.yaw_rate if not mask & NO_RATE and math.isfinite(message.yaw_rate) else None
        has_place = mask & NO_POSITION != NO_POSITION and all(math.isfinite(value) for value in values[:3])
        has_velocity = mask & NO_VELOCITY != NO_VELOCITY and all(
            math.isfinite(value) for value in values[3:6]
        )
        if yaw is not None and message.coordinate_frame in IN_BODY:
            yaw += self._vehicle.est.euler_rad[2]
        guided = self._commander.guided
        if has_place:
            point = self._point(message)
            if point is None:
                self._say_once(f"Set-point in frame {message.coordinate_frame} is not supported")
                return
            guided.go(self._vehicle, point, yaw_rad=yaw, rate=rate)
        elif has_velocity:
            guided.fly(self._vehicle, self._velocity(message), yaw_rad=yaw, rate=rate)
        elif yaw is not None or rate is not None:
            guided.turn(self._vehicle, yaw_rad=yaw, rate=rate)
        else:
            self._say_once("Set-point without position, velocity or heading is not supported")
            return
        if self._commander.mode.name == guided_mode:
            self._commander.use_guided()

    def _point(self, message: Message) -> Vector3 | None:
        vehicle, frame = self._vehicle, message.coordinate_frame
        if message.name == "SET_POSITION_TARGET_GLOBAL_INT":
            home_m = vehicle.home.alt_amsl_m if vehicle.home else vehicle.loop.home.alt_amsl_m
            if frame not in (*RELATIVE, *ABSOLUTE):
                return None
            alt = message.alt + (home_m if frame in RELATIVE else 0.0)
            return vehicle.ned(Place(message.lat_int / 1e7, message.lon_int / 1e7, alt))
        n, e, d = message.x, message.y, message.z
        here = vehicle.est.pos_ned
        if frame == LOCAL_NED:
            return n, e, d
        if frame == LOCAL_OFFSET:
            return here[0] + n, here[1] + e, here[2] + d
        if frame in (BODY_OFFSET, BODY_FRD):
            n, e = self._turned(n, e)
            return here[0] + n, here[1] + e, here[2] + d
        if frame == BODY_NED:
            n, e = self._turned(n, e)
            return here[0] + n, here[1] + e, d
        return None

    def _velocity(self, message: Message) -> Vector3:
        n, e = message.vx, message.vy
        if message.coordinate_frame in IN_BODY:
            n, e = self._turned(n, e)
        limit = 20.0 / max(20.0, math.hypot(n, e))
        return n * limit, e * limit, min(max(message.vz, -10.0), 10.0)

    def _turned(self, forward: float, right: float) -> tuple[float, float]:
        yaw = self._vehicle.est.euler_rad[2]
        return (
            forward * math.cos(yaw) - right * math.sin(yaw),
            forward * math.sin(yaw) + right * math.cos(yaw),
        )

    def _say_once(self, text: str) -> None:
        if text not in self._said:
            self._said[text] = None
            self._vehicle.say(text, WARNING)


def _place_values(message: Message) -> tuple[float, float, float]:
    if message.name == "SET_POSITION_TARGET_GLOBAL_INT":
        return message.lat_int, message.lon_int, message.alt
    return message.x, message.y, message.z
