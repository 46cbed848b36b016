"""What a report shows, taken from a flight folder: series over time, the track, events, the items of the mission.

Times are seconds after the first frame of the record; lengths metres, speeds m/s, angles degrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from controller.clock import iso_utc
from controller.logs import store
from controller.logs.filled import Filled, read_filled
from controller.logs.mapped import LogFileError
from controller.logs.read import ReadLog
from controller.logs.report_findings import health_series
from controller.logs.report_overlay import ModeSpan
from controller.logs.report_series import EARTH_RADIUS_M, Array, Series, Taken
from controller.logs.report_truth import truth_series
from controller.logs.review.findings import Review, review
from controller.logs.series import SeriesView, located, series_of
from controller.missions.errors import PlanError
from controller.missions.estimate import WINGED_TYPES
from controller.missions.files import open_plan
from controller.missions.plan import Plan
from controller.wire.columns import Columns, read_tlog
from controller.wire.tlog import TlogFrames

LINK_WINDOW_S = 2.0
_GROUND_STATION, _NO_AUTOPILOT = 6, 8


@dataclass(frozen=True, slots=True)
class Track:
    """Where the aircraft was: degrees, metres above home, and the way flown until then."""

    times_s: Array
    lats_deg: Array
    lons_deg: Array
    alts_m: Array
    flown_m: Array


@dataclass(frozen=True, slots=True)
class Reached:
    """An item of the mission: when and after how much way it was reached (None: never), and how near the track came."""

    number: int
    command: str
    place: str
    at_s: float | None
    flown_m: float | None
    nearest_m: float | None


@dataclass(frozen=True)
class FlightData:
    """Everything a report is made of."""

    folder: Path
    start_utc: str
    length_s: float
    frames: int
    bad_bytes: int
    system: int | None
    events: list[dict[str, Any]]
    event_times_s: list[float]
    series: dict[str, list[Series]]
    track: Track | None
    armed: list[tuple[float, float]]
    plan: Plan | None
    modes: list[ModeSpan]
    review: Review
    first_us: int
    filled: Filled
    items: list[Reached] = field(default_factory=list)


def read_flight(folder: Path) -> FlightData:
    """Read a flight folder; what is missing or damaged is left out. Raises LogFileError where there are no frames at all."""
    filled = read_filled(folder / store.FRAMES)
    raw = filled.data
    columns = read_tlog(raw)
    frames = TlogFrames(bytes(raw))
    if not len(frames):
        raise LogFileError("there is no frame in the record", where=str(folder / store.FRAMES))
    first_us = int(frames.times_us.min())
    length_s = float(frames.times_us.max() - first_us) / 1e6
    read = ReadLog(
        "tlog", len(raw), columns.messages, columns.bad_bytes, {}, filled.told, columns, columns.lost
    )
    view, found = series_of(read), review(read)
    events = store.read_events(folder)
    aircraft = _aircraft(columns)
    taken = Taken(columns, aircraft, first_us)
    plan = _plan(folder)
    track = _track(taken)
    times = [_seconds(event, first_us) for event in events]
    data = FlightData(
        folder=folder,
        start_utc=iso_utc(first_us),
        length_s=length_s,
        frames=len(frames),
        bad_bytes=frames.bad_bytes,
        system=aircraft[0] if aircraft else None,
        events=events,
        event_times_s=times,
        series=_series(taken, frames, aircraft, first_us)
        | truth_series(folder, taken, first_us)
        | health_series(found, first_us),
        track=track,
        armed=_armed(taken),
        plan=plan,
        modes=_modes(view, first_us, length_s),
        review=found,
        first_us=first_us,
        filled=filled,
    )
    data.items.extend(_items(plan, track, events, times))
    return data


def _modes(view: SeriesView, first_us: int, length_s: float) -> list[ModeSpan]:
    """The modes one after the other."""
    channel = view.channels.get("mode")
    if channel is None:
        return []
    begins = ((channel.times_us - first_us) / 1e6).tolist()
    names = channel["mode"].tolist()
    kept = [at for at in range(len(names)) if at == 0 or names[at] != names[at - 1]]
    ends = [*(begins[at] for at in kept[1:]), length_s]
    return [ModeSpan(begins[at], end, str(names[at])) for at, end in zip(kept, ends, strict=True)]


def _seconds(event: dict[str, Any], first_us: int) -> float:
    try:
        return datetime.fromisoformat(str(event.get("utc"))).timestamp() - first_us / 1e6
    except ValueError:
        return 0.0


def _plan(folder: Path) -> Plan | None:
    try:
        return open_plan(folder / store.MISSION)
    except PlanError:
        return None


def _aircraft(columns: Columns) -> tuple[int, int] | None:
    """Address of the first aircraft that sent a heartbeat: an autopilot, not a ground station."""
    beats = columns.tables.get("HEARTBEAT")
    if beats is None:
        return None
    ours = (beats["type"] != _GROUND_STATION) & (beats["autopilot"] != _NO_AUTOPILOT)
    at = np.flatnonzero(ours)
    return (int(beats.systems[at[0]]), int(beats.components[at[0]])) if len(at) else None


def _track(taken: Taken) -> Track | None:
    times_s, (lats, lons, alts) = taken.get("GLOBAL_POSITION_INT", "lat", "lon", "relative_alt")
    there = located(lats / 1e7, lons / 1e7)
    if there.sum() < 2:
        return None
    times_s, lats, lons, alts = times_s[there], lats[there] / 1e7, lons[there] / 1e7, alts[there] / 1000
    east = np.radians(np.diff(lons)) * np.cos(np.radians(lats[:-1])) * EARTH_RADIUS_M
    north = np.radians(np.diff(lats)) * EARTH_RADIUS_M
    flown = np.concatenate([[0.0], np.cumsum(np.hypot(north, east))])
    return Track(times_s, lats, lons, alts, flown)


def _armed(taken: Taken) -> list[tuple[float, float]]:
    """The spans in which the heartbeats said armed."""
    times_s, (modes,) = taken.get("HEARTBEAT", "base_mode")
    spans: list[tuple[float, float]] = []
    begun: float | None = None
    for time_s, mode in zip(times_s.tolist(), modes.tolist(), strict=True):
        armed = bool(int(mode) & 128)
        if armed and begun is None:
            begun = time_s
        elif not armed and begun is not None:
            spans.append((begun, time_s))
            begun = None
    if begun is not None:
        spans.append((begun, float(times_s[-1])))
    return spans


def _series(
    taken: Taken, frames: TlogFrames, aircraft: tuple[int, int] | None, first_us: int
) -> dict[str, list[Series]]:
    """The lines of each plot, by plot."""
    place_s, (alt, vx, vy, vz) = taken.get("GLOBAL_POSITION_INT", "relative_alt", "vx", "vy", "vz")
    _, (types,) = taken.get("HEARTBEAT", "type")
    winged = (
        len(types) > 0 and int(types[0]) in WINGED_TYPES
    )  # others fill the field with the speed over ground
    air_s, (airspeed,) = taken.get("VFR_HUD", "airspeed")
    turn_s, (roll, pitch) = taken.get("ATTITUDE", "roll", "pitch")
    power_s, (volts, amps, left) = taken.get(
        "SYS_STATUS", "voltage_battery", "current_battery", "battery_remaining"
    )
    gps_s, (satellites, eph, fix) = taken.get("GPS_RAW_INT", "satellites_visible", "eph", "fix_type")
    loss_s, loss = _loss(frames, aircraft, first_us)
    volts_known, amps_known, left_known = (volts < 65535) & (volts > 0), amps >= 0, left >= 0
    eph_known = (eph < 65535) & (fix >= 3)
    return {
        "Altitude above home": [Series("altitude", "m", place_s, alt / 1000)],
        "Speed": [
            Series("over ground", "m/s", place_s, np.hypot(vx, vy) / 100),
            Series("climb", "m/s", place_s, -vz / 100),
            *([Series("through the air", "m/s", air_s, airspeed)] if winged else []),
        ],
        "Attitude": [
            Series("roll", "°", turn_s, np.degrees(roll)),
            Series("pitch", "°", turn_s, np.degrees(pitch)),
        ],
        "Voltage": [Series("battery", "V", power_s[volts_known], volts[volts_known] / 1000)],
        "Current": [Series("battery", "A", power_s[amps_known], amps[amps_known] / 100)],
        "Charge": [Series("charge left", "%", power_s[left_known], left[left_known])],
        "Satellites": [
            Series("satellites", "", gps_s, satellites),
            Series("HDOP", "", gps_s[eph_known], eph[eph_known] / 100),
        ],
        "Link": [Series("frames lost", "%", loss_s, loss)],
    }


def _loss(frames: TlogFrames, aircraft: tuple[int, int] | None, first_us: int) -> tuple[Array, Array]:
    """Percentage of the aircraft's frames that its sequence numbers say are missing, in windows of two seconds."""
    if aircraft is None:
        return np.zeros(0), np.zeros(0)
    mine = (frames.systems == aircraft[0]) & (frames.components == aircraft[1])
    times_s = (frames.times_us[mine] - first_us) / 1e6
    if len(times_s) < 2:
        return np.zeros(0), np.zeros(0)
    gaps = (np.diff(frames.sequences[mine].astype(np.int64)) - 1) % 256
    # A large step back is a restart or a reordered frame, not two hundred losses.
    gaps = np.where(gaps > 200, 0, gaps)
    window = (times_s[1:] // LINK_WINDOW_S).astype(np.int64)
    lost = np.bincount(window, weights=gaps)
    came = np.bincount(window)
    heard = came > 0
    centres = np.asarray((np.flatnonzero(heard) + 0.5) * LINK_WINDOW_S, np.float64)
    share = 100.0 * lost[heard] / (lost[heard] + came[heard])
    return centres, np.asarray(share, np.float64)


def _items(
    plan: Plan | None, track: Track | None, events: list[dict[str, Any]], times_s: list[float]
) -> list[Reached]:
    if plan is None:
        return []
    reached = {
        int(event["item"]): at_s
        for event, at_s in zip(events, times_s, strict=True)
        if event.get("kind") == "mission"
        and event.get("reached") is True
        and isinstance(event.get("item"), int)
    }
    rows = []
    for number, item in enumerate(plan.items, 1):
        at_s = reached.get(number)
        flown = nearest = None
        if track is not None:
            if at_s is not None:
                flown = float(np.interp(at_s, track.times_s, track.flown_m))
            if item.has_position:
                nearest = _nearest_m(track, item.lat_deg, item.lon_deg)
        place = f"{item.lat_deg:.6f}, {item.lon_deg:.6f}, {item.alt_m:g} m" if item.has_position else ""
        rows.append(Reached(number, item.name, place, at_s, flown, nearest))
    return rows


def _nearest_m(track: Track, lat_deg: float, lon_deg: float) -> float:
    north = np.radians(track.lats_deg - lat_deg) * EARTH_RADIUS_M
    east = np.radians(track.lons_deg - lon_deg) * math.cos(math.radians(lat_deg)) * EARTH_RADIUS_M
    return float(np.hypot(north, east).min())
