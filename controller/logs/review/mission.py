"""The mission against the track: how far off the planned line, and which places were passed over."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from controller.geo import offsets_m
from controller.logs.review.evidence import Happened, Signal
from controller.logs.review.flight import Flight
from controller.logs.review.limits import RULES
from controller.logs.review.records import NoColumn
from controller.logs.series.view import Array

TITLE = "skipped items"
_SKIP_SOURCE = (
    "MAVLink, mission protocol: items are flown in order unless a jump or an operator says otherwise"
)
# The modes in which a mission is flown, by either autopilot's name.
_MISSION_MODES = ("AUTO", "MISSION")
# Way-points and loiters with a place, spline way-points, landing (MAV_CMD).
_PLACES = (16, 17, 18, 19, 21, 82)
_WAYPOINT_SETPOINT = 0
_TURN_US = 20_000_000
_BEFORE_US = 1_000_000
_WING_RADIUS_M = 90.0


@dataclass(frozen=True, slots=True)
class _Lines:
    """From `times_us[i]` on the line was from a to b (degrees); NaN where there was none."""

    source: str
    times_us: Array
    a_deg: Array
    b_deg: Array


def mission_signals(flight: Flight) -> list[Signal]:
    """Metres off the line while the mission was flown (and armed)."""
    if flight.read.format == "tlog":
        return _told_by_autopilot(flight)
    lines = _dataflash_lines(flight) if flight.read.format == "dataflash" else _ulog_lines(flight)
    position = flight.view.channels.get("position")
    if lines is None or position is None or not len(lines.times_us):
        return []
    times_us = position.times_us
    flown = flight.in_air(times_us) & _in_mission(flight, times_us) & (times_us >= lines.times_us[0])
    at = np.maximum(np.searchsorted(lines.times_us, times_us[flown], side="right") - 1, 0)
    here_deg = np.stack([position["lat_deg"][flown], position["lon_deg"][flown]], 1)
    off_m = off_segment_m(here_deg, lines.a_deg[at], lines.b_deg[at])
    return [Signal("cross_track", lines.source, times_us[flown], off_m, _radius_m(flight))]


def happened(flight: Flight) -> list[Happened]:
    """The places that were passed over: later ones were reached, they were not."""
    found = _reached(flight)
    if found is None:
        return []
    source, places, reached, last_us = found
    # Autopilots do not announce every item (two at once, or a slow log): where the track came near, it was not passed over.
    passed = sorted(
        number
        for number in places.keys() - reached
        if number < max(reached) and not _came_near(flight, places[number])
    )
    if not passed:
        return []
    listed = ", ".join(map(str, passed))
    return [Happened(TITLE, source, last_us, f"not reached, though later ones were: {listed}", _SKIP_SOURCE)]


def judged(flight: Flight) -> set[str]:
    return {TITLE} if _reached(flight) is not None else set()


def planned_by_log(flight: Flight) -> tuple[dict[int, tuple[float, float]], set[int]]:
    """The mission's places by number (degrees) as the log itself has them, and the numbers of those it was at; empty without."""
    try:
        found = _reached(flight)
    except NoColumn:
        found = None
    if found is None:
        return {}, set()
    _, places, reached, _ = found
    return places, {number for number in places if number in reached or _came_near(flight, places[number])}


