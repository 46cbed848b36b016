"""SYS_STATUS's sensor bits: what is there, what is used, what is well; and whether it may be armed."""

from __future__ import annotations

from dataclasses import dataclass

from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.modes import Behaviour, Mode
from hil.autopilot.vehicle_context import VehicleContext

# MAV_SYS_STATUS_SENSOR
GYRO, ACCEL, MAG, BARO, GPS = 0x01, 0x02, 0x04, 0x08, 0x20
RATES, ATTITUDE, YAW, HEIGHT, PLACE, MOTORS = 0x400, 0x800, 0x1000, 0x2000, 0x4000, 0x8000
RC, FENCE, AHRS, LOGGING, BATTERY, PREARM = 0x10000, 0x100000, 0x200000, 0x1000000, 0x2000000, 0x10000000

ALWAYS = GYRO | ACCEL | MAG | BARO | GPS | RATES | ATTITUDE | YAW | HEIGHT | PLACE | MOTORS | AHRS | LOGGING
ALWAYS |= BATTERY | PREARM


@dataclass(frozen=True, slots=True)
class Health:
    """Three masks of MAV_SYS_STATUS_SENSOR."""

    present: int
    enabled: int
    healthy: int


def system_health(vehicle: VehicleContext, stack: AutopilotStack, mode: Mode, *, ready: bool) -> Health:
    """The masks as they are now; `ready` sets the bit for the checks before arming."""
    present = ALWAYS | (RC if stack.first_item else 0)
    enabled = present
    steered = mode.behaviour is Behaviour.STICKS
    if steered:
        enabled &= ~(HEIGHT | PLACE)
    if not vehicle.armed and stack.first_item:
        enabled &= ~(LOGGING | MOTORS)
    # A fence that is not there is not breached.
    healthy = present | FENCE
    if not ready and not vehicle.armed:
        healthy &= ~PREARM
    if not vehicle.est.ready.tilt_aligned:
        healthy &= ~AHRS
    if vehicle.sensors.gps.fix_type < 3:
        healthy &= ~GPS
    if not vehicle.est.ready.gps_used:
        healthy &= ~PLACE
    if vehicle.remaining < 0.05:
        healthy &= ~BATTERY
    return Health(present, enabled, healthy)
