"""Messages folded into the snapshot: `fold(state, message, now)` gives the next state and changes nothing.

Names of modes come from the autopilot, whole status texts from the assembler; both are arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from controller.autopilots.base import LandedState
from controller.missions.plan import Home
from controller.vehicle.state import (
    Attitude,
    Battery,
    Beat,
    Estimator,
    Gps,
    Health,
    Hud,
    MissionStatus,
    Position,
    Text,
    VehicleState,
    position_is_absolute,
)
from controller.wire.enums import MAV_MODE_FLAG
from controller.wire.message import Message

ModeName = Callable[[int, int], str]

_ARMED = int(MAV_MODE_FLAG.SAFETY_ARMED)
TEXTS_KEPT = 50


def fold(state: VehicleState, message: Message, now: float, mode_name: ModeName) -> VehicleState:
    """The state after `message` from the aircraft. Messages that tell nothing only move `heard_at_s`."""
    name = message.name
    if name == "HEARTBEAT":
        return replace(state, heard_at_s=now, beat=_beat(message, now, mode_name))
    handler = _HANDLERS.get(name)
    if handler is None:
        return replace(state, heard_at_s=now)
    return handler(state, message, now)


def with_text(state: VehicleState, text: Text) -> VehicleState:
    """The state after one whole status text."""
    return replace(state, texts=(*state.texts[-TEXTS_KEPT + 1 :], text))


def _beat(message: Message, now: float, mode_name: ModeName) -> Beat:
    return Beat(
        at_s=now,
        mav_type=message.type,
        autopilot=message.autopilot,
        armed=bool(message.base_mode & _ARMED),
        mode=mode_name(message.base_mode, message.custom_mode),
        base_mode=message.base_mode,
        custom_mode=message.custom_mode,
        status=message.system_status,
    )


def _position(state: VehicleState, message: Message, now: float) -> VehicleState:
    position = Position(
        at_s=now,
        boot_ms=message.time_boot_ms,
        lat_deg=message.lat / 1e7,
        lon_deg=message.lon / 1e7,
        alt_amsl_m=message.alt / 1e3,
        alt_rel_m=message.relative_alt / 1e3,
        vel_ned=(message.vx / 100, message.vy / 100, message.vz / 100),
        heading_deg=message.hdg / 100 if message.hdg != 0xFFFF else None,
    )
    return replace(state, heard_at_s=now, position=position)


def _attitude(state: VehicleState, message: Message, now: float) -> VehicleState:
    rates = (message.rollspeed, message.pitchspeed, message.yawspeed)
    return replace(
        state, heard_at_s=now, attitude=Attitude(now, message.roll, message.pitch, message.yaw, rates)
    )


def _hud(state: VehicleState, message: Message, now: float) -> VehicleState:
    airspeed = message.airspeed if math.isfinite(message.airspeed) else None
    hud = Hud(now, airspeed, message.groundspeed, message.climb, message.throttle)
    return replace(state, heard_at_s=now, hud=hud)


def _sys_status(state: VehicleState, message: Message, now: float) -> VehicleState:
    battery = Battery(
        at_s=now,
        voltage_v=message.voltage_battery / 1e3 if message.voltage_battery != 0xFFFF else None,
        current_a=message.current_battery / 100 if message.current_battery >= 0 else None,
        remaining_percent=message.battery_remaining if message.battery_remaining >= 0 else None,
    )
    health = Health(
        now,
        message.onboard_control_sensors_present,
        message.onboard_control_sensors_enabled,
        message.onboard_control_sensors_health,
    )
    return replace(state, heard_at_s=now, battery=battery, health=health)


def _gps(state: VehicleState, message: Message, now: float) -> VehicleState:
    gps = Gps(
        at_s=now,
        fix=message.fix_type,
        satellites=message.satellites_visible if message.satellites_visible != 0xFF else None,
        hdop=message.eph / 100 if message.eph != 0xFFFF else None,
        lat_deg=message.lat / 1e7,
        lon_deg=message.lon / 1e7,
    )
    return replace(state, heard_at_s=now, gps=gps)


def _ekf(state: VehicleState, message: Message, now: float) -> VehicleState:
    good = position_is_absolute(message.flags, standing_counts=True)
    return replace(state, heard_at_s=now, estimator=Estimator(now, message.flags, good))


def _estimator(state: VehicleState, message: Message, now: float) -> VehicleState:
    good = position_is_absolute(message.flags, standing_counts=False)
    return replace(state, heard_at_s=now, estimator=Estimator(now, message.flags, good))


def _landed(state: VehicleState, message: Message, now: float) -> VehicleState:
    known = message.landed_state <= LandedState.LANDING.value
    landed = LandedState(message.landed_state) if known else LandedState.UNKNOWN
    return replace(state, heard_at_s=now, landed=landed, landed_at_s=now)


def _mission_current(state: VehicleState, message: Message, now: float) -> VehicleState:
    before = state.mission or MissionStatus(now)
    total = message.total if message.total not in (0, 0xFFFF) else None
    mission = replace(before, at_s=now, current=message.seq, total=total, state=message.mission_state)
    return replace(state, heard_at_s=now, mission=mission)


def _mission_reached(state: VehicleState, message: Message, now: float) -> VehicleState:
    before = state.mission or MissionStatus(now)
    mission = replace(before, at_s=now, reached=message.seq, reached_at_s=now)
    return replace(state, heard_at_s=now, mission=mission)


def _home(state: VehicleState, message: Message, now: float) -> VehicleState:
    home = Home(message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3)
    return replace(state, heard_at_s=now, home=home, home_at_s=now)


_HANDLERS: dict[str, Callable[[VehicleState, Message, float], VehicleState]] = {
    "GLOBAL_POSITION_INT": _position,
    "ATTITUDE": _attitude,
    "VFR_HUD": _hud,
    "SYS_STATUS": _sys_status,
    "GPS_RAW_INT": _gps,
    "EKF_STATUS_REPORT": _ekf,
    "ESTIMATOR_STATUS": _estimator,
    "EXTENDED_SYS_STATE": _landed,
    "MISSION_CURRENT": _mission_current,
    "MISSION_ITEM_REACHED": _mission_reached,
    "HOME_POSITION": _home,
}
