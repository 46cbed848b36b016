"""Camera events of a log: time and position of each photo. Each log format names its camera messages."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from controller.logs.formats.base import Log
from controller.logs.formats.contents import CameraMessage
from controller.logs.series.rows import Rows
from controller.logs.series.view import SeriesView
from controller.track_length import has_place

# A time before 2010 is from a clock that was never set.
_EARLIEST_US = 1_262_304_000_000_000
# Positions are not interpolated across longer gaps in the log.
_MAX_GAP_US = 5_000_000


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """One photo. NaN for values that the log does not have.

    `utc_us` is microseconds since 1970; heights are metres above mean sea level and above home; the angles are the
    aircraft's attitude in radians (north-east-down), and the camera's: roll and pitch above the horizon, yaw from
    north. `number` has the numbers of the camera and of the photo.
    """

    utc_us: int
    lat_deg: float = math.nan
    lon_deg: float = math.nan
    msl_m: float = math.nan
    home_m: float = math.nan
    roll_rad: float = math.nan
    pitch_rad: float = math.nan
    yaw_rad: float = math.nan
    camera_roll_rad: float = field(default=math.nan, kw_only=True)
    camera_pitch_rad: float = field(default=math.nan, kw_only=True)
    camera_yaw_rad: float = field(default=math.nan, kw_only=True)
    number: tuple[int, int] = field(default=(0, 0), kw_only=True)


def camera_events_in(log: Log, shift_us: int) -> dict[str, list[CameraEvent]]:
    """Return the camera events of a log, or of a chunk of it, by message, those with more detail first.

    `shift_us` is added to the log's times to give UTC.
    """
    return {
        message.name: _events(log.table(message.name), message, shift_us) for message in log.camera_messages
    }


def chosen_camera_events(
    by_message: dict[str, list[CameraEvent]], view: SeriesView
) -> tuple[str, list[CameraEvent]]:
    """Return the message with the most detail, and its camera events in order of time.

    A message without positions (a trigger) gets them from the track.
    """
    source = next((name for name, events in by_message.items() if events), "")
    # Some cameras and links repeat a message; two cameras may take a photo at the same instant.
    once = {(event.utc_us, event.number): event for event in by_message.get(source, []) if event.utc_us > 0}
    return source, [_placed(event, view) for _, event in sorted(once.items())]


def track_event_at(view: SeriesView, utc_us: int) -> CameraEvent:
    """Return position and attitude of the aircraft at a time; NaN for the position in a gap of the log."""
    place = _between(view, "position", utc_us)
    angles = _between(view, "attitude", utc_us)
    return CameraEvent(utc_us, **place, **angles)


def _placed(event: CameraEvent, view: SeriesView) -> CameraEvent:
    known = has_place(event.lat_deg, event.lon_deg)
    if known and math.isfinite(event.yaw_rad):
        return event
    tracked = track_event_at(view, event.utc_us)
    if not known:
        return replace(tracked, number=event.number)
    return CameraEvent(
        event.utc_us,
        event.lat_deg,
        event.lon_deg,
        event.msl_m,
        event.home_m,
        tracked.roll_rad,
        tracked.pitch_rad,
        tracked.yaw_rad,
        number=event.number,
    )


def _between(view: SeriesView, name: str, utc_us: int) -> dict[str, Any]:
    channel = view.channels.get(name)
    if channel is None:
        return {}
    times = channel.times_us
    after = int(np.searchsorted(times, utc_us))
    if after == 0 or after == len(times):
        return {}
    before_us, after_us = int(times[after - 1]), int(times[after])
    if after_us - before_us > _MAX_GAP_US:
        return {}
    share = (utc_us - before_us) / max(1, after_us - before_us)
    found = {}
    for column in channel:
        first, second = float(channel[column][after - 1]), float(channel[column][after])
        step = second - first
        if column.endswith("_rad"):
            step = math.remainder(step, math.tau)
        elif column == "lon_deg":
            step = math.remainder(step, 360.0)
        found[column] = first + share * step
    if "lon_deg" in found:
        found["lon_deg"] = math.remainder(found["lon_deg"], 360.0)
    return found


def _events(rows: Rows | None, message: CameraMessage, shift_us: int) -> list[CameraEvent]:
    if rows is None:
        return []
    count = len(rows.times_us)
    times_us = rows.times_us + shift_us
    if message.utc_column:
        # A time since start-up is not UTC: use the time of reception.
        utc_us = rows.raw(message.utc_column).astype(np.int64)
        times_us = np.where(utc_us > _EARLIEST_US, utc_us, times_us)
    columns = [
        (rows[name] * scale if name in rows else np.full(count, np.nan)).tolist()
        for name, scale in zip(message.columns, message.scales, strict=True)
    ]
    values = zip(*columns, strict=True) if columns else [()] * count
    cameras, photos = (rows.raw(name).tolist() if name in rows else [0] * count for name in message.numbers)
    return [
        CameraEvent(time_us, *row, number=number)
        for time_us, row, number in zip(
            times_us.tolist(), values, zip(cameras, photos, strict=True), strict=True
        )
    ]
