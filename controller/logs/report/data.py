"""The data of a report, from a flight folder or a single log: series, the track, events, and mission items.

Times are seconds after the first message of the record; lengths metres, speeds m/s, angles degrees.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from controller.clock import iso_utc
from controller.geo import LocalPlane
from controller.logs.flights import store
from controller.logs.formats.base import Log
from controller.logs.formats.file_map import LogFileError
from controller.logs.formats.read import open_log
from controller.logs.photos.coverage import FlightCoverage, usable_coverage
from controller.logs.report.findings import health_series
from controller.logs.report.left import left_in_air
from controller.logs.report.log_events import logged_events
from controller.logs.report.overlay import ModeSpan
from controller.logs.report.series import Array, PlotLine, flight_series
from controller.logs.report.truth import truth_series
from controller.logs.review.findings import Review, review_of, without_rows
from controller.logs.review.flight import ReviewedFlight
from controller.logs.review.mission import logged_mission
from controller.logs.series.track import flown_track
from controller.logs.series.view import SeriesView
from controller.missions.commands import DESTINATIONS
from controller.missions.errors import PlanError
from controller.missions.estimate import estimate
from controller.missions.files import open_plan
from controller.missions.plan import Plan


@dataclass(frozen=True, slots=True)
class Track:
    """The track: degrees, metres above home (above its beginning if home is not known), and the distance flown so
    far."""

    times_s: Array
    lats_deg: Array
    lons_deg: Array
    alts_m: Array
    flown_m: Array


@dataclass(frozen=True, slots=True)
class ItemProgress:
    """A mission item: when and after which distance it was reached (None: never), and how near the track came to it."""

    number: int
    command: str
    place: str
    at_s: float | None
    flown_m: float | None
    nearest_m: float | None


@dataclass(frozen=True)
class FlightData:
    """The data of a report. `folder` is None for a single log, `start_utc` is empty if the log has no UTC time;
    `places` are the mission's, by number, in degrees, and `reached` the numbers of those that were reached; `planned`
    is the line through them, along arcs and splines; `left_in_air` is its last height and mode, where it still flew
    at the end; `coverage` is what the photos of a planned job show."""

    name: str
    folder: Path | None
    file: Path
    log: Log
    start_utc: str
    length_s: float
    events: list[dict[str, Any]]
    event_times_s: list[float]
    series: dict[str, list[PlotLine]]
    track: Track | None
    armed: list[tuple[float, float]]
    modes: list[ModeSpan]
    review: Review
    first_us: int
    places: dict[int, tuple[float, float]]
    reached: set[int]
    left_in_air: str = ""
    items: list[ItemProgress] = field(default_factory=list)
    planned: list[tuple[float, float]] = field(default_factory=list)
    coverage: FlightCoverage | None = None


def read_flight(source: Path, *, system: int | None = None, cells: int | None = None) -> FlightData:
    """Read a flight folder, or a log file of any format; missing or damaged parts are left out. `system` as for
    `open_log`, `cells` as for `review`. Raises LogFileError and LogUnreadable where there is no message at all, and
    NoSuchAircraft."""
    folder, file = (None, source) if source.is_file() else (source, store.flight_log(source))
    log = open_log(file, system=system)
    if not log.messages:
        raise LogFileError("cannot make a report: the log holds no message", where=str(file))
    # A damaged log may hold any numbers.
    with np.errstate(all="ignore"):
        return _flight_data(ReviewedFlight(log, cells), folder, file, source.name)


def _flight_data(flight: ReviewedFlight, folder: Path | None, file: Path, name: str) -> FlightData:
    view, found = flight.view, review_of(flight)
    first_us, last_us = flight.span_us
    # The lines that are drawn of the checked columns are much shorter than those of a long log.
    health, found = health_series(found, first_us), without_rows(found)
    length_s = (last_us - first_us) / 1e6
    events = store.read_events(folder) if folder else []
    times = [_seconds(event, flight.log, first_us) for event in events]
    if not events:
        events, times = logged_events(flight, first_us)
    plan, track = _plan(folder), _track(view, first_us)
    items = _items(plan, track, events, times)
    modes = mode_spans(view, first_us, length_s)
    places, reached = logged_mission(flight) if plan is None else _places(plan, items)
    return FlightData(
        name=name,
        folder=folder,
        file=file,
        log=flight.log,
        start_utc=iso_utc(first_us) if view.clock == "utc" and first_us else "",
        length_s=length_s,
        events=events,
        event_times_s=times,
        series=flight_series(flight, first_us)
        | (truth_series(folder, view, first_us) if folder else {})
        | health,
        track=track,
        armed=armed_spans_s(view, first_us, length_s),
        modes=modes,
        review=found,
        first_us=first_us,
        places=places,
        reached=reached,
        left_in_air=left_in_air(flight, modes, first_us),
        items=items,
        planned=list(places.values()) if plan is None else _planned(plan, places),
        coverage=usable_coverage(plan, flight.log, view),
    )


def mode_spans(view: SeriesView, first_us: int, length_s: float) -> list[ModeSpan]:
    """The flight modes in the order of time."""
    channel = view.channels.get("mode")
    if channel is None:
        return []
    begins = ((channel.times_us - first_us) / 1e6).tolist()
    names = channel["mode"].tolist()
    kept = [at for at in range(len(names)) if at == 0 or names[at] != names[at - 1]]
    ends = [*(begins[at] for at in kept[1:]), length_s]
    return [ModeSpan(begins[at], end, str(names[at])) for at, end in zip(kept, ends, strict=True)]


def armed_spans_s(view: SeriesView, first_us: int, length_s: float) -> list[tuple[float, float]]:
    """The time spans in which the aircraft was armed."""
    channel = view.channels.get("mode")
    if channel is None:
        return []
    begins = [*((channel.times_us - first_us) / 1e6).tolist(), length_s]
    spans: list[tuple[float, float]] = []
    for at, armed in enumerate(channel["armed"].tolist()):
        if armed and spans and spans[-1][1] == begins[at]:
            spans[-1] = (spans[-1][0], begins[at + 1])
        elif armed:
            spans.append((begins[at], begins[at + 1]))
    return spans


def _seconds(event: dict[str, Any], log: Log, first_us: int) -> float:
    try:
        utc_us = round(datetime.fromisoformat(str(event.get("utc"))).timestamp() * 1e6)
        return (log.time_of_stamp_us(utc_us) - first_us) / 1e6
    except ValueError:
        return 0.0


def _plan(folder: Path | None) -> Plan | None:
    try:
        return open_plan(store.latest_version(folder, store.MISSION)) if folder else None
    except PlanError:
        return None


def _track(view: SeriesView, first_us: int) -> Track | None:
    flown = flown_track(view)
    if flown is None:
        return None
    alts = flown.home_m if np.isfinite(flown.home_m).any() else flown.msl_m - flown.msl_m[0]
    times_s = (flown.times_us - first_us) / 1e6
    return Track(times_s, flown.lats_deg, flown.lons_deg, alts, flown.flown_m)


def _places(plan: Plan, items: list[ItemProgress]) -> tuple[dict[int, tuple[float, float]], set[int]]:
    places = {
        number: (item.lat_deg, item.lon_deg)
        for number, item in enumerate(plan.items, 1)
        if item.has_position and item.command in DESTINATIONS
    }
    return places, {item.number for item in items if item.at_s is not None}


def _planned(plan: Plan, places: dict[int, tuple[float, float]]) -> list[tuple[float, float]]:
    """Return the planned line through the places, each leg once along its course."""
    drawn: set[int] = set()
    line: list[tuple[float, float]] = []
    for leg in estimate(plan).legs:
        if leg.number in places and leg.number not in drawn:
            drawn.add(leg.number)
            line += leg.path[1:] if line else (places[leg.number],)
    return line


def _items(
    plan: Plan | None, track: Track | None, events: list[dict[str, Any]], times_s: list[float]
) -> list[ItemProgress]:
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
        rows.append(ItemProgress(number, item.name, place, at_s, flown, nearest))
    return rows


def _nearest_m(track: Track, lat_deg: float, lon_deg: float) -> float:
    north, east = LocalPlane(lat_deg, lon_deg).north_east_m(track.lats_deg, track.lons_deg)
    return float(np.hypot(north, east).min())
