"""Photos of a flight as its coverage takes them: places and attitudes of the record, or of a folder of photos.

The heading is the aircraft's at the photo. The camera's pitch is that of the gimbal where the record has it
(MOUNT_ORIENTATION), else that of the nearest planned photo, else straight down: a gimbal holds the camera level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from controller.geo import LocalPlane, wrap_180_deg
from controller.logs.formats.base import Log
from controller.logs.photos.camera_events import (
    CameraEvent,
    camera_events_in,
    chosen_camera_events,
    track_event_at,
)
from controller.logs.series.view import SeriesView
from controller.missions.route.photos import DOWN_DEG, Floats, Photos

# A gimbal's angle is not used for photos that are farther away in time.
_GIMBAL_US = 2_000_000
# A planned photo of another direction is as far away as one so many metres aside, for each degree.
_METRES_A_DEGREE = 0.2
_SAME_PHOTO_M = 5.0
_GROUP = 2_000_000


def flown_photos(log: Log, view: SeriesView, planned: Photos | None) -> tuple[Photos, str]:
    """Return the photos of a log, and the message they are from; "" and no photos for a log without any.

    Heights are above home.
    """
    source, events = chosen_camera_events(camera_events_in(log, view.shift_us), view)
    known = [one for one in events if math.isfinite(one.lat_deg) and math.isfinite(one.lon_deg)]
    if not known:
        return photos_of_events([], view, planned), ""
    return photos_of_events(known, view, planned, gimbal=_gimbal(log, view)), source


def photos_of_events(
    events: Sequence[CameraEvent],
    view: SeriesView,
    planned: Photos | None,
    *,
    gimbal: tuple[Floats, Floats] | None = None,
) -> Photos:
    """Return photos from camera events with a position.

    `gimbal` are times, us, and pitches, degrees. A photo takes pitch and asset of the nearest planned one.
    """
    lats, lons = (np.asarray([getattr(one, name) for one in events]) for name in ("lat_deg", "lon_deg"))
    heights = np.asarray([_height_m(one, view) for one in events], dtype=np.float64)
    headings = np.degrees(np.asarray([one.yaw_rad for one in events], dtype=np.float64)) % 360.0
    pitches = np.full(len(events), DOWN_DEG)
    assets: tuple[str, ...] = ("",) * len(events)
    if planned is not None and len(planned) and len(events):
        nearest = _nearest(planned, lats, lons, heights, headings)
        pitches = planned.pitches_deg[nearest]
        assets = tuple(planned.assets[at] for at in nearest.tolist())
        headings = np.where(np.isnan(headings), planned.headings_deg[nearest], headings)
        heights = np.where(np.isnan(heights), planned.heights_m[nearest], heights)
    if gimbal is not None and len(gimbal[0]) and len(events):
        times = np.asarray([one.utc_us for one in events], dtype=np.float64)
        after = np.searchsorted(gimbal[0], times).clip(1, max(1, len(gimbal[0]) - 1))
        near = np.minimum(
            np.abs(gimbal[0][after - 1] - times), np.abs(gimbal[0][after % len(gimbal[0])] - times)
        )
        pitches = np.where(near <= _GIMBAL_US, np.interp(times, *gimbal), pitches)
    headings = np.where(np.isnan(headings), 0.0, headings)
    usable = np.isfinite(heights)
    kept = tuple(one for one, use in zip(assets, usable.tolist(), strict=True) if use)
    return Photos(lats[usable], lons[usable], heights[usable], headings[usable], pitches[usable], kept)


def _height_m(event: CameraEvent, view: SeriesView) -> float:
    if math.isfinite(event.home_m):
        return event.home_m
    return track_event_at(view, event.utc_us).home_m


def _gimbal(log: Log, view: SeriesView) -> tuple[Floats, Floats] | None:
    rows = log.table("MOUNT_ORIENTATION")
    if rows is None or "pitch" not in rows:
        return None
    times_us, pitches_deg = (rows.times_us + view.shift_us).astype(np.float64), rows["pitch"]
    known = np.isfinite(pitches_deg)
    order = np.argsort(times_us[known], kind="stable")
    return times_us[known][order], pitches_deg[known][order]


def _nearest(
    planned: Photos, lats_deg: Floats, lons_deg: Floats, heights_m: Floats, headings_deg: Floats
) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return for each photo the number of the planned photo nearest in place and heading."""
    plane = LocalPlane(float(lats_deg[0]), float(lons_deg[0]))
    north, east = plane.north_east_m(lats_deg, lons_deg)
    planned_north, planned_east = plane.north_east_m(planned.lats_deg, planned.lons_deg)
    if len(planned) == len(lats_deg):
        # Each planned photo was taken: they are in the same order, also where two are near each other.
        off = np.hypot(np.hypot(north - planned_north, east - planned_east), heights_m - planned.heights_m)
        if (off < _SAME_PHOTO_M).all():
            return np.arange(len(planned), dtype=np.intp)
    found = np.zeros(len(lats_deg), dtype=np.intp)
    step = max(1, _GROUP // len(planned))
    for begin in range(0, len(lats_deg), step):
        part = slice(begin, begin + step)
        turned = np.abs(wrap_180_deg(headings_deg[part, None] - planned.headings_deg)) * _METRES_A_DEGREE
        off = (north[part, None] - planned_north) ** 2 + (east[part, None] - planned_east) ** 2
        off += np.nan_to_num(heights_m[part, None] - planned.heights_m) ** 2 + np.nan_to_num(turned) ** 2
        found[part] = off.argmin(axis=1)
    return found
