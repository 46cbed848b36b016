"""Rows of text of the live view, from its state. Functions without input or output."""

from __future__ import annotations

import math
from typing import NamedTuple

from controller.app.gcs.display_state import SILENT_S, DisplayState
from controller.clock import iso_utc
from controller.protocol.announcements import AUTOPILOT
from controller.vehicle.item_progress import distance_m
from controller.vehicle.state import VehicleState
from controller.wire import enums

_PREARM = "PREARM_CHECK"
_BAR = 10
_COMPASS_POINTS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class DisplayRow(NamedTuple):
    """One line of the view; an `alert` line is highlighted."""

    name: str
    value: str
    alert: bool = False


def headline(display_state: DisplayState) -> str:
    """Return the most important line."""
    state = display_state.state
    if display_state.silent_s == math.inf:
        return "waiting for an aircraft"
    if display_state.silent:
        return f"NO TELEMETRY FOR {display_state.silent_s:.0f} s"
    return "  ".join(filter(None, ("ARMED" if state.armed else "disarmed", state.mode, in_air_text(state))))


def in_air_text(state: VehicleState) -> str:
    """Return whether it is in the air or on the ground, "" if unknown."""
    return {True: "in the air", False: "on the ground", None: ""}[state.in_air]


def flight_rows(display_state: DisplayState) -> list[DisplayRow]:
    """Return the rows on position and mission."""
    state = display_state.state
    rows = [DisplayRow("position", "no position yet")]
    if state.position is not None:
        at = state.position
        old_s = display_state.now_s - at.at_s
        heading = "" if at.heading_deg is None else f", heading {round(at.heading_deg) % 360}°"
        rows = [
            DisplayRow("altitude", f"{_tenths(at.alt_rel_m):.1f} m ({at.alt_amsl_m:.0f} m above sea)"),
            DisplayRow("speed", f"{at.ground_speed_m_s:.1f} m/s, {_signed(-at.vel_ned[2])} m/s up"),
            DisplayRow("attitude", _attitude(state)),
            DisplayRow(
                "position",
                f"{at.lat_deg:.6f}, {at.lon_deg:.6f}" if _has_position(state) else "no position yet",
            ),
            DisplayRow("home", _home(state) + heading),
        ]
        if old_s > SILENT_S:
            rows[0] = DisplayRow("altitude", f"{at.alt_rel_m:.1f} m, {old_s:.0f} s AGO", alert=True)
    return rows + _mission_rows(display_state)


def _attitude(state: VehicleState) -> str:
    if state.attitude is None:
        return "not known"
    roll, pitch = (
        round(math.degrees(angle)) + 0 for angle in (state.attitude.roll_rad, state.attitude.pitch_rad)
    )
    return f"roll {roll:+d}°, pitch {pitch:+d}°"


def time_of_day(display_state: DisplayState, at_s: float) -> str:
    """Return the time of day (UTC) of a moment on the event loop's clock, such as `12:03:41`."""
    return iso_utc(display_state.utc_us - round((display_state.now_s - at_s) * 1e6))[11:19]


def _signed(value: float) -> str:
    return f"{_tenths(value):+.1f}"


def _tenths(value: float) -> float:
    """Round to a tenth, never to minus zero."""
    return round(value, 1) + 0.0


def _has_position(state: VehicleState) -> bool:
    """Whether there is a position; before its first GPS fix an aircraft sends 0, 0."""
    at = state.position
    return at is not None and at.has_place


def _home(state: VehicleState) -> str:
    if state.home is None or state.position is None or not _has_position(state):
        return "not known"
    here, there = (state.position.lat_deg, state.position.lon_deg), (state.home.lat_deg, state.home.lon_deg)
    return distance_and_bearing(here, there)


def distance_and_bearing(here: tuple[float, float], there: tuple[float, float]) -> str:
    """Return distance and compass point to a position a few kilometres away at most, such as 120 m NE."""
    far_m = distance_m(here, there)
    if far_m < 2.0:
        return "here"
    east = (there[1] - here[1]) * math.cos(math.radians(here[0]))
    bearing_deg = math.degrees(math.atan2(east, there[0] - here[0]))
    far = f"{far_m:.0f} m" if far_m < 10_000 else f"{far_m / 1000:.0f} km"
    return f"{far} {_COMPASS_POINTS[round(bearing_deg / 45) % 8]}"


def _mission_rows(display_state: DisplayState) -> list[DisplayRow]:
    mission, state = display_state.mission, display_state.state
    if mission.items is None:
        return [
            DisplayRow(
                "mission",
                "not downloaded yet" if mission.number is None else f"item {mission.number}, not downloaded",
            )
        ]
    if not mission.items:
        return [DisplayRow("mission", "none on board")]
    if mission.number is None:
        return [DisplayRow("mission", f"{mission.items} items on board")]
    done = round(_BAR * min(1.0, mission.number / mission.items))
    rows = [
        DisplayRow("mission", f"{mission.number} of {mission.items}  [{'#' * done}{'.' * (_BAR - done)}]")
    ]
    if mission.name:
        far = ""
        if mission.position is not None and state.position is not None:
            far = ", " + distance_and_bearing(
                (state.position.lat_deg, state.position.lon_deg), mission.position
            )
        rows.append(DisplayRow("item", f"{mission.name}{far}"))
    return rows


