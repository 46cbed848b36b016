"""Facts of a flight for the catalogue, from its frames and events."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from controller.clock import iso_utc
from controller.errors import UserError
from controller.logs.flights import store
from controller.logs.formats.base import Log
from controller.logs.review.control import crash_of
from controller.logs.review.flight import ReviewedFlight
from controller.logs.series.read import series_in_chunks
from controller.logs.series.track import flown_track
from controller.logs.series.view import SeriesView, joined, span_of

_NAME = re.compile(r"\d{8}T\d{6}Z-(.+)")
WARNING = 4  # MAV_SEVERITY_WARNING
# Small chunks: little of each is kept.
_CHUNK_BYTES = 32_000_000


def flight_facts(folder: Path) -> dict[str, Any]:
    """Return every column of the catalogue but the flight's name, as far as the files can be read."""
    events = store.read_events(folder)
    end = next((event for event in reversed(events) if event.get("kind") == "end"), {})
    name = _NAME.fullmatch(folder.name)
    facts: dict[str, Any] = {
        "flown_utc": store.flown_utc(folder),
        "started_utc": str(events[0].get("utc", "")) if events else "",
        "simulated": int(bool(events) and store.is_simulated(events[0])),
        "aircraft": name[1] if name else folder.name,
        "firmware": _firmware(events),
        "warnings": sum(event.get("kind") == "warning" for event in events),
        "events": len(events),
        "outcome": str(end.get("outcome", "")),
        "flight_time_s": _seconds(end, "flight_time_s"),
        "wall_time_s": _seconds(end, "wall_time_s"),
        **dict.fromkeys(
            ("lat_deg", "lon_deg", "max_alt_m", "max_speed_m_s", "distance_m", "battery_used_ah")
        ),
        **dict.fromkeys(("duration_s", "armed_s"), 0.0),
        **dict.fromkeys(("aircraft_warnings", "frames", "bytes", "bad_bytes"), 0),
        **dict.fromkeys(("modes", "systems", "crash", "serial"), ""),
    }
    imported = store.read_import(folder)
    facts["source"] = f"{imported.get('name', '')} ({imported.get('title', '')})" if imported else ""
    facts["outcome"] = facts["outcome"] or ("imported" if imported else "")
    totals, views, last = _Totals(), [], None
    try:
        for log, view in series_in_chunks(store.flight_log(folder), chunk_bytes=_CHUNK_BYTES):
            if log.frames is None and not imported:
                return facts
            totals.add(log, view)
            views.append(view)
            last = log
    except UserError:
        # No file, an empty one, or one without a readable frame: the size is a fact even then.
        with contextlib.suppress(OSError):
            facts["bytes"] = facts["bad_bytes"] = store.flight_log(folder).stat().st_size
        return facts
    facts |= {"frames": totals.frames, "bytes": totals.bytes, "bad_bytes": totals.bad_bytes}
    facts |= {"systems": ",".join(f"{system}/{component}" for system, component in sorted(totals.senders))}
    facts["aircraft_warnings"] = totals.warnings
    facts["firmware"] = facts["firmware"] or totals.autopilot
    facts["serial"] = totals.serial
    span_us = span_of([np.array(totals.times_us, np.int64)], "utc")
    if span_us is not None:
        facts["duration_s"] = (span_us[1] - span_us[0]) / 1e6
        facts["started_utc"] = facts["started_utc"] or iso_utc(span_us[0])
    series_facts(facts, joined(views), facts["duration_s"])
    if last is not None:
        # Of a log in chunks the last one: what ends with another chunk did not end there.
        crash = crash_of(ReviewedFlight(last))
        facts["crash"] = "" if crash is None else crash.text
    return facts


def _seconds(event: dict[str, object], name: str) -> float | None:
    value = event.get(name)
    return float(value) if isinstance(value, int | float) else None


def _firmware(events: list[dict[str, object]]) -> str:
    return next((str(e.get("text", "")) for e in events if e.get("name") == "identify"), "")


@dataclass
class _Totals:
    """Sums over the chunks of a log; `senders` are system and component IDs."""

    frames: int = 0
    bytes: int = 0
    bad_bytes: int = 0
    warnings: int = 0
    autopilot: str = ""
    serial: str = ""
    times_us: list[int] = field(default_factory=list)
    senders: set[tuple[int, int]] = field(default_factory=set)

    def add(self, log: Log, view: SeriesView) -> None:
        self.frames += log.messages
        self.bytes += log.size_bytes
        self.bad_bytes += log.bad_bytes
        # Only the first and last plausible time of each chunk.
        self.times_us += span_of(log.times_us(view), "utc") or ()
        if log.frames is not None:
            self.senders |= log.frames.senders
            self.warnings += log.frames.warnings
            self.autopilot = self.autopilot or log.frames.autopilot
        else:
            self.warnings += sum(
                text.severity is not None and text.severity <= WARNING for text in log.texts()
            )
            self.autopilot = self.autopilot or log.identity.firmware
            self.serial = self.serial or log.identity.serial


def series_facts(facts: dict[str, Any], view: SeriesView, duration_s: float) -> None:
    channels = view.channels
    if "mode" in channels:
        mode = channels["mode"]
        facts["modes"] = ",".join(dict.fromkeys(mode["mode"].tolist()))
        ends_us = np.append(mode.times_us[1:], mode.times_us[0] + round(duration_s * 1e6))
        armed_us = np.where(mode["armed"], np.maximum(ends_us - mode.times_us, 0), 0).sum()
        facts["armed_s"] = float(armed_us) / 1e6
    track = flown_track(view)
    if track is not None:
        rows = view.armed(track.times_us)
        begin = int(np.argmax(rows)) if rows.any() else 0
        facts["lat_deg"], facts["lon_deg"] = (
            round(float(degrees[begin]), 7) for degrees in (track.lats_deg, track.lons_deg)
        )
        facts["distance_m"] = round(track.length_m, 1)
    facts["max_alt_m"] = _highest(channels, "altitude", "home_m")
    facts["max_speed_m_s"] = _highest(channels, "speed", "ground_m_s")
    facts["battery_used_ah"] = _highest(channels, "battery", "used_ah")


def _highest(channels: Any, name: str, column: str) -> float | None:
    values = channels[name][column] if name in channels else np.zeros(0)
    values = values[np.isfinite(values)]
    return round(float(values.max()), 3) if len(values) else None
