"""When and where photos were taken, as the autopilot logged it. Each log format names its camera messages."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from controller.logs.formats.base import CameraMessage, Log
from controller.logs.series.rows import Rows
from controller.logs.series.view import SeriesView

# An earlier time is that of a clock that was never set.
_EARLIEST_US = 1_262_304_000_000_000
# No position is interpolated over a gap longer than this.
_MOST_GAP_US = 5_000_000


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """A photo: microseconds since 1970, degrees, metres above mean sea level and above home; NaN where the log has no
    value.

    The angles are the aircraft's, radians, north-east-down.
    """

    utc_us: int
    lat_deg: float = math.nan
    lon_deg: float = math.nan
    msl_m: float = math.nan
    home_m: float = math.nan
    roll_rad: float = math.nan
    pitch_rad: float = math.nan
    yaw_rad: float = math.nan
    number: tuple[int, int] = field(default=(0, 0), kw_only=True)  # of the camera, and of the photo


def camera_events_in(log: Log, shift_us: int) -> dict[str, list[CameraEvent]]:
    """The photos that a log, or a chunk of it, reports, by message: first the messages that hold more about a photo.

    `shift_us` takes the log's times to UTC.
    """
    return {
        message.name: _events(log.table(message.name), message, shift_us) for message in log.camera_messages
    }


def chosen_camera_events(
    by_message: dict[str, list[CameraEvent]], view: SeriesView
) -> tuple[str, list[CameraEvent]]:
    """The message that holds most about the photos, and the photos by time; the track gives the place where it does
    not."""
    source = next((name for name, events in by_message.items() if events), "")
    # The same photo is repeated by some cameras and links; two cameras may take one each at the same instant.
    once = {(event.utc_us, event.number): event for event in by_message.get(source, []) if event.utc_us > 0}
    return source, [_placed(event, view) for _, event in sorted(once.items())]


def track_event_at(view: SeriesView, utc_us: int) -> CameraEvent:
    """Position and attitude at a moment; without them where the log has a gap there."""
    place = _between(view, "position", utc_us)
    angles = _between(view, "attitude", utc_us)
    return CameraEvent(utc_us, **place, **angles)


def _placed(shot: CameraEvent, view: SeriesView) -> CameraEvent:
    known = math.isfinite(shot.lat_deg) and (shot.lat_deg, shot.lon_deg) != (0.0, 0.0)
    if known and math.isfinite(shot.yaw_rad):
        return shot
    tracked = track_event_at(view, shot.utc_us)
    if not known:
        return replace(tracked, number=shot.number)
    return CameraEvent(
        shot.utc_us,
        shot.lat_deg,
        shot.lon_deg,
        shot.msl_m,
        shot.home_m,
        tracked.roll_rad,
        tracked.pitch_rad,
        tracked.yaw_rad,
        number=shot.number,
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
    if after_us - before_us > _MOST_GAP_US:
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
        # A time since start-up is of no use; the time of reception is.
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
