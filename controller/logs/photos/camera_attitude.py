"""Attitude of the camera in a log: roll and pitch above the horizon, yaw from north, from what the gimbal reported.

A quaternion is Hamilton's (w, x, y, z), camera to north-east-down, as MAVLink's GIMBAL_DEVICE_ATTITUDE_STATUS has it;
its flags say whether the yaw counts from north or from the aircraft's nose (common.xml). PX4's topic of that name has
the same fields and flags. ArduPilot's MNT and MOUNT_ORIENTATION have angles, and both yaws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from controller.geo import wrap_180_deg
from controller.logs.formats.base import Log
from controller.logs.formats.contents import GimbalMessage
from controller.logs.photos.camera_events import CameraEvent
from controller.logs.series.rows import Rows
from controller.logs.series.view import SeriesView, floats
from controller.wire.enums import GIMBAL_DEVICE_FLAGS

Floats = NDArray[np.float64]
# An angle is not used for photos that are farther away in time.
_NEAR_US = 2_000_000
# Nearer to straight down, roll and yaw are one turn: all of it is told as yaw.
_STEEP_RAD = np.radians(80.0)
_LEAST_NORM, _MOST_NORM = 0.9, 1.1


@dataclass(frozen=True, slots=True, eq=False)
class CameraAttitude:
    """Angles of the camera over time, radians, arrays of shape (n,); `yaw_rad` is NaN where it is not known.

    `source` is the message. Times ascend, microseconds since 1970.
    """

    source: str
    times_us: Floats
    roll_rad: Floats
    pitch_rad: Floats
    yaw_rad: Floats


def camera_attitude_in(log: Log, view: SeriesView) -> CameraAttitude | None:
    """Return the attitude of the camera of a log, or of a chunk of it; None where it has none.

    Of several gimbals it is that of the first one.
    """
    for message in log.gimbal_messages:
        # Of several autopilot components or instances the first; a gimbal of its own is another component.
        rows = log.first(message.name) or log.table(message.name)
        if rows is not None:
            found = _read(rows, message, view)
            if found is not None:
                return found
    return None


def joined_attitude(parts: Sequence[CameraAttitude]) -> CameraAttitude | None:
    """Return the attitudes of consecutive chunks as one; None without any."""
    if not parts:
        return None
    mine = [part for part in parts if part.source == parts[0].source]
    arrays = (
        np.concatenate([getattr(part, name) for part in mine])
        for name in ("times_us", "roll_rad", "pitch_rad", "yaw_rad")
    )
    return CameraAttitude(parts[0].source, *arrays)


def with_camera(events: Sequence[CameraEvent], attitude: CameraAttitude | None) -> list[CameraEvent]:
    """Return photos with the attitude of the camera; as they are where none is known within two seconds."""
    if attitude is None or not events:
        return list(events)
    times = attitude.times_us
    wanted = np.asarray([event.utc_us for event in events], np.float64)
    after = np.searchsorted(times, wanted).clip(0, len(times) - 1)
    before = np.maximum(after - 1, 0)
    near = np.minimum(np.abs(times[before] - wanted), np.abs(times[after] - wanted)) <= _NEAR_US
    step_us = times[after] - times[before]
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(step_us > 0, (wanted - times[before]) / step_us, 0.0).clip(0.0, 1.0)
    roll, pitch, yaw = (
        _between(angles, before, after, share)
        for angles in (attitude.roll_rad, attitude.pitch_rad, attitude.yaw_rad)
    )
    return [
        replace(
            event,
            camera_roll_rad=float(roll[i]),
            camera_pitch_rad=float(pitch[i]),
            camera_yaw_rad=float(yaw[i]),
        )
        if near[i]
        else event
        for i, event in enumerate(events)
    ]


def _between(angles: Floats, before: NDArray[np.intp], after: NDArray[np.intp], share: Floats) -> Floats:
    step = np.radians(wrap_180_deg(np.degrees(angles[after] - angles[before])))
    found: Floats = angles[before] + share * step
    return found


def _read(rows: Rows, message: GimbalMessage, view: SeriesView) -> CameraAttitude | None:
    count = len(rows.times_us)
    times_us = (rows.times_us + view.shift_us).astype(np.float64)
    vehicle_yaw = _vehicle_yaw_rad(times_us, view)
    if message.quaternion:
        parts = _quaternion(rows, message)
        yaw_offset = _yaw_offset_rad(rows, message, count, vehicle_yaw)
    else:
        roll, pitch, body, north = (
            np.radians(floats(rows, name, count)) if name else np.full(count, np.nan)
            for name in (*message.angles_deg, *message.yaws_deg)
        )
        # Fields that a sender does not know of arrive as zeros.
        absolute = np.isfinite(north) & (north != 0.0)
        yaw = np.where(absolute, north, body)
        yaw_offset = np.where(absolute, 0.0, vehicle_yaw)
        yaw_offset = np.where(np.isfinite(yaw), yaw_offset, np.nan)
        parts = _of_angles(np.nan_to_num(roll), pitch, np.nan_to_num(yaw))
    norm = np.linalg.norm(parts, axis=0)
    known = (norm > _LEAST_NORM) & (norm < _MOST_NORM)
    if message.device:
        devices = floats(rows, message.device, count)
        if np.isfinite(devices).any():
            known &= devices == np.nanmin(devices)
    if not known.any():
        return None
    angles = _angles(parts[:, known] / norm[known])
    order = np.argsort(times_us[known], kind="stable")
    roll, pitch, yaw = (angle[order] for angle in angles)
    north_yaw = np.radians(wrap_180_deg(np.degrees(yaw + yaw_offset[known][order])))
    return CameraAttitude(rows.source, times_us[known][order], roll, pitch, north_yaw)


def _quaternion(rows: Rows, message: GimbalMessage) -> Floats:
    """Return the quaternions, shape (4, n)."""
    columns = message.quaternion
    if any(name not in rows for name in columns):
        return np.full((4, len(rows.times_us)), np.nan)
    if len(columns) == 1:
        values = rows[columns[0]]
        return values.T if values.ndim == 2 and values.shape[1] == 4 else np.full((4, len(values)), np.nan)
    return np.stack([rows[name] for name in columns])


def _yaw_offset_rad(rows: Rows, message: GimbalMessage, count: int, vehicle_yaw: Floats) -> Floats:
    """Return what is to be added to the yaws for those from north."""
    flags = np.nan_to_num(floats(rows, message.flags, count)).astype(np.int64)
    in_vehicle = (flags & int(GIMBAL_DEVICE_FLAGS.YAW_IN_VEHICLE_FRAME)) != 0
    in_earth = (flags & int(GIMBAL_DEVICE_FLAGS.YAW_IN_EARTH_FRAME)) != 0
    in_earth |= ~in_vehicle & ((flags & int(GIMBAL_DEVICE_FLAGS.YAW_LOCK)) != 0)
    delta = floats(rows, message.delta_yaw, count)
    # It is an extension: 0 is also what a sender without it seems to send.
    told = in_vehicle & np.isfinite(delta) & (delta != 0.0)
    return np.where(in_earth, 0.0, np.where(told, delta, vehicle_yaw))


def _vehicle_yaw_rad(times_us: Floats, view: SeriesView) -> Floats:
    attitude = view.channels.get("attitude")
    yaw = np.zeros(0) if attitude is None else attitude["yaw_rad"]
    known = np.isfinite(yaw)
    if attitude is None or not known.any():
        return np.full(len(times_us), np.nan)
    found = np.interp(times_us, attitude.times_us[known], np.unwrap(yaw[known]))
    return np.asarray(found, np.float64)


def _of_angles(roll_rad: Floats, pitch_rad: Floats, yaw_rad: Floats) -> Floats:
    """Return quaternions, shape (4, n), of angles in the order yaw, pitch, roll."""
    (cr, sr), (cp, sp), (cy, sy) = ((np.cos(a / 2), np.sin(a / 2)) for a in (roll_rad, pitch_rad, yaw_rad))
    return np.stack(
        [
            cr * cp * cy + sr * sp * sy,
            sr * cp * cy - cr * sp * sy,
            cr * sp * cy + sr * cp * sy,
            cr * cp * sy - sr * sp * cy,
        ]
    )


def _angles(quaternions: Floats) -> tuple[Floats, Floats, Floats]:
    """Return roll, pitch and yaw, radians; near straight up or down the roll is 0 and the yaw where up points."""
    w, x, y, z = quaternions
    pitch = np.arcsin(np.clip(2 * (w * y - z * x), -1.0, 1.0))
    roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
    yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
    # The picture's right side lies level there, a quarter turn from its top.
    level = np.arctan2(1 - 2 * (x * x + z * z), 2 * (x * y - w * z)) - np.pi / 2
    steep = np.abs(pitch) > _STEEP_RAD
    return np.where(steep, 0.0, roll), pitch, np.where(steep, level, yaw)
