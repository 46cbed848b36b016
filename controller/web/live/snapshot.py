"""State of an aircraft as JSON for the page: groups of values, each with its age; see `ui/src/lib/protocol.ts`.

The JSON text of a group is made once for all pages. Its age is added when it is written, so that a value that waited
for a slow page does not look newer than it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from controller.logs.record.event_file import plain_json
from controller.missions.plan import Home
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
    Wind,
)
from controller.wire import enums

Json = dict[str, Any]
_ENCODER = json.JSONEncoder(allow_nan=False, separators=(",", ":"))


class Fragment(NamedTuple):
    """JSON text of a group without its closing brace, and the time of its values; `at_s` None: it has no age."""

    text: str
    at_s: float | None

    def at(self, now: float) -> str:
        """Return the JSON with the age of the values at `now`, s."""
        return self.text if self.at_s is None else f'{self.text},"age_s":{max(0.0, now - self.at_s):.3f}}}'


def encoded(message: Mapping[str, Any]) -> str:
    """Return a message as JSON; values that are no JSON numbers become null."""
    try:
        return _ENCODER.encode(message)
    except (ValueError, TypeError):
        return plain_json(message).decode()


def fragment(values: Json, at_s: float) -> Fragment:
    """Return the fragment of a group with an age."""
    return Fragment(encoded(values)[:-1], at_s)


def plain(value: object) -> Fragment:
    """Return the fragment of a value without an age."""
    return Fragment(encoded({"": value})[4:-1], None)


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
        "ground_speed_m_s": round(of.ground_speed_m_s, 3),
        "heading_deg": of.heading_deg,
        "has_place": of.has_place,
    }


def attitude(of: Attitude) -> Json:
    """Angles in degrees."""
    return {
        "roll_deg": round(math.degrees(of.roll_rad), 2),
        "pitch_deg": round(math.degrees(of.pitch_rad), 2),
        "yaw_deg": round(math.degrees(of.yaw_rad) % 360, 2),
    }


def speed(of: VfrHud) -> Json:
    """Speeds in metres a second, climb positive upwards."""
    return {
        "ground_m_s": round(of.ground_speed_m_s, 3),
        "air_m_s": None if of.airspeed_m_s is None else round(of.airspeed_m_s, 3),
        "climb_m_s": round(of.climb_m_s, 3),
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


def wind(of: Wind) -> Json:
    """Metres a second, and degrees from where it blows."""
    return {"speed_m_s": round(of.speed_m_s, 2), "from_deg": round(of.from_deg, 1)}


def mission(of: MissionStatus, number_of: Callable[[int], int | None]) -> Json:
    """Progress by item numbers from 1."""
    return {
        "current": None if of.current is None else number_of(of.current),
        "total": of.total,
        "reached": None if of.reached is None else number_of(of.reached),
    }


def home(of: Home) -> Json:
    """Degrees, and metres above sea level."""
    return {"lat_deg": of.lat_deg, "lon_deg": of.lon_deg, "alt_amsl_m": of.alt_amsl_m}


GROUPS: dict[str, tuple[Callable[[VehicleState], Any], Callable[[Any], Json]]] = {
    "heartbeat": (lambda state: state.heartbeat, heartbeat),
    "position": (lambda state: state.position, position),
    "attitude": (lambda state: state.attitude, attitude),
    "speed": (lambda state: state.vfr_hud, speed),
    "battery": (lambda state: state.battery, battery),
    "gps": (lambda state: state.gps, gps),
    "health": (lambda state: state.health, health),
    "wind": (lambda state: state.wind, wind),
}
"""Groups by their names on the page: where the state has them, and their JSON."""


def changed_groups(
    state: VehicleState, before: VehicleState | None, number_of: Callable[[int], int | None]
) -> dict[str, Fragment]:
    """Return the groups that are other objects than in `before`, which is faster to see than other values."""
    found: dict[str, Fragment] = {}
    for name, (group_of, json_of) in GROUPS.items():
        group = group_of(state)
        if group is not None and (before is None or group is not group_of(before)):
            found[name] = fragment(json_of(group), group.at_s)
    progress = state.mission
    if progress is not None and (before is None or progress is not before.mission):
        found["mission"] = fragment(mission(progress, number_of), progress.at_s)
    if state.home is not None and (before is None or state.home is not before.home):
        found["home"] = plain(home(state.home))
    if before is None or state.in_air is not before.in_air:
        found["in_air"] = plain(state.in_air)
    if before is None or state.position_good is not before.position_good:
        found["position_good"] = plain(state.position_good)
    return found
