"""What the live view shows at one moment, and its rows in words. Pure: state in, words out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from controller.vehicle.item_progress import distance_m
from controller.vehicle.state import VehicleState
from controller.wire import enums

SILENT_S = 3.0
"""After this long without a word, or without news of one kind, what is shown is old."""
_PREARM = "PREARM_CHECK"
_BAR = 10
_WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


class Row(NamedTuple):
    """A line of the view; `grave` ones stand out."""

    name: str
    value: str
    grave: bool = False


@dataclass(frozen=True, slots=True)
class LinkView:
    """One link: its name, share of lost frames (0 to 1), frames a second in, bytes a second in and out, whether it is up."""

    name: str
    loss: float
    frames_in_s: float
    bytes_in_s: float
    bytes_out_s: float
    up: bool = True


@dataclass(frozen=True, slots=True)
class MissionView:
    """The mission on board: how many items (None: not read yet), the one being flown (from 1), what and where that is."""

    items: int | None = None
    number: int | None = None
    name: str = ""
    place: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything the view shows at one moment. `question` waits for `y` for `left_s` more, `said` is our own last line."""

    title: str
    state: VehicleState
    now_s: float
    silent_s: float
    links: Sequence[LinkView] = ()
    mission: MissionView = MissionView()
    armed_for_s: float | None = None
    trouble: str = ""
    keys: Sequence[str] = ()
    question: str = ""
    left_s: float = 0.0
    said: str = ""
    record: str = ""

    @property
    def silent(self) -> bool:
        return self.silent_s > SILENT_S


def headline(picture: Picture) -> str:
    """The first thing one must see."""
    state = picture.state
    if picture.silent_s == math.inf:
        return "waiting for an aircraft"
    if picture.silent:
        return f"NO WORD FROM THE AIRCRAFT FOR {picture.silent_s:.0f} s"
    return "  ".join(filter(None, ("ARMED" if state.armed else "disarmed", state.mode, place(state))))


def place(state: VehicleState) -> str:
    """In the air or on the ground, as far as it is known."""
    return {True: "in the air", False: "on the ground", None: ""}[state.in_air]


def flight_rows(picture: Picture) -> list[Row]:
    """Where it is and where it goes."""
    state = picture.state
    rows = [Row("position", "none yet")]
    if state.position is not None:
        at = state.position
        old_s = picture.now_s - at.at_s
        heading = "" if at.heading_deg is None else f", heading {round(at.heading_deg) % 360}°"
        rows = [
            Row("altitude", f"{_tenths(at.alt_rel_m):.1f} m ({at.alt_amsl_m:.0f} m above sea)"),
            Row("speed", f"{at.ground_speed_m_s:.1f} m/s, {_signed(-at.vel_ned[2])} m/s up"),
            Row("position", f"{at.lat_deg:.6f}, {at.lon_deg:.6f}" if _placed(state) else "none yet"),
            Row("home", _home(state) + heading),
        ]
        if old_s > SILENT_S:
            rows[0] = Row("altitude", f"{at.alt_rel_m:.1f} m, {old_s:.0f} s AGO", grave=True)
    return rows + _mission_rows(picture)


def _signed(value: float) -> str:
    return f"{_tenths(value):+.1f}"


def _tenths(value: float) -> float:
    """Rounded, and never a minus zero."""
    return round(value, 1) + 0.0


def _placed(state: VehicleState) -> bool:
    """Whether there is a position; before its first fix an aircraft sends 0, 0."""
    at = state.position
    return at is not None and (at.lat_deg, at.lon_deg) != (0.0, 0.0)


def _home(state: VehicleState) -> str:
    if state.home is None or state.position is None or not _placed(state):
        return "not known"
    here, there = (state.position.lat_deg, state.position.lon_deg), (state.home.lat_deg, state.home.lon_deg)
    return way(here, there)


def way(here: tuple[float, float], there: tuple[float, float]) -> str:
    """How far and which way, a few kilometres at most: 120 m NE."""
    far_m = distance_m(here, there)
    if far_m < 2.0:
        return "here"
    east = (there[1] - here[1]) * math.cos(math.radians(here[0]))
    bearing_deg = math.degrees(math.atan2(east, there[0] - here[0]))
    far = f"{far_m:.0f} m" if far_m < 10_000 else f"{far_m / 1000:.0f} km"
    return f"{far} {_WINDS[round(bearing_deg / 45) % 8]}"


