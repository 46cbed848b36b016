"""The review of a flight for the page: summary, events, findings, mission, places of photos, and the names of all that
can be plotted. Times are seconds after the first message of the record."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.flights.catalogue import read_catalogue_row
from controller.logs.flights.catalogue_facts import series_facts
from controller.logs.formats.base import Log
from controller.logs.formats.contents import ExportTable
from controller.logs.photos.camera_events import camera_events_in, chosen_camera_events
from controller.logs.query.parquet_tables import sources_of
from controller.logs.report.data import FlightData, read_flight
from controller.logs.report.findings import summary_of
from controller.logs.report.report import event_text
from controller.logs.series.read import logs_in_chunks
from controller.logs.series.view import Channel
from controller.web.flights.jobs.arrays import pack
from controller.web.flights.jobs.columns import senders_of
from controller.web.flights.jobs.source import CHECKED, REVIEW, Progress, Source, json_bytes
from controller.web.flights.jobs.units import field_units
from controller.wire import enums

Json = dict[str, Any]
_SEVERITIES_GRAVE = 4
# Frames of the record's own protocol say nothing of the flight.
_HIDDEN_KINDS = ("way",)
_MOST_PHOTOS = 5000


def write_review(source: Source, progress: Progress) -> None:
    """Write the review of a source into its cache. Raises OSError; a log without a message leaves its events alone."""
    stamp = source.stamp
    progress(0, 3)
    try:
        data = read_flight(source.record)
    except UserError as error:
        source.keep(REVIEW, json_bytes(_events_alone(source, str(error))), stamp)
        return
    progress(1, 3)
    found = _review(source, data)
    progress(2, 3)
    checked = [
        (f"{title}/{number}/{axis}", values)
        for title, lines in data.series.items()
        for number, line in enumerate(lines)
        for axis, values in (("t", np.asarray(line.times_s, np.float64)), ("v", np.asarray(line.values)))
    ]
    source.keep(CHECKED, pack({}, checked), stamp)
    source.keep(REVIEW, json_bytes(found), stamp)


def _review(source: Source, data: FlightData) -> Json:
    log = data.log
    crash = data.review.crash
    return {
        "name": source.name,
        "summary": _summary(source, data),
        "events": [
            event_json(event, at_s)
            for event, at_s in zip(data.events, data.event_times_s, strict=True)
            if event.get("kind") not in _HIDDEN_KINDS
        ],
        "findings": [
            {
                "number": number,
                "kind": one.kind,
                "grade": one.grade,
                "text": summary_of(one),
                "begin_s": (one.first_us - data.first_us) / 1e6,
                "end_s": (one.last_us - data.first_us) / 1e6,
                "evidence": one.source,
                "worst": one.worst if one.rows else None,
                "limit": one.limit if one.rows else None,
                "unit": one.unit,
                "rows": one.rows,
                "of": one.of,
                "authority": one.threshold_source,
                "lat_deg": one.lat_deg,
                "lon_deg": one.lon_deg,
            }
            for number, one in enumerate(data.review.findings, 1)
        ],
        "judged": data.review.judged,
        "never_armed": data.review.never_armed,
        "crash": "" if crash is None else crash.text,
        "left_in_air": data.left_in_air if crash is None else "",
        "notes": [*log.problems, *data.review.notes, *([log.lost.description] if log.lost.places else [])],
        "mission": _mission(data),
        "planned": data.planned,
        "camera": _camera(log, data),
        "tables": list(_tables(source, log.series().channels)),
        "lines": [
            {"id": f"review/{title}/{number}", "plot": title, "name": line.name, "unit": line.unit}
            for title, lines in data.series.items()
            for number, line in enumerate(lines)
            if not line.empty
        ],
    }


def _events_alone(source: Source, why: str) -> Json:
    events = [] if source.single else store.read_events(source.folder)
    first = next((at for event in events if isinstance(at := event.get("t_s"), int | float)), 0.0)
    shown = []
    for event in events:
        at = event.get("t_s")
        if event.get("kind") not in _HIDDEN_KINDS:
            since_s = at - first if isinstance(at, int | float) else 0.0
            shown.append(event_json(event, since_s))
    empty: Json = {
        name: [] for name in ("findings", "judged", "mission", "planned", "camera", "tables", "lines")
    }
    return {
        **empty,
        "name": source.name,
        "summary": {},
        "events": shown,
        "never_armed": False,
        "crash": "",
        "left_in_air": "",
        "notes": [why],
    }


def event_json(event: Json, at_s: float) -> Json:
    """An event as the page shows it; `why` is the reason of a refusal where the event names one apart."""
    found = event.get("severity")
    severity = found if isinstance(found, int) else None
    kind = str(event.get("kind", ""))
    words = "" if severity is None else enums.describe("MAV_SEVERITY", severity).lower()
    grave = kind == "warning" or (severity is not None and severity <= _SEVERITIES_GRAVE)
    text = _text(event)
    reasons = event.get("reasons")
    why = str(event.get("why") or event.get("cause") or event.get("problem") or "")
    if isinstance(reasons, list) and not why:
        why = "; ".join(map(str, reasons))
    return {
        "t_s": at_s,
        "utc": str(event.get("utc", "")),
        "kind": kind,
        "text": text,
        "why": "" if why in text else why,
        "severity": severity,
        "severity_name": words,
        "grave": grave,
        "sender": str(event.get("sender") or ("autopilot" if kind == "text" else "")),
        "aircraft": str(event.get("aircraft") or ""),
        "event_name": str(event.get("event_name") or ""),
    }


def _text(event: Json) -> str:
    """The words of an event: its text, else its fields."""
    item, total = event.get("item"), event.get("of")
    if event.get("kind") == "mission" and isinstance(item, int) and isinstance(event.get("reached"), bool):
        whole = f" of {total}" if isinstance(total, int) else ""
        return f"item {item}{whole} reached" if event["reached"] else f"flying to item {item}{whole}"
    if event.get("kind") == "mode":
        return event_text(event)
    plain = {key: _plain(value) for key, value in event.items() if key != "reasons"}
    return event_text(plain) or "; ".join(map(str, event.get("reasons") or ()))


def _plain(value: Any) -> Any:
    """A value without Python's notation."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(inner)}" for key, inner in value.items()) or "none"
    return value


