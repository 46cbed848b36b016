"""State of an aircraft as JSON for the page: groups of values, each with its age; see `ui/src/lib/protocol.ts`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from controller.vehicle.state import (
    Attitude,
    Battery,
    Gps,
    Heartbeat,
    MissionStatus,
    Position,
    SensorHealth,
    VehicleState,
    VfrHud,
)
from controller.wire import enums

Json = dict[str, Any]


def heartbeat(of: Heartbeat) -> Json:
    """Mode and whether it is armed."""
    return {"armed": of.armed, "mode": of.mode}


def position(of: Position) -> Json:
    """Degrees, metres and metres a second, north, east and down."""
    return {
        "lat_deg": of.lat_deg,
        "lon_deg": of.lon_deg,
        "alt_amsl_m": of.alt_amsl_m,
        "alt_rel_m": of.alt_rel_m,
        "vel_ned": of.vel_ned,
        "ground_speed_m_s": of.ground_speed_m_s,
        "heading_deg": of.heading_deg,
        "has_place": of.has_place,
    }


def attitude(of: Attitude) -> Json:
    """Angles in degrees."""
    return {
        "roll_deg": math.degrees(of.roll_rad),
        "pitch_deg": math.degrees(of.pitch_rad),
        "yaw_deg": math.degrees(of.yaw_rad) % 360,
    }


def speed(of: VfrHud) -> Json:
    """Speeds in metres a second, climb positive upwards."""
    return {
        "ground_m_s": of.ground_speed_m_s,
        "air_m_s": of.airspeed_m_s,
        "climb_m_s": of.climb_m_s,
        "throttle_percent": of.throttle_percent,
    }


def battery(of: Battery) -> Json:
    """Volts, amperes and per cent; null for a value that is not measured."""
    return {"voltage_v": of.voltage_v, "current_a": of.current_a, "remaining_percent": of.remaining_percent}


def gps(of: Gps) -> Json:
    """Fix by number and name, satellites, dilution."""
    name = enums.describe("GPS_FIX_TYPE", of.fix)
    return {"fix": of.fix, "fix_name": name, "satellites": of.satellites, "hdop": of.hdop}


def health(of: SensorHealth) -> Json:
    """Pre-arm checks, and names of the sensors that are not healthy."""
    return {"prearm_ok": of.prearm_ok, "unhealthy": enums.flag_names("MAV_SYS_STATUS_SENSOR", of.unhealthy)}


GROUPS: dict[str, tuple[Callable[[VehicleState], Any], Callable[[Any], Json]]] = {
    "heartbeat": (lambda state: state.heartbeat, heartbeat),
    "position": (lambda state: state.position, position),
    "attitude": (lambda state: state.attitude, attitude),
    "speed": (lambda state: state.vfr_hud, speed),
    "battery": (lambda state: state.battery, battery),
    "gps": (lambda state: state.gps, gps),
    "health": (lambda state: state.health, health),
}
"""Groups by their names on the page: where the state has them, and their JSON."""


def mission(of: MissionStatus, number_of: Callable[[int], int | None]) -> Json:
    """Progress by item numbers from 1."""
    return {
        "current": None if of.current is None else number_of(of.current),
        "total": of.total,
        "reached": None if of.reached is None else number_of(of.reached),
    }


def changed_groups(state: VehicleState, before: VehicleState | None, now_s: float) -> Json:
    """Return the groups that are other objects than `before`, with their ages in seconds."""
    found: Json = {}
    for name, (group_of, json_of) in GROUPS.items():
        group = group_of(state)
        if group is not None and (before is None or group is not group_of(before)):
            found[name] = {**json_of(group), "age_s": round(now_s - group.at_s, 3)}
    return found