def _mission_rows(picture: Picture) -> list[Row]:
    mission, state = picture.mission, picture.state
    if mission.items is None:
        return [
            Row("mission", "not read yet" if mission.number is None else f"item {mission.number}, not read")
        ]
    if not mission.items:
        return [Row("mission", "none on board")]
    if mission.number is None:
        return [Row("mission", f"{mission.items} items on board")]
    done = round(_BAR * min(1.0, mission.number / mission.items))
    rows = [Row("mission", f"{mission.number} of {mission.items}  [{'#' * done}{'.' * (_BAR - done)}]")]
    if mission.name:
        far = ""
        if mission.place is not None and state.position is not None:
            far = ", " + way((state.position.lat_deg, state.position.lon_deg), mission.place)
        rows.append(Row("item", f"{mission.name}{far}"))
    return rows


def health_rows(picture: Picture) -> list[Row]:
    """Power, satellites, estimator, sensors, readiness."""
    state = picture.state
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
        rows.append(Row("battery", "  ".join(filter(None, parts)) or "not measured", grave=low))
    if state.gps is not None:
        fix = enums.describe("GPS_FIX_TYPE", state.gps.fix).removeprefix("GPS_FIX_TYPE_")
        satellites = "" if state.gps.satellites is None else f", {state.gps.satellites} satellites"
        rows.append(Row("GPS", f"{fix.replace('_', ' ').lower()}{satellites}", grave=state.gps.fix < 3))
    if state.position_good is not None:
        good = state.position_good
        rows.append(Row("estimator", "good" if good else "no position", grave=not good))
    if state.prearm_ok is not None and not state.armed:
        ready = state.prearm_ok
        rows.append(Row("pre-arm", "ready" if ready else "NOT READY, see messages", grave=not ready))
    unwell = _unwell(state)
    if unwell:
        rows.append(Row("unwell", ", ".join(unwell), grave=True))
    if picture.armed_for_s is not None:
        minutes, seconds = divmod(int(picture.armed_for_s), 60)
        rows.append(Row("armed", f"{minutes} min {seconds:02d} s"))
    return rows or [Row("", "nothing heard yet")]


def _unwell(state: VehicleState) -> list[str]:
    bits = state.health.unhealthy if state.health is not None else 0
    return [
        sensor.name.removeprefix("SENSOR_").replace("_", " ").lower()
        for sensor in enums.MAV_SYS_STATUS_SENSOR
        if bits & sensor and sensor.name != _PREARM
    ]


def link_rows(picture: Picture) -> list[Row]:
    """How much comes and goes, and how much is lost."""
    rows = [
        Row(
            _short(link.name),
            f"{link.loss * 100:.1f} % lost  {link.frames_in_s:.0f} frames/s in  "
            f"{link.bytes_in_s / 1000:.1f} kB/s in  {link.bytes_out_s / 1000:.1f} kB/s out"
            if link.up
            else "DOWN, being tried again",
            grave=not link.up,
        )
        for link in picture.links
    ]
    return [*rows, Row("record", picture.record)] if picture.record else rows


def _short(name: str) -> str:
    """A long path by its end, which is what tells two of them apart."""
    return name if len(name) <= 28 else f"{name[:6]}…{name[-21:]}"


def plain_line(picture: Picture) -> str:
    """The view in one line, where there is no terminal."""
    state = picture.state
    if picture.silent:
        return headline(picture).lower()
    parts = ["armed" if state.armed else "disarmed", state.mode, place(state)]
    if state.position is not None:
        parts.append(f"{state.position.alt_rel_m:.1f} m, {state.position.ground_speed_m_s:.1f} m/s")
    if picture.mission.number is not None:
        parts.append(f"item {picture.mission.number}")
    if state.battery is not None and state.battery.remaining_percent is not None:
        parts.append(f"battery {state.battery.remaining_percent} %")
    return ", ".join(filter(None, parts))


def fields(picture: Picture) -> dict[str, object]:
    """The view for machines."""
    state, at = picture.state, picture.state.position
    battery, gps = state.battery, state.gps
    return {
        "heard": not picture.silent,
        "silent_s": None if picture.silent_s == math.inf else round(picture.silent_s, 1),
        "armed": state.armed,
        "mode": state.mode,
        "in_air": state.in_air,
        "lat_deg": at.lat_deg if at and _placed(state) else None,
        "lon_deg": at.lon_deg if at and _placed(state) else None,
        "alt_m": at.alt_rel_m if at else None,
        "speed_m_s": round(at.ground_speed_m_s, 2) if at else None,
        "item": picture.mission.number,
        "items": picture.mission.items,
        "battery_percent": battery.remaining_percent if battery else None,
        "battery_v": battery.voltage_v if battery else None,
        "gps_fix": gps.fix if gps else None,
        "estimator_good": state.position_good,
        "prearm_ok": state.prearm_ok,
    }


def printable(text: str) -> str:
    """Foreign words with nothing in them that could steer a terminal."""
    return "".join(letter if letter.isprintable() else "·" for letter in text)
