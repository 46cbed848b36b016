"""The pilot's sticks, from MANUAL_CONTROL or RC_CHANNELS_OVERRIDE: what they ask of the aircraft, and for how long."""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.wire.message import Message
from hil.autopilot.control.setpoints import Attitude, HoldPosition, Setpoint, Velocity
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import VehicleContext

FORGOTTEN_S = 3.0  # RC_OVERRIDE_TIME's default; older positions are no positions
DEAD = 0.06
MOST_TILT_RAD = math.radians(30.0)
MOST_TURN_RAD_S = math.radians(90.0)


@dataclass(frozen=True, slots=True)
class Position:
    """-1..1 each: right, forward, turning right, and up (0 holds the height)."""

    roll: float
    pitch: float
    yaw: float
    up: float


class RcInput:
    """Remembers the last position of the sticks. With nobody at them they are centred."""

    def __init__(self) -> None:
        self.channels_us: tuple[int, ...] = ()
        self._last: Position | None = None
        self._heard_s = -math.inf

    def manual(self, message: Message, now_s: float) -> None:
        """MANUAL_CONTROL: x forward, y right, z thrust 0..1000, r turning; 32767 is unused."""
        x, y, z, r = (
            0 if value == 0x7FFF else value for value in (message.x, message.y, message.z, message.r)
        )
        self._last = Position(
            _limited(y / 1000), _limited(x / 1000), _limited(r / 1000), _limited(z / 500 - 1)
        )
        self._heard_s = now_s

    def override(self, message: Message, now_s: float) -> None:
        """RC_CHANNELS_OVERRIDE: pulses in us of roll, pitch, throttle, yaw; 0 and 65535 release or keep a channel."""
        raw = (message.chan1_raw, message.chan2_raw, message.chan3_raw, message.chan4_raw)
        if all(pulse in (0, 0xFFFF) for pulse in raw):
            self._last, self.channels_us = None, ()
            return
        pulses = tuple(1500 if pulse in (0, 0xFFFF) else pulse for pulse in raw)
        roll, pitch, throttle, yaw = (_limited((pulse - 1500) / 400) for pulse in pulses)
        self._last = Position(roll, -pitch, yaw, throttle)
        self.channels_us, self._heard_s = pulses, now_s

    def position(self, vehicle: VehicleContext) -> Position | None:
        """Where they are, or None where nobody holds them."""
        return self._last if vehicle.time_s - self._heard_s <= FORGOTTEN_S else None

    def pushed_up(self, vehicle: VehicleContext) -> bool:
        """Whether the throttle stick is off its lowest position."""
        position = self.position(vehicle)
        return position is not None and position.up > -0.9

    def lifts(self, vehicle: VehicleContext) -> bool:
        """Whether the sticks ask to take off."""
        position = self.position(vehicle)
        return position is not None and position.up > 0.1

    def setpoint(self, vehicle: VehicleContext, stack: AutopilotStack, *, tilt: bool) -> Setpoint | None:
        """What they ask for; None with nobody at them."""
        position = self.position(vehicle)
        if position is None:
            return None
        speeds = stack.speeds(vehicle)
        yaw_rate = _beyond_dead(position.yaw) * MOST_TURN_RAD_S or None
        up = _beyond_dead(position.up)
        if tilt and vehicle.est.landed is False and not vehicle.est.ready.gps_used:
            # Without a position the sticks tilt the aircraft; the throttle hovers in the middle.
            thrust = min(max(0.4 * (1.0 + up), 0.0), 1.0)
            return Attitude(position.roll * MOST_TILT_RAD, -position.pitch * MOST_TILT_RAD, None, thrust)
        forward, right = _beyond_dead(position.pitch), _beyond_dead(position.roll)
        if not (forward or right or up or yaw_rate):
            return HoldPosition()
        yaw = vehicle.est.euler_rad[2]
        north = (forward * math.cos(yaw) - right * math.sin(yaw)) * speeds.cruise_m_s
        east = (forward * math.sin(yaw) + right * math.cos(yaw)) * speeds.cruise_m_s
        vertical = -up * (speeds.climb_m_s if up > 0.0 else speeds.descend_m_s)
        return Velocity((north, east, vertical), None, yaw_rate)


def _limited(value: float) -> float:
    return min(max(value, -1.0), 1.0)


def _beyond_dead(value: float) -> float:
    return 0.0 if abs(value) < DEAD else value
