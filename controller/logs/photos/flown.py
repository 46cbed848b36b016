"""Photos of a flight as its coverage takes them: places and attitudes of the record, or of a folder of photos.

Heading and pitch are those of the camera where the gimbal reported them. Else the heading is the aircraft's at the
photo, and the pitch that of the nearest planned photo, else straight down: a gimbal holds the camera level.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from controller.geo import LocalPlane, wrap_180_deg
from controller.logs.formats.base import Log
from controller.logs.photos.camera_attitude import camera_attitude_in, with_camera
from controller.logs.photos.camera_events import (
    CameraEvent,
    camera_events_in,
    chosen_camera_events,
    track_event_at,
)
from controller.logs.series.view import SeriesView
from controller.missions.route.photos import DOWN_DEG, Floats, Photos

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
    return photos_of_events(with_camera(known, camera_attitude_in(log, view)), view, planned), source


def photos_of_events(events: Sequence[CameraEvent], view: SeriesView, planned: Photos | None) -> Photos:
    """Return photos from camera events with a position. What a photo lacks is that of the nearest planned one."""
    lats, lons = (np.asarray([getattr(one, name) for one in events]) for name in ("lat_deg", "lon_deg"))
    heights = np.asarray([_height_m(one, view) for one in events], dtype=np.float64)
    yaws = np.asarray([(one.camera_yaw_rad, one.yaw_rad) for one in events], dtype=np.float64).reshape(-1, 2)
    headings = np.degrees(np.where(np.isfinite(yaws[:, 0]), yaws[:, 0], yaws[:, 1])) % 360.0
    pitches = np.full(len(events), DOWN_DEG)
    assets: tuple[str, ...] = ("",) * len(events)
    if planned is not None and len(planned) and len(events):
        nearest = _nearest(planned, lats, lons, heights, headings)
        pitches = planned.pitches_deg[nearest]
        assets = tuple(planned.assets[at] for at in nearest.tolist())
        headings = np.where(np.isnan(headings), planned.headings_deg[nearest], headings)
        heights = np.where(np.isnan(heights), planned.heights_m[nearest], heights)
    looked = np.degrees(np.asarray([one.camera_pitch_rad for one in events], dtype=np.float64))
    pitches = np.where(np.isfinite(looked), looked, pitches)
    headings = np.where(np.isnan(headings), 0.0, headings)
    usable = np.isfinite(heights)
    kept = tuple(one for one, use in zip(assets, usable.tolist(), strict=True) if use)
    return Photos(lats[usable], lons[usable], heights[usable], headings[usable], pitches[usable], kept)


def _height_m(event: CameraEvent, view: SeriesView) -> float:
    if math.isfinite(event.home_m):
        return event.home_m
    return track_event_at(view, event.utc_us).home_m


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
