"""When and where pictures were taken, as the autopilot logged it.

Telemetry: CAMERA_FEEDBACK, CAMERA_IMAGE_CAPTURED, CAMERA_TRIGGER (MAVLink common). DataFlash: CAM, else TRIG
(ArduPilot, AP_Camera/AP_Camera_Logging.cpp). ULog: camera_capture, else camera_trigger (PX4, msg/CameraCapture.msg,
CameraTrigger.msg).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from controller.logs.formats.read import ReadLog
from controller.logs.series.view import SeriesView

# Before 2010 a clock was never set.
_EARLIEST_US = 1_262_304_000_000_000
# A position this far from any sample of the log is a guess, not an interpolation.
_MOST_GAP_US = 5_000_000
# What tells place and angles before what tells a place, and that before what tells only when.
_BY_WORTH = (
    "CAMERA_FEEDBACK",
    "CAMERA_IMAGE_CAPTURED",
    "CAMERA_TRIGGER",
    "CAM",
    "TRIG",
    "camera_capture",
    "camera_trigger",
)
# The fields of those messages that number cameras and pictures.
_NUMBERS = {
    "CAMERA_FEEDBACK": ("cam_idx", "img_idx"),
    "CAMERA_IMAGE_CAPTURED": ("camera_id", "image_index"),
    "CAMERA_TRIGGER": ("", "seq"),
    "CAM": ("I", "Img"),
    "TRIG": ("I", "Img"),
    "camera_capture": ("", "seq"),
    "camera_trigger": ("", "seq"),
}


@dataclass(frozen=True, slots=True)
class CameraEvent:
    """A picture: microseconds since 1970, degrees, metres above mean sea level and above home; NaN where the log
    does not tell.

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
    number: tuple[int, int] = field(default=(0, 0), kw_only=True)  # of the camera, and of the picture


def camera_events_in(read: ReadLog, shift_us: int) -> dict[str, list[CameraEvent]]:
    """The pictures that a log, or a piece of it, tells of, by the message that tells;

    `shift_us` as in the series view.
    """
    if read.format == "tlog":
        return _tlog(read.log)
    return (_dataflash if read.format == "dataflash" else _ulog)(read.log, shift_us)


def chosen_camera_events(
    told: dict[str, list[CameraEvent]], view: SeriesView
) -> tuple[str, list[CameraEvent]]:
    """The message that tells most of pictures, and the pictures by time.

    Where only a trigger was logged, the track says where.
    """
    source = next((name for name in _BY_WORTH if told.get(name)), "")
    # The same picture is repeated by some cameras and links; two cameras may take one each at the same instant.
    once = {(shot.utc_us, shot.number): shot for shot in told.get(source, []) if shot.utc_us > 0}
    return source, [_placed(shot, view) for _, shot in sorted(once.items())]


def track_event_at(view: SeriesView, utc_us: int) -> CameraEvent:
    """Where the aircraft was at a moment; without a position where the log has a gap there."""
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


def _numbers(name: str, table: Any) -> list[tuple[int, int]]:
    nothing = np.zeros(table.count, np.int64)
    camera, picture = (np.asarray(table.get(field, nothing)).tolist() for field in _NUMBERS[name])
    return list(zip(camera, picture, strict=True))


def _columns(table: Any, *names: str, scales: tuple[float, ...] = ()) -> list[list[float]]:
    """Each in float64, times its scale; NaN where the log has no such column."""
    nothing = np.full(table.count, np.nan)
    return [
        (np.asarray(table.get(name, nothing), np.float64) * scale).tolist()
        for name, scale in zip(names, scales or (1.0,) * len(names), strict=True)
    ]


def _tlog(log: Any) -> dict[str, list[CameraEvent]]:
    degree, found = math.radians(1.0), {}
    fields = {
        "CAMERA_FEEDBACK": (
            ("lat", "lng", "alt_msl", "alt_rel", "roll", "pitch", "yaw"),
            (1e-7, 1e-7, 1.0, 1.0, degree, degree, degree),
        ),
        "CAMERA_IMAGE_CAPTURED": (("lat", "lon", "alt", "relative_alt"), (1e-7, 1e-7, 1e-3, 1e-3)),
        "CAMERA_TRIGGER": ((), ()),
    }
    for name, (names, scales) in fields.items():
        table = log.tables.get(name)
        if table is None or not table.count:
            continue
        told = np.asarray(table["time_utc" if name == "CAMERA_IMAGE_CAPTURED" else "time_usec"]).astype(
            np.int64
        )
        # Time since start-up says nothing here; the receiving computer's clock does.
        times = np.where(told > _EARLIEST_US, told, np.asarray(table.times_us).astype(np.int64)).tolist()
        found[name] = _made(name, table, times, _columns(table, *names, scales=scales))
    return found


def _dataflash(log: Any, shift_us: int) -> dict[str, list[CameraEvent]]:
    degree, found = math.radians(1.0), {}
    for name in ("CAM", "TRIG"):
        table = log.tables.get(name)
        if table is None or not table.count:
            continue
        names, scales = ("Lat", "Lng", "Alt", "RelAlt", "R", "P", "Y"), (1.0, 1.0, 1.0, 1.0, *[degree] * 3)
        times = (np.asarray(table["TimeUS"]).astype(np.int64) + shift_us).tolist()
        found[name] = _made(name, table, times, _columns(table, *names, scales=scales))
    return found


def _ulog(log: Any, shift_us: int) -> dict[str, list[CameraEvent]]:
    found = {}
    for name, names in (("camera_capture", ("lat", "lon", "alt")), ("camera_trigger", ())):
        table = log.tables.get((name, 0))
        if table is None or not table.count:
            continue
        times = (np.asarray(table["timestamp"]).astype(np.int64) + shift_us).tolist()
        found[name] = _made(name, table, times, _columns(table, *names))
    return found


def _made(name: str, table: Any, times_us: list[int], columns: list[list[float]]) -> list[CameraEvent]:
    values = zip(*columns, strict=True) if columns else [()] * len(times_us)
    return [
        CameraEvent(time_us, *row, number=number)
        for time_us, row, number in zip(times_us, values, _numbers(name, table), strict=True)
    ]
