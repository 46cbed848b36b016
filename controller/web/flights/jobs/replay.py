"""What a replay needs of a log: track, instruments and modes as arrays that fit into one answer."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np

from controller.clock import iso_utc
from controller.logs.formats.base import Log
from controller.logs.query.parquet_tables import ensure_tables, existing_tables
from controller.logs.report.data import armed_spans_s, mode_spans
from controller.logs.review.trace import kind_of
from controller.logs.series.read import series_in_chunks
from controller.logs.series.track import flown_track
from controller.logs.series.view import Channel, SeriesView, joined, span_of
from controller.web.flights.jobs.arrays import Array, pack
from controller.web.flights.jobs.source import FIRST, REPLAY, Progress, Source

# Of a long flight every second, third, ... row is shown: a replay at 5 rows a second looks the same as one at 50.
_MOST_ROWS = 60_000
# The first answer: as many as a track on a screen can show, and a tenth of the bytes.
_FIRST_ROWS = 4_000
_CHUNK_BYTES = 32_000_000
_REPLAYED = {
    "position": ("lat_deg", "lon_deg", "msl_m", "home_m"),
    "altitude": ("msl_m", "home_m"),
    "speed": ("ground_m_s", "climb_m_s"),
    "airspeed": ("air_m_s",),
    "attitude": ("roll_rad", "pitch_rad", "yaw_rad"),
    "battery": ("voltage_v", "current_a", "used_ah", "left_share"),
    "gps": ("fix", "satellites", "hdop"),
}
# Columns that lose nothing that can be seen in 32 bits; positions need 64.
_WIDE = frozenset(("lat_deg", "lon_deg"))


def write_replay(source: Source, progress: Progress) -> None:
    """Write the replay of a source into its cache. Raises what `open_log` raises, ColumnsError, OSError."""
    stamp = source.stamp
    if existing_tables(source.folder) is None:
        # Before the cache is written: new tables replace the folder that both are in.
        ensure_tables(source.folder, ())
    with np.errstate(all="ignore"):
        header, arrays = _replay(source, progress)
        first, thinned = _few(arrays)
        source.keep(REPLAY, pack({**header, "thinned": False}, arrays), stamp)
        source.keep(FIRST, pack({**header, "thinned": thinned}, first), stamp)


def _few(arrays: list[tuple[str, Array]]) -> tuple[list[tuple[str, Array]], bool]:
    """The arrays with `_FIRST_ROWS` at most, and whether any has more."""
    few = [(name, values[_rows(len(values), _FIRST_ROWS)]) for name, values in arrays]
    return few, any(len(values) > _FIRST_ROWS for _, values in arrays)


def _replay(source: Source, progress: Progress) -> tuple[dict[str, Any], list[tuple[str, Array]]]:
    size, done = max(1, source.log.stat().st_size), 0
    spans: list[tuple[int, int]] = []
    views: list[SeriesView] = []
    first: Log | None = None
    notes: dict[str, None] = {}
    for log, view in series_in_chunks(source.log, chunk_bytes=_CHUNK_BYTES):
        first = first or log
        span = span_of(log.times_us(view), view.clock)
        spans += [span] if span else []
        views.append(_thin(view))
        notes |= dict.fromkeys((*log.problems, *log.notes, *view.notes))
        done += log.size_bytes
        progress(min(done, size), size)
    assert first is not None
    view = joined(views)
    first_us = min((one[0] for one in spans), default=0)
    length_s = (max((one[1] for one in spans), default=0) - first_us) / 1e6
    header = {
        "name": source.name,
        "format": first.format.title,
        "kind": _kind(first),
        "clock": view.clock,
        "first_us": first_us,
        "start_utc": iso_utc(first_us) if view.clock == "utc" and first_us else "",
        "length_s": length_s,
        "modes": [asdict(one) for one in mode_spans(view, first_us, length_s)],
        "armed": armed_spans_s(view, first_us, length_s),
        "notes": list(notes),
    }
    arrays = list(_arrays(view, first_us))
    track = flown_track(view)
    if track is not None:
        rows = _rows(len(track.times_us))
        arrays += [
            ("track.t", (track.times_us[rows] - first_us) / 1e6),
            ("track.flown_m", np.asarray(track.flown_m[rows], np.float32)),
        ]
    return header, arrays


def _kind(log: Log) -> str:
    """What the aircraft is drawn as."""
    aircraft = log.all_aircraft
    kind = kind_of(aircraft[0].vehicle_type) if aircraft else "plane" if log.fixed_wing else "copter"
    return {"ground": "rover", "": "vehicle"}.get(kind, kind)


def _rows(count: int, most: int = _MOST_ROWS) -> slice:
    return slice(None, None, max(1, -(-count // most)))


def _thin(view: SeriesView) -> SeriesView:
    """The view with the columns of a replay; long chunks keep twice the rows of a whole flight at most."""
    channels = {
        name: channel
        if name == "mode"
        else channel.of(np.arange(channel.count)[_rows(channel.count, 2 * _MOST_ROWS)])
        for name, channel in view.channels.items()
        if name in _REPLAYED or name == "mode"
    }
    return SeriesView(view.clock, channels, view.shift_us)


def _arrays(view: SeriesView, first_us: int) -> list[tuple[str, Array]]:
    found: list[tuple[str, Array]] = []
    for name, columns in _REPLAYED.items():
        channel = view.channels.get(name)
        if channel is None:
            continue
        channel = _first_of(channel)
        rows = _rows(channel.count)
        found.append((f"{name}.t", (channel.times_us[rows] - first_us) / 1e6))
        for column in columns:
            kind = np.float64 if column in _WIDE else np.float32
            found.append((f"{name}.{column}", np.asarray(channel[column][rows], kind)))
    return found


def _first_of(channel: Channel) -> Channel:
    """The rows of the first battery or receiver."""
    if "number" not in channel or not channel.count:
        return channel
    numbers = channel["number"]
    return channel.of(np.flatnonzero(numbers == numbers.min()))
