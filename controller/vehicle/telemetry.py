"""Updates the state snapshot from telemetry: `state_after(state, message, now, mode_name)` returns the next state.

Mode names come from the autopilot and whole status texts from the text assembler; both are arguments.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from controller.autopilots.state_view import LandedState
from controller.autopilots.wind import high_latency_from_deg
from controller.missions.plan import Home
from controller.track_length import has_place
from controller.vehicle.state import (
    Attitude,
    Battery,
    Estimator,
    Gps,
    Heartbeat,
    MissionStatus,
    Position,
    ReceivedText,
    SensorHealth,
    VehicleState,
    VfrHud,
    Wind,
    has_global_position,
)
from controller.wire.enums import MAV_MODE_FLAG
from controller.wire.message import Message

ModeName = Callable[[int, int], str]

_ARMED = int(MAV_MODE_FLAG.SAFETY_ARMED)
TEXTS_KEPT = 50


def state_after(state: VehicleState, message: Message, now: float, mode_name: ModeName) -> VehicleState:
    """Return the state after `message`, received at `now` (event loop seconds). Other messages only set the time."""
    name = message.name
    if name == "HEARTBEAT":
        return replace(state, last_message_at_s=now, heartbeat=_heartbeat(message, now, mode_name))
    handler = _HANDLERS.get(name)
    if handler is None:
        return replace(state, last_message_at_s=now)
    return handler(state, message, now)


def with_text(state: VehicleState, text: ReceivedText) -> VehicleState:
    """Return the state with one more status text; the oldest are dropped after `TEXTS_KEPT`."""
    return replace(state, texts=(*state.texts[-TEXTS_KEPT + 1 :], text))


def _heartbeat(message: Message, now: float, mode_name: ModeName) -> Heartbeat:
    return Heartbeat(
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
    return replace(state, last_message_at_s=now, boot_ms=message.time_boot_ms, position=position)


def _attitude(state: VehicleState, message: Message, now: float) -> VehicleState:
    rates = (message.rollspeed, message.pitchspeed, message.yawspeed)
    attitude = Attitude(now, message.roll, message.pitch, message.yaw, rates)
    return replace(state, last_message_at_s=now, boot_ms=message.time_boot_ms, attitude=attitude)


def _vfr_hud(state: VehicleState, message: Message, now: float) -> VehicleState:
    airspeed = message.airspeed if math.isfinite(message.airspeed) else None
    vfr_hud = VfrHud(now, airspeed, message.groundspeed, message.climb, message.throttle)
    return replace(state, last_message_at_s=now, vfr_hud=vfr_hud)


def _sys_status(state: VehicleState, message: Message, now: float) -> VehicleState:
    battery = Battery(
        at_s=now,
        voltage_v=message.voltage_battery / 1e3 if message.voltage_battery != 0xFFFF else None,
        current_a=message.current_battery / 100 if message.current_battery >= 0 else None,
        remaining_percent=message.battery_remaining if message.battery_remaining >= 0 else None,
    )
    health = SensorHealth(
        now,
        message.onboard_control_sensors_present,
        message.onboard_control_sensors_enabled,
        message.onboard_control_sensors_health,
    )
    return replace(state, last_message_at_s=now, battery=battery, health=health)


def _gps(state: VehicleState, message: Message, now: float) -> VehicleState:
    gps = Gps(
        at_s=now,
        fix=message.fix_type,
        satellites=message.satellites_visible if message.satellites_visible != 0xFF else None,
        hdop=message.eph / 100 if message.eph != 0xFFFF else None,
        lat_deg=message.lat / 1e7,
        lon_deg=message.lon / 1e7,
    )
    return replace(state, last_message_at_s=now, gps=gps)


def _wind(state: VehicleState, message: Message, now: float) -> VehicleState:
    return _with_wind(state, message.speed, message.direction, now)


def _wind_cov(state: VehicleState, message: Message, now: float) -> VehicleState:
    """Take WIND_COV, whose components point to where the wind blows."""
    speed_m_s = math.hypot(message.wind_x, message.wind_y)
    return _with_wind(state, speed_m_s, math.degrees(math.atan2(-message.wind_y, -message.wind_x)), now)


def _high_latency(state: VehicleState, message: Message, now: float) -> VehicleState:
    """Take the wind of HIGH_LATENCY2, in fifths of a metre a second; 0 and 0 is not measured."""
    if not (message.windspeed or message.wind_heading):
        return replace(state, last_message_at_s=now)
    from_deg = high_latency_from_deg(message.autopilot, message.wind_heading)
    return _with_wind(state, message.windspeed / 5.0, from_deg, now)


def _with_wind(state: VehicleState, speed_m_s: float, from_deg: float, now: float) -> VehicleState:
    if not (math.isfinite(speed_m_s) and math.isfinite(from_deg)):
        return replace(state, last_message_at_s=now)
    return replace(state, last_message_at_s=now, wind=Wind(now, speed_m_s, from_deg % 360.0))


def _ekf(state: VehicleState, message: Message, now: float) -> VehicleState:
    good = has_global_position(message.flags, reject_constant_position=True)
    return replace(state, last_message_at_s=now, estimator=Estimator(now, message.flags, good))


def _estimator(state: VehicleState, message: Message, now: float) -> VehicleState:
    good = has_global_position(message.flags, reject_constant_position=False)
    return replace(state, last_message_at_s=now, estimator=Estimator(now, message.flags, good))


def _landed(state: VehicleState, message: Message, now: float) -> VehicleState:
    known = message.landed_state <= LandedState.LANDING.value
    landed = LandedState(message.landed_state) if known else LandedState.UNKNOWN
    return replace(state, last_message_at_s=now, landed=landed, landed_at_s=now)


def _mission_current(state: VehicleState, message: Message, now: float) -> VehicleState:
    before = state.mission or MissionStatus(now)
    total = message.total if message.total not in (0, 0xFFFF) else None
    mission = replace(
        before,
        at_s=now,
        current_at_s=now,
        current=message.seq,
        total=total,
        state=message.mission_state,
        ids=(message.mission_id, message.fence_id, message.rally_points_id),
    )
    return replace(state, last_message_at_s=now, mission=mission)


def _mission_reached(state: VehicleState, message: Message, now: float) -> VehicleState:
    before = state.mission or MissionStatus(now)
    mission = replace(before, at_s=now, reached=message.seq, reached_at_s=now)
    return replace(state, last_message_at_s=now, mission=mission)


def _home(state: VehicleState, message: Message, now: float) -> VehicleState:
    home = Home(message.latitude / 1e7, message.longitude / 1e7, message.altitude / 1e3)
    if not has_place(home.lat_deg, home.lon_deg):  # not set yet
        return replace(state, last_message_at_s=now)
    return replace(state, last_message_at_s=now, home=home, home_at_s=now)


def _system_time(state: VehicleState, message: Message, now: float) -> VehicleState:
    return replace(state, last_message_at_s=now, boot_ms=message.time_boot_ms)


_HANDLERS: dict[str, Callable[[VehicleState, Message, float], VehicleState]] = {
    "GLOBAL_POSITION_INT": _position,
    "ATTITUDE": _attitude,
    "VFR_HUD": _vfr_hud,
    "SYS_STATUS": _sys_status,
    "GPS_RAW_INT": _gps,
    "EKF_STATUS_REPORT": _ekf,
    "ESTIMATOR_STATUS": _estimator,
    "EXTENDED_SYS_STATE": _landed,
    "MISSION_CURRENT": _mission_current,
    "MISSION_ITEM_REACHED": _mission_reached,
    "HOME_POSITION": _home,
    "SYSTEM_TIME": _system_time,
    "WIND": _wind,
    "WIND_COV": _wind_cov,
    "HIGH_LATENCY2": _high_latency,
}