def _summary(source: Source, data: FlightData) -> Json:
    """The figures of `landline logs show`."""
    if not source.single:
        row = read_catalogue_row(source.folder)
        return {name: getattr(row, name) for name in row.__dataclass_fields__}
    view = data.log.series()
    facts: Json = dict.fromkeys(("lat_deg", "lon_deg", "max_alt_m", "max_speed_m_s", "distance_m"))
    facts |= {"battery_used_ah": None, "armed_s": 0.0, "modes": "", "duration_s": data.length_s}
    with np.errstate(all="ignore"):
        series_facts(facts, view, data.length_s)
    frames = data.log.frames
    return {
        **facts,
        "started_utc": data.start_utc,
        "flown_utc": data.start_utc,
        "simulated": 0,
        "frames": data.log.messages,
        "bytes": data.log.size_bytes,
        "bad_bytes": data.log.bad_bytes,
        "outcome": "",
        "firmware": frames.autopilot if frames else "",
        "aircraft_warnings": frames.warnings if frames else None,
    }


def _mission(data: FlightData) -> list[Json]:
    by_number = {item.number: item for item in data.items}
    rows = []
    for number in sorted({*by_number, *data.places}):
        item, place = by_number.get(number), data.places.get(number)
        rows.append(
            {
                "number": number,
                "command": item.command if item else "",
                "place": item.place if item else "",
                "lat_deg": place[0] if place else None,
                "lon_deg": place[1] if place else None,
                "reached_s": item.at_s if item else None,
                "reached": number in data.reached,
                "flown_m": item.flown_m if item else None,
                "nearest_m": item.nearest_m if item else None,
            }
        )
    return rows


def _camera(log: Log, data: FlightData) -> list[Json]:
    """Where the camera's messages say that photos were taken."""
    view = log.series()
    _, events = chosen_camera_events(camera_events_in(log, view.shift_us), view)
    return [
        {
            "t_s": (event.utc_us - data.first_us) / 1e6,
            "lat_deg": event.lat_deg,
            "lon_deg": event.lon_deg,
            "msl_m": event.msl_m,
            "number": event.number[1],
        }
        for event in events[:_MOST_PHOTOS]
        if math.isfinite(event.lat_deg + event.lon_deg)
    ]


def _tables(source: Source, channels: Mapping[str, Channel]) -> Iterator[Json]:
    """Everything that can be plotted: the series under their own names, then every number of every message."""
    for name, channel in channels.items():
        fields = [column for column in channel if column not in ("number", "mode", "armed")]
        if fields:
            numbers = np.unique(channel["number"]).tolist() if "number" in channel else []
            senders = [str(int(one)) for one in numbers] if len(numbers) > 1 else []
            yield {"name": f"series_{name}", "rows": channel.count, "fields": fields, "senders": senders}
    found: dict[str, Json] = {}
    for file in [source.log] if source.single else sources_of(source.folder):
        if file.suffix in (".jsonl", ".json"):
            continue
        try:
            for log, _ in logs_in_chunks(file):
                for table in log.of_all_aircraft().export_tables(0):
                    _add_table(found, table)
        except UserError:
            continue
    yield from sorted(found.values(), key=lambda one: str(one["name"]))


def _add_table(found: dict[str, Json], table: ExportTable) -> None:
    if table.name in found:
        found[table.name]["rows"] += table.rows
        return
    columns, fields = table.read()
    numbers = [field for field in fields if _is_number(fields[field])]
    if numbers and "time_us" in columns:
        found[table.name] = {
            "name": table.name,
            "rows": table.rows,
            "fields": numbers,
            "units": field_units(table.name, numbers),
            "senders": senders_of(columns),
        }


def _is_number(values: Any) -> bool:
    return bool(values.ndim == 1 and values.dtype.kind in "iufb")
