"""When and where pictures were taken, as the autopilot logged it.

Telemetry: CAMERA_FEEDBACK, CAMERA_IMAGE_CAPTURED, CAMERA_TRIGGER (MAVLink common). DataFlash: CAM, else TRIG (ArduPilot,
AP_Camera/AP_Camera_Logging.cpp). ULog: camera_capture, else camera_trigger (PX4, msg/CameraCapture.msg, CameraTrigger.msg).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from controller.logs.read import ReadLog
from controller.logs.series import SeriesView

# Before 2010 a clock was never set.
_EARLIEST_US = 1_262_304_000_000_000
# A position this far from any sample of the log is a guess, not an interpolation.
_MOST_GAP_US = 5_000_000


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: microseconds since 1970, degrees, metres above mean sea level and above home; NaN where the log does not tell.

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


def shots_of(read: ReadLog, view: SeriesView) -> tuple[str, list[Shot]]:
    """The messages that told of pictures, and the pictures by time. Where only a trigger was logged, the track says where."""
    if read.format == "tlog":
        source, rows = _tlog(read.log)
    else:
        source, rows = (_dataflash if read.format == "dataflash" else _ulog)(read.log, view.shift_us)
    # The same picture is repeated by some cameras and links.
    once = {shot.utc_us: shot for shot in rows if shot.utc_us > 0}
    return source, [_placed(shot, view) for _, shot in sorted(once.items())]


def shot_at(view: SeriesView, utc_us: int) -> Shot:
    """Where the aircraft was at a moment; without a position where the log has a gap there."""
    place = _between(view, "position", utc_us)
    angles = _between(view, "attitude", utc_us)
    return Shot(utc_us, **place, **angles)


def _placed(shot: Shot, view: SeriesView) -> Shot:
    known = math.isfinite(shot.lat_deg) and (shot.lat_deg, shot.lon_deg) != (0.0, 0.0)
    if known and math.isfinite(shot.yaw_rad):
        return shot
    tracked = shot_at(view, shot.utc_us)
    if not known:
        return tracked
    return Shot(
        shot.utc_us,
        shot.lat_deg,
        shot.lon_deg,
        shot.msl_m,
        shot.home_m,
        tracked.roll_rad,
        tracked.pitch_rad,
        tracked.yaw_rad,
    )


def _between(view: SeriesView, name: str, utc_us: int) -> dict[str, float]:
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


def _tlog(log: Any) -> tuple[str, list[Shot]]:
    for name in ("CAMERA_FEEDBACK", "CAMERA_IMAGE_CAPTURED", "CAMERA_TRIGGER"):
        table = log.tables.get(name)
        if table is None or not table.count:
            continue
        told = np.asarray(table["time_utc" if name == "CAMERA_IMAGE_CAPTURED" else "time_usec"]).astype(
            np.int64
        )
        # Time since start-up says nothing here; the receiving computer's clock does.
        times = np.where(told > _EARLIEST_US, told, np.asarray(table.times_us).astype(np.int64)).tolist()
        if name == "CAMERA_TRIGGER":
            return name, [Shot(time_us) for time_us in times]
        if name == "CAMERA_FEEDBACK":
            columns = [
                np.asarray(table[c], np.float64)
                for c in ("lat", "lng", "alt_msl", "alt_rel", "roll", "pitch", "yaw")
            ]
            return name, [
                Shot(t, lat / 1e7, lon / 1e7, msl, rel, *(math.radians(a) for a in (roll, pitch, yaw)))
                for t, lat, lon, msl, rel, roll, pitch, yaw in zip(
                    times, *(c.tolist() for c in columns), strict=True
                )
            ]
        columns = [np.asarray(table[c], np.float64) for c in ("lat", "lon", "alt", "relative_alt")]
        return name, [
            Shot(t, lat / 1e7, lon / 1e7, msl / 1000, rel / 1000)
            for t, lat, lon, msl, rel in zip(times, *(c.tolist() for c in columns), strict=True)
        ]
    return "", []


def _dataflash(log: Any, shift_us: int) -> tuple[str, list[Shot]]:
    for name in ("CAM", "TRIG"):
        table = log.tables.get(name)
        if table is None or not table.count:
            continue
        nothing = np.full(table.count, np.nan)
        columns = [
            (np.asarray(table[label], np.float64) if label in table else nothing).tolist()
            for label in ("Lat", "Lng", "Alt", "RelAlt", "R", "P", "Y")
        ]
        times = (np.asarray(table["TimeUS"]).astype(np.int64) + shift_us).tolist()
        return name, [
            Shot(t, lat, lon, msl, rel, math.radians(roll), math.radians(pitch), math.radians(yaw))
            for t, lat, lon, msl, rel, roll, pitch, yaw in zip(times, *columns, strict=True)
        ]
    return "", []


def _ulog(log: Any, shift_us: int) -> tuple[str, list[Shot]]:
    capture = log.tables.get(("camera_capture", 0))
    if capture is not None and capture.count:
        times = (np.asarray(capture["timestamp"]).astype(np.int64) + shift_us).tolist()
        columns = [np.asarray(capture[c], np.float64).tolist() for c in ("lat", "lon", "alt")]
        return "camera_capture", [
            Shot(t, lat, lon, msl) for t, lat, lon, msl in zip(times, *columns, strict=True)
        ]
    trigger = log.tables.get(("camera_trigger", 0))
    if trigger is not None and trigger.count:
        times = (np.asarray(trigger["timestamp"]).astype(np.int64) + shift_us).tolist()
        return "camera_trigger", [Shot(t) for t in times]
    return "", []
