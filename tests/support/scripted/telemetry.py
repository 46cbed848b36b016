"""Telemetry messages of the scripted vehicle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from controller.autopilots.ardupilot_modes import COPTER, PLANE
from controller.wire import messages as m
from controller.wire.message import Message

HOME = (47.3977, 8.5456, 488.0)
PX4_MODES = {
    "LOITER": (4, 3),
    "MISSION": (4, 4),
    "RTL": (4, 5),
    "LAND": (4, 6),
    "TAKEOFF": (4, 2),
    "POSCTL": (3, 0),
}
PREARM = 1 << 28


def message_makers(vehicle: Any) -> dict[str, Callable[[], Message | None]]:
    """Return the telemetry messages of a scripted vehicle: name to a function that creates the message."""
    return {
        "HEARTBEAT": lambda: _heartbeat(vehicle),
        "SYS_STATUS": lambda: _sys_status(vehicle),
        "GLOBAL_POSITION_INT": lambda: _position(vehicle),
        "ATTITUDE": lambda: m.ATTITUDE(time_boot_ms=vehicle.boot_ms),
        "VFR_HUD": m.VFR_HUD,
        "GPS_RAW_INT": lambda: m.GPS_RAW_INT(fix_type=3 if vehicle.ready else 1, satellites_visible=10),
        "EKF_STATUS_REPORT": lambda: _estimator(
            vehicle, m.EKF_STATUS_REPORT(flags=831 if vehicle.ready else 167)
        ),
        "ESTIMATOR_STATUS": lambda: _estimator(
            vehicle, m.ESTIMATOR_STATUS(flags=1023 if vehicle.ready else 1)
        ),
        "EXTENDED_SYS_STATE": lambda: m.EXTENDED_SYS_STATE(landed_state=2 if vehicle.place[2] > 0.3 else 1),
        "MISSION_CURRENT": vehicle.mission_current,
        "HOME_POSITION": lambda: _home(vehicle),
        "AUTOPILOT_VERSION": lambda: m.AUTOPILOT_VERSION(
            flight_sw_version=0x040700FF, capabilities=vehicle.script.capabilities
        ),
    }


def _heartbeat(vehicle: Any) -> Message:
    if vehicle.stack == "px4":
        main, sub = PX4_MODES[vehicle.mode]
        custom, autopilot, kind = main << 16 | sub << 24, 12, 2
    else:
        table = PLANE if vehicle.stack == "arduplane" else COPTER
        custom, autopilot, kind = table[vehicle.mode], 3, 1 if vehicle.stack == "arduplane" else 2
    return m.HEARTBEAT(
        type=kind,
        autopilot=autopilot,
        base_mode=1 | 128 * vehicle.shown_armed,
        custom_mode=custom,
        system_status=3,
    )


def _sys_status(vehicle: Any) -> Message:
    healthy = PREARM if vehicle.prearm_ok else 0
    return m.SYS_STATUS(
        onboard_control_sensors_present=PREARM,
        onboard_control_sensors_enabled=PREARM,
        onboard_control_sensors_health=healthy,
        voltage_battery=12600,
        current_battery=500,
        battery_remaining=vehicle.script.battery_percent,
    )


def _estimator(vehicle: Any, status: Message) -> Message | None:
    return status if vehicle.uptime_s >= vehicle.script.estimator_from_s else None


def _position(vehicle: Any) -> Message:
    return m.GLOBAL_POSITION_INT(
        time_boot_ms=vehicle.boot_ms,
        lat=round(vehicle.place[0] * 1e7),
        lon=round(vehicle.place[1] * 1e7),
        alt=round((HOME[2] + vehicle.place[2]) * 1e3),
        relative_alt=round(vehicle.place[2] * 1e3),
    )


def _home(vehicle: Any) -> Message | None:
    if not vehicle.ready:
        return None
    return m.HOME_POSITION(
        latitude=round(HOME[0] * 1e7), longitude=round(HOME[1] * 1e7), altitude=round(HOME[2] * 1e3)
    )