def health_rows(display_state: DisplayState) -> list[DisplayRow]:
    """Return the rows on battery, GPS, estimator, sensors and arming."""
    state = display_state.state
    rows = []
    if state.battery is not None:
        battery = state.battery
        percent = battery.remaining_percent
        parts = (
            f"{battery.voltage_v:.1f} V" if battery.voltage_v is not None else "",
            f"{battery.current_a:.1f} A" if battery.current_a is not None else "",
            f"{percent} %" if percent is not None else "",
        )
        low = percent is not None and percent <= 20
        rows.append(DisplayRow("battery", "  ".join(filter(None, parts)) or "not measured", alert=low))
    if state.gps is not None:
        fix = enums.describe("GPS_FIX_TYPE", state.gps.fix).removeprefix("GPS_FIX_TYPE_")
        satellites = "" if state.gps.satellites is None else f", {state.gps.satellites} satellites"
        rows.append(
            DisplayRow("GPS", f"{fix.replace('_', ' ').lower()}{satellites}", alert=state.gps.fix < 3)
        )
    if state.position_good is not None:
        good = state.position_good
        rows.append(DisplayRow("estimator", "good" if good else "no global position", alert=not good))
    if state.prearm_ok is not None and not state.armed:
        ready = state.prearm_ok
        rows.append(
            DisplayRow("pre-arm", "ready to arm" if ready else "NOT READY, see messages", alert=not ready)
        )
    unhealthy = _unhealthy_sensors(state)
    if unhealthy:
        rows.append(DisplayRow("unhealthy", ", ".join(unhealthy), alert=True))
    if display_state.armed_for_s is not None:
        minutes, seconds = divmod(int(display_state.armed_for_s), 60)
        rows.append(DisplayRow("armed", f"{minutes} min {seconds:02d} s"))
    return rows or [DisplayRow("", "no telemetry yet")]


def _unhealthy_sensors(state: VehicleState) -> list[str]:
    bits = state.health.unhealthy if state.health is not None else 0
    return [
        sensor.name.removeprefix("SENSOR_").replace("_", " ").lower()
        for sensor in enums.MAV_SYS_STATUS_SENSOR
        if bits & sensor and sensor.name != _PREARM
    ]


def link_rows(display_state: DisplayState) -> list[DisplayRow]:
    """Return the rows on the links, the flight record and the web page."""
    rows = [
        DisplayRow(
            _short(link.name),
            f"{link.loss * 100:.1f} % lost  {link.frames_in_s:.0f} frames/s in  "
            f"{link.bytes_in_s / 1000:.1f} kB/s in  {link.bytes_out_s / 1000:.1f} kB/s out"
            if link.up
            else "DOWN, reconnecting",
            alert=not link.up,
        )
        for link in display_state.links
    ]
    more = (("record", display_state.record), ("web page", display_state.page))
    return [*rows, *(DisplayRow(name, value) for name, value in more if value)]


def _short(name: str) -> str:
    """Shorten a long name in the middle: paths differ at their ends."""
    name = name.removeprefix("memory:")
    return name if len(name) <= 28 else f"{name[:6]}…{name[-21:]}"


def plain_line(display_state: DisplayState) -> str:
    """Return the view as one line, for output without a terminal."""
    state = display_state.state
    if display_state.silent:
        return headline(display_state).lower()
    parts = ["armed" if state.armed else "disarmed", state.mode, in_air_text(state)]
    if state.position is not None:
        parts.append(f"{_tenths(state.position.alt_rel_m):.1f} m, {state.position.ground_speed_m_s:.1f} m/s")
    if display_state.mission.number is not None:
        parts.append(f"item {display_state.mission.number}")
    if state.battery is not None and state.battery.remaining_percent is not None:
        parts.append(f"battery {state.battery.remaining_percent} %")
    return ", ".join(filter(None, parts))


def fields(display_state: DisplayState) -> dict[str, object]:
    """Return the fields of the `state` event of `--json`."""
    state, at = display_state.state, display_state.state.position
    battery, gps = state.battery, state.gps
    return {
        "heard": not display_state.silent,
        "silent_s": None if display_state.silent_s == math.inf else round(display_state.silent_s, 1),
        "armed": state.armed,
        "mode": state.mode,
        "in_air": state.in_air,
        "lat_deg": at.lat_deg if at and _has_position(state) else None,
        "lon_deg": at.lon_deg if at and _has_position(state) else None,
        "alt_m": at.alt_rel_m if at else None,
        "speed_m_s": round(at.ground_speed_m_s, 2) if at else None,
        "item": display_state.mission.number,
        "items": display_state.mission.items,
        "battery_percent": battery.remaining_percent if battery else None,
        "battery_v": battery.voltage_v if battery else None,
        "gps_fix": gps.fix if gps else None,
        "estimator_good": state.position_good,
        "prearm_ok": state.prearm_ok,
    }


def printable(text: str) -> str:
    """Replace control characters, with which text from outside could control the terminal."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)


def sender_title(sender: str) -> str:
    """Return how a sender is called before its text: the autopilot speaks for the aircraft."""
    return "aircraft" if sender == AUTOPILOT else sender
