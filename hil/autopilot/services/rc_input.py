"""RC input from MANUAL_CONTROL or RC_CHANNELS_OVERRIDE, and the setpoints that it commands."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.wire.message import Message
from hil.autopilot.control.setpoints import HoldAttitude, HoldPosition, Setpoint, Velocity
from hil.autopilot.mission.task import FlightRules
from hil.autopilot.vehicle_context import VehicleContext

TIMEOUT_S = 3.0  # RC_OVERRIDE_TIME's default
DEAD_ZONE = 0.06
MAX_TILT_RAD = math.radians(30.0)
MAX_YAW_RATE_RAD_S = math.radians(90.0)


@dataclass(frozen=True, slots=True)
class StickPosition:
    """Stick deflections, -1..1 each: right, forward, yaw right, and up (0 holds the height)."""

    roll: float
    pitch: float
    yaw: float
    up: float


class RcInput:
    """The last stick position of one vehicle, until it times out."""

    def __init__(self) -> None:
        self.channels_us: tuple[int, ...] = ()
        self._last: StickPosition | None = None
        self._received_s = -math.inf

    def manual(self, message: Message, now_s: float) -> None:
        """Take MANUAL_CONTROL: x forward, y right, z thrust 0..1000, r yaw; 32767 marks an unused axis."""
        x, y, z, r = (
            0 if value == 0x7FFF else value for value in (message.x, message.y, message.z, message.r)
        )
        self._last = StickPosition(
            _limited(y / 1000), _limited(x / 1000), _limited(r / 1000), _limited(z / 500 - 1)
        )
        self._received_s = now_s

    def override(self, message: Message, now_s: float) -> None:
        """Take RC_CHANNELS_OVERRIDE: pulse widths in us; 0 and 65535 release or ignore a channel."""
        raw = (message.chan1_raw, message.chan2_raw, message.chan3_raw, message.chan4_raw)
        if all(pulse in (0, 0xFFFF) for pulse in raw):
            self._last, self.channels_us = None, ()
            return
        pulses = tuple(1500 if pulse in (0, 0xFFFF) else pulse for pulse in raw)
        roll, pitch, throttle, yaw = (_limited((pulse - 1500) / 400) for pulse in pulses)
        self._last = StickPosition(roll, -pitch, yaw, throttle)
        self.channels_us, self._received_s = pulses, now_s

    def position(self, vehicle: VehicleContext) -> StickPosition | None:
        """Return the stick position, or None without recent input."""
        return self._last if vehicle.time_s - self._received_s <= TIMEOUT_S else None

    def throttle_raised(self, vehicle: VehicleContext) -> bool:
        """Return whether the throttle stick is above its lowest position."""
        position = self.position(vehicle)
        return position is not None and position.up > -0.9

    def requests_takeoff(self, vehicle: VehicleContext) -> bool:
        """Return whether the throttle stick commands a takeoff."""
        position = self.position(vehicle)
        return position is not None and position.up > 0.1

    def setpoint(self, vehicle: VehicleContext, rules: FlightRules, *, tilt: bool) -> Setpoint | None:
        """Return the commanded setpoint, None without recent input. `tilt`: the mode needs no position estimate."""
        position = self.position(vehicle)
        if position is None:
            return None
        speeds = rules.speeds(vehicle)
        yaw_rate = _with_dead_zone(position.yaw) * MAX_YAW_RATE_RAD_S or None
        up = _with_dead_zone(position.up)
        if tilt and vehicle.est.landed is False and not vehicle.est.ready.gps_used:
            # Without a position estimate the sticks command tilt and thrust; mid throttle hovers.
            thrust = min(max(0.4 * (1.0 + up), 0.0), 1.0)
            return HoldAttitude(position.roll * MAX_TILT_RAD, -position.pitch * MAX_TILT_RAD, None, thrust)
        forward, right = _with_dead_zone(position.pitch), _with_dead_zone(position.roll)
        if not (forward or right or up or yaw_rate):
            return HoldPosition()
        yaw = vehicle.est.euler_rad[2]
        north = (forward * math.cos(yaw) - right * math.sin(yaw)) * speeds.cruise_m_s
        east = (forward * math.sin(yaw) + right * math.cos(yaw)) * speeds.cruise_m_s
        vertical = -up * (speeds.climb_m_s if up > 0.0 else speeds.descend_m_s)
        return Velocity((north, east, vertical), None, yaw_rate)


def _limited(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def _with_dead_zone(value: float) -> float:
    return 0.0 if abs(value) < DEAD_ZONE else value