def off_segment_m(here_deg: Array, a_deg: Array, b_deg: Array) -> Array:
    """Metres from each place to the segment a to b, on a plane that is right for distances of some kilometres."""
    along, here = (
        np.stack(offsets_m(place[:, 0], place[:, 1], a_deg[:, 0], a_deg[:, 1]), 1)
        for place in (b_deg, here_deg)
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.clip((here * along).sum(1) / (along * along).sum(1), 0.0, 1.0)
    # A leg from a place to itself is a hover there.
    share = np.where((along * along).sum(1) > 0, share, 0.0)
    off: Array = np.linalg.norm(here - along * share[:, None], axis=1)
    return off


def _in_mission(flight: Flight, times_us: Array) -> Array:
    return _in_mode(flight, times_us, _MISSION_MODES)


def _in_mode(flight: Flight, times_us: Array, names: tuple[str, ...]) -> Array:
    mode = flight.view.channels.get("mode")
    if mode is None or not len(times_us):
        return np.zeros(len(times_us), np.bool_)
    flying = np.array([name in names for name in mode["mode"]], np.bool_)
    at = np.searchsorted(mode.times_us, times_us, side="right") - 1
    return (at >= 0) & flying[np.maximum(at, 0)]


def _radius_m(flight: Flight) -> float:
    own = (
        flight.params.get("NAV_ACC_RAD", 0.0),
        flight.params.get("WP_RADIUS", 0.0),
        flight.params.get("WP_RADIUS_M", 0.0),
        flight.params.get("WPNAV_RADIUS", 0.0) / 100,
    )
    return max(RULES["cross_track"].limit, *own)


def _reached_m(flight: Flight) -> float:
    """How near is near enough to have been there; a wing turns off before the place, by ArduPilot's default at 90 m."""
    own_m = flight.params.get("WP_RADIUS", _WING_RADIUS_M if flight.wings else 0.0)
    return max(_radius_m(flight), own_m)


def _told_by_autopilot(flight: Flight) -> list[Signal]:
    rows = flight.records.first("NAV_CONTROLLER_OUTPUT")
    # PX4 sends the message without the cross-track error.
    if rows is None or flight.px4:
        return []
    times_us = flight.times_us(rows.times_us)
    flown = flight.in_air(times_us) & _in_mission(flight, times_us)
    current = flight.records.first("MISSION_CURRENT")
    if flight.wings and current is not None:
        # A wing turns onto the next line in a curve; by then it should be on it.
        # The message of the new item may come just after the first distance from its line.
        changes_us = flight.times_us(current.times_us) - _BEFORE_US
        flown &= _since_change_us(times_us, changes_us, current["seq"]) > _TURN_US
    off_m = np.abs(rows["xtrack_error"][flown])
    source = f"{rows.source}.xtrack_error"
    return [Signal("cross_track", source, times_us[flown], off_m, _radius_m(flight))]


def _since_change_us(times_us: Array, told_us: Array, items: Array) -> Array:
    """How long ago, at each moment, the current item was another one."""
    changed_us = told_us[np.concatenate([[True], items[1:] != items[:-1]])]
    at = np.searchsorted(changed_us, times_us, side="right") - 1
    since: Array = np.where(at >= 0, times_us - changed_us[np.maximum(at, 0)], 0)
    return since


def _dataflash_lines(flight: Flight) -> _Lines | None:
    rows = flight.records.first("MISE")
    if rows is None:
        return None
    times_us = flight.times_us(rows.times_us)
    places = np.stack([rows["Lat"], rows["Lng"]], 1)
    there = np.isin(rows["CId"], _PLACES) & (places != 0).any(1)
    begins: list[Array] = []
    last: Array | None = None
    for at in range(len(times_us)):
        here = flight.place(int(times_us[at]))
        begin = last if last is not None else np.array(here if here else (np.nan, np.nan))
        begins.append(begin)
        # After an item without a place (a climb, a return) the next line begins where the aircraft is.
        last = places[at] if there[at] else last if _stays(int(rows["CId"][at])) else None
    a_deg = np.array(begins)
    b_deg = np.where(there[:, None], places, np.nan)
    return _Lines("POS against MISE", times_us, a_deg, b_deg)


def _stays(command: int) -> bool:
    """Commands that end where they began: delays, conditions and everything that is only done (MAV_CMD 93 and up)."""
    return command >= 93


def _ulog_lines(flight: Flight) -> _Lines | None:
    rows = flight.records.first("position_setpoint_triplet")
    if rows is None:
        return None
    ends = []
    for which in ("previous", "current"):
        valid = rows[f"{which}.valid"] > 0
        place = np.stack([rows[f"{which}.lat"], rows[f"{which}.lon"]], 1)
        ends.append(np.where(valid[:, None], place, np.nan))
    waypoint = rows["current.type"] == _WAYPOINT_SETPOINT
    ends[1] = np.where(waypoint[:, None], ends[1], np.nan)
    source = "vehicle_global_position against position_setpoint_triplet"
    return _Lines(source, flight.times_us(rows.times_us), ends[0], ends[1])


def _came_near(flight: Flight, place_deg: tuple[float, float]) -> bool:
    return _nearest_m(flight, place_deg) <= _reached_m(flight)


def _nearest_m(flight: Flight, place_deg: tuple[float, float]) -> float:
    position = flight.view.channels.get("position")
    if position is None or not position.count:
        return math.inf
    track_deg = np.stack([position["lat_deg"], position["lon_deg"]], 1)
    there_deg = np.broadcast_to(np.array(place_deg), track_deg.shape)
    off_m = off_segment_m(track_deg, there_deg, there_deg)
    return float(off_m[np.isfinite(off_m)].min(initial=math.inf))


def _reached(flight: Flight) -> tuple[str, dict[int, tuple[float, float]], set[int], int] | None:
    """Source, the items with a place (degrees), those reached (or begun), and when the last was; None without a mission."""
    if flight.read.format == "dataflash":
        plan, done = flight.records.first("CMD"), flight.records.first("MISE")
        if plan is None or done is None:
            return None
        names, numbers, source = ("CNum", "CId", "Lat", "Lng"), done["CNum"], "MISE against CMD"
    elif flight.read.format == "tlog":
        plan = flight.records.of_anybody("MISSION_ITEM_INT", "MISSION_ITEM")
        done = flight.records.first("MISSION_ITEM_REACHED")
        if plan is None or done is None:
            return None
        names, numbers = ("seq", "command", "x", "y"), done["seq"]
        source = "MISSION_ITEM_REACHED against MISSION_ITEM"
    else:
        plan, done = flight.records.first("navigator_mission_item"), flight.records.first("mission_result")
        if plan is None or done is None:
            return None
        names = ("sequence_current", "nav_cmd", "latitude", "longitude")
        numbers, source = done["seq_reached"], "mission_result against navigator_mission_item"
    sequence, commands, lats, lons = (plan[name] for name in names)
    if names[2] == "x" and "z" in plan and np.abs(lats).max(initial=0.0) > 360:
        lats, lons = lats / 1e7, lons / 1e7
    # A fence and rally points are uploaded by the same message.
    ours = plan["mission_type"] == 0 if "mission_type" in plan else np.ones(len(sequence), np.bool_)
    with_place = ours & np.isin(commands, _PLACES) & ((lats != 0) | (lons != 0))
    if flight.read.format == "ulog":
        # PX4 tells the items of its return under the numbers of the mission's.
        with_place &= ~_in_mode(flight, flight.times_us(plan.times_us), ("RTL",))
    # Item 0 of ArduPilot's is home. The first telling counts.
    rows = zip(
        sequence[with_place].tolist(), lats[with_place].tolist(), lons[with_place].tolist(), strict=True
    )
    places: dict[int, tuple[float, float]] = {}
    for number, lat_deg, lon_deg in rows:
        if number > 0 or flight.px4:
            places.setdefault(int(number), (lat_deg, lon_deg))
    times_us = flight.times_us(done.times_us)
    known = (numbers >= 0) & flight.armed(times_us)
    if not known.any() or not places:
        return None
    return source, places, {int(number) for number in numbers[known]}, int(times_us[known][-1])
