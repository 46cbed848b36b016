"""Sensor bits of SYS_STATUS: present, enabled, healthy, and the result of the pre-arm checks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from controller.wire.enums import MAV_SYS_STATUS_SENSOR
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.modes import Mode, ModeKind
from hil.autopilot.vehicle_context import VehicleContext

BIT: Any = MAV_SYS_STATUS_SENSOR
GPS, AHRS, BATTERY = int(BIT.SENSOR_GPS), int(BIT.AHRS), int(BIT.SENSOR_BATTERY)
ALTITUDE_CONTROL, POSITION_CONTROL = int(BIT.SENSOR_Z_ALTITUDE_CONTROL), int(BIT.SENSOR_XY_POSITION_CONTROL)
MOTOR_OUTPUTS, LOGGING, PREARM = int(BIT.SENSOR_MOTOR_OUTPUTS), int(BIT.LOGGING), int(BIT.PREARM_CHECK)
GEOFENCE, RC_RECEIVER = int(BIT.GEOFENCE), int(BIT.SENSOR_RC_RECEIVER)
ALWAYS_PRESENT = int(
    BIT.SENSOR_3D_GYRO | BIT.SENSOR_3D_ACCEL | BIT.SENSOR_3D_MAG | BIT.SENSOR_ABSOLUTE_PRESSURE
    | BIT.SENSOR_ANGULAR_RATE_CONTROL | BIT.SENSOR_ATTITUDE_STABILIZATION | BIT.SENSOR_YAW_POSITION
    | GPS | AHRS | BATTERY | ALTITUDE_CONTROL | POSITION_CONTROL | MOTOR_OUTPUTS | LOGGING | PREARM
)  # fmt: skip
LOW_CHARGE = 0.05


@dataclass(frozen=True, slots=True)
class Health:
    """Three masks of MAV_SYS_STATUS_SENSOR."""

    present: int
    enabled: int
    healthy: int


def system_health(vehicle: VehicleContext, stack: AutopilotStack, mode: Mode, *, ready: bool) -> Health:
    """Return the present masks; `ready`: all pre-arm checks pass."""
    present = ALWAYS_PRESENT | (RC_RECEIVER if stack.telemetry.reports_rc_receiver else 0)
    enabled = present
    if mode.kind is ModeKind.MANUAL:
        enabled &= ~(ALTITUDE_CONTROL | POSITION_CONTROL)
    if not vehicle.armed and stack.telemetry.disables_outputs_disarmed:
        enabled &= ~(LOGGING | MOTOR_OUTPUTS)
    # Healthy also without a fence: then there is no breach.
    healthy = present if vehicle.fence_breached else present | GEOFENCE
    if not ready and not vehicle.armed:
        healthy &= ~PREARM
    if not vehicle.est.ready.tilt_aligned:
        healthy &= ~AHRS
    if vehicle.sensors.gps.fix_type < 3:
        healthy &= ~GPS
    if not vehicle.est.ready.gps_used:
        healthy &= ~POSITION_CONTROL
    if vehicle.remaining < LOW_CHARGE:
        healthy &= ~BATTERY
    return Health(present, enabled, healthy)
