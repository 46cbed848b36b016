"""Photos of a folder as the coverage of a flight takes them: their own places, or those of the flight's log."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from controller.errors import UserError
from controller.logs.photos.camera_events import CameraEvent
from controller.logs.photos.flown import photos_of_events
from controller.logs.photos.geotag import ENDINGS, plan_geotags
from controller.logs.photos.own_pose import PhotoPose, usable_pose
from controller.logs.series.view import SeriesView
from controller.missions.route.photos import Photos


@dataclass(frozen=True, slots=True, eq=False)
class FolderPhotos:
    """Files of a folder that have a place, each with its photo in the same order, and those that have none."""

    files: tuple[Path, ...]
    photos: Photos
    unplaced: dict[Path, str]


def photos_of_folder(folder: Path, log: Path, view: SeriesView, planned: Photos | None) -> FolderPhotos:
    """Return the photos of a folder in order of their names.

    Photos without a place of their own get that of the log's camera event or track at their time. Raises UserError
    where the folder has no photos, or none that can be placed.
    """
    if not folder.is_dir():
        raise UserError("cannot read photos: not a folder", where=str(folder), hint="check the path")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
    if not files:
        raise UserError("cannot read photos: no JPEG photos in this folder", where=str(folder))
    poses = {path: usable_pose(path) for path in files}
    events = {path: _event(pose, view) for path, pose in poses.items() if pose.known}
    unplaced: dict[Path, str] = {}
    if len(events) < len(files):
        located = plan_geotags(log, folder)
        events |= {path: event for path, event in located.placed.items() if path not in events}
        unplaced = {path: located.unplaced.get(path, "no position") for path in files if path not in events}
    placed = [path for path in files if path in events]
    photos = photos_of_events([events[path] for path in placed], view, planned)
    if len(photos) < len(placed):
        raise UserError(
            "cannot use the photos: one has no height, and the log has none at its time",
            where=str(folder),
            hint="geotag them: landline logs geotag",
        )
    pitches = np.asarray([poses[path].pitch_deg for path in placed])
    pitches = np.where(np.isfinite(pitches), pitches, photos.pitches_deg)
    whole = Photos(
        photos.lats_deg, photos.lons_deg, photos.heights_m, photos.headings_deg, pitches, photos.assets
    )
    return FolderPhotos(tuple(placed), whole, unplaced)


def _event(pose: PhotoPose, view: SeriesView) -> CameraEvent:
    home_m = pose.home_m
    track = view.channels.get("position")
    if math.isnan(home_m) and track is not None:
        home_m = pose.msl_m - _home_msl_m(track["msl_m"], track["home_m"])
    heading_rad = math.radians(pose.heading_deg)
    return CameraEvent(0, pose.lat_deg, pose.lon_deg, pose.msl_m, home_m, yaw_rad=heading_rad)


def _home_msl_m(msl_m: np.ndarray, home_m: np.ndarray) -> float:
    """Return the height of home above sea level, m: the median of what the track says; NaN where it does not."""
    off = msl_m - home_m
    known = off[np.isfinite(off)]
    return float(np.median(known)) if len(known) else math.nan
