"""Geotagging: finds the position of each photo of a folder in a flight's log.

Writes the positions into copies or sidecar files. Originals are only read. Each copy is written whole or not at
all, read back before the next one, and replaces only an earlier copy of the same picture. So the work can be
stopped at any moment.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from controller.errors import UserError, VerificationFailed
from controller.geo import near_distance_m
from controller.logs.photos.camera_attitude import (
    CameraAttitude,
    camera_attitude_in,
    joined_attitude,
    with_camera,
)
from controller.logs.photos.camera_events import (
    CameraEvent,
    camera_events_in,
    chosen_camera_events,
    track_event_at,
)
from controller.logs.photos.jpeg import EXIF, Jpeg, PhotoError, read_jpeg
from controller.logs.photos.match import Confidence, match_photos
from controller.logs.photos.position_tags import capture_time_s, position_of, with_position, xmp_packet
from controller.logs.photos.tiff import read_tiff
from controller.logs.record.append_file import write_atomically
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import SeriesView, joined

ENDINGS = (".jpg", ".jpeg")
# Time zone offsets are multiples of a quarter of an hour.
_ZONE_S = 900
_ZONES = range(-14 * 4, 14 * 4 + 1)
_SAME_M = 0.02
_NEEDED = ("position", "attitude", "mode")


@dataclass(frozen=True)
class GeotagPlan:
    """Positions found for the photos.

    `source` is the message of the camera events, or `track` if the positions come from times alone. `unplaced` are
    photos without a position, each with the reason; `unmatched_events` is the number of camera events without a
    photo.
    """

    source: str
    offset_s: float
    confidence: Confidence
    residual_s: float
    placed: dict[Path, CameraEvent]
    unplaced: dict[Path, str]
    unmatched_events: int


@dataclass
class GeotagResult:
    """Files written, and notes by photo."""

    files: list[Path] = field(default_factory=list)
    notes: dict[Path, str] = field(default_factory=dict)


def plan_geotags(
    log: Path,
    photos: Path,
    *,
    offset_s: float | None = None,
    by: Literal["auto", "trigger", "time"] = "auto",
    system: int | None = None,
) -> GeotagPlan:
    """Find the position of each photo. `offset_s` is added to the camera's times to give UTC; `system` as for
    `open_log`.

    Raises UserError if no position can be found.
    """
    captured, unplaced = _times(photos)
    by_message, view, attitude = _read_events(log, system)
    source, events = chosen_camera_events(by_message, view) if by != "time" else ("", [])
    events = with_camera(events, attitude)
    if by == "trigger" and not events:
        raise UserError(
            "cannot match: the log has no camera messages", where=str(log), hint="use --by time for the track"
        )
    order = sorted(captured, key=lambda path: (captured[path][0], path.name))
    if not events:
        found_by_time = _by_time(log, view, order, captured, unplaced, offset_s)
        placed = found_by_time.placed
        looking = with_camera(list(placed.values()), attitude)
        return replace(found_by_time, placed=dict(zip(placed, looking, strict=True)))
    found = match_photos(
        [captured[path][0] for path in order], [event.utc_us / 1e6 for event in events], offset_s=offset_s
    )
    located = {order[i]: events[j] for i, j in found.pairs}
    return _make_plan(
        source, found.offset_s, found.confidence, found.residual_s, located, order, unplaced, len(events)
    )


def _read_events(
    log: Path, system: int | None
) -> tuple[dict[str, list[CameraEvent]], SeriesView, CameraAttitude | None]:
    """Return the camera events of a log of any size, by message, its track, attitude and modes, and the camera's
    attitude."""
    by_message: dict[str, list[CameraEvent]] = {}
    views, attitudes = [], []
    for read, view in series_in_chunks(log, system=system):
        for name, events in camera_events_in(read, view.shift_us).items():
            by_message.setdefault(name, []).extend(events)
        if (attitude := camera_attitude_in(read, view)) is not None:
            attitudes.append(attitude)
        needed = {name: view.channels[name] for name in _NEEDED if name in view.channels}
        views.append(replace(view, channels=needed))
    return by_message, joined(views), joined_attitude(attitudes)


def _make_plan(
    source: str,
    offset_s: float,
    confidence: Confidence,
    residual_s: float,
    located: dict[Path, CameraEvent],
    order: list[Path],
    unplaced: dict[Path, str],
    events: int,
) -> GeotagPlan:
    known = {
        path: event
        for path, event in located.items()
        if math.isfinite(event.lat_deg) and math.isfinite(event.lon_deg)
    }
    for path in order:
        if path not in known:
            unplaced[path] = (
                "the log has no position at that time" if path in located else "no camera event at that time"
            )
    return GeotagPlan(
        source, offset_s, confidence, residual_s, known, unplaced, max(0, events - len(located))
    )


def _times(folder: Path) -> tuple[dict[Path, tuple[float, float | None]], dict[Path, str]]:
    if not folder.is_dir():
        raise UserError("cannot read photos: not a folder", where=str(folder))
    captured, unplaced = {}, {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        try:
            exif = read_photo(path).payload(EXIF)
            if exif is None:
                raise PhotoError("no EXIF data, so no time of capture")
            captured[path] = capture_time_s(read_tiff(exif))
        except PhotoError as error:
            unplaced[path] = error.what
    if not captured and not unplaced:
        raise UserError(
            "cannot match: no JPEG photos in this folder", where=str(folder), hint="check the path"
        )
    if not captured:
        raise UserError(
            "cannot match: no photo has a time of capture",
            where=str(folder),
            hint="use JPEG files with EXIF data",
        )
    return captured, unplaced


def read_photo(path: Path) -> Jpeg:
    """Read a photo. Raises PhotoError if it cannot be read or is not a JPEG."""
    try:
        return read_jpeg(path.read_bytes())
    except OSError as error:
        raise PhotoError(error.strerror or str(error), where=str(path)) from None


def _by_time(
    log: Path,
    view: SeriesView,
    order: list[Path],
    captured: dict[Path, tuple[float, float | None]],
    unplaced: dict[Path, str],
    offset_s: float | None,
) -> GeotagPlan:
    """Place photos by time alone, for a log without camera messages.

    The offset comes from the time zone in the photos, or is the only time zone in which all photos are within the
    flight.
    """
    track = view.channels.get("position")
    if view.clock != "utc" or track is None:
        raise UserError("cannot match: the log has no track with the time of day", where=str(log))
    confidence: Confidence = "high"
    if offset_s is None:
        zones_s = {zone for _, zone in captured.values()}
        if len(zones_s) == 1 and None not in zones_s:
            offset_s, confidence = zones_s.pop(), "medium"
        else:
            flown = track.times_us[view.armed(track.times_us)]
            begin_s, end_s = float(flown[0]) / 1e6, float(flown[-1]) / 1e6
            first_s, last_s = captured[order[0]][0], captured[order[-1]][0]
            fits = [
                z * _ZONE_S
                for z in _ZONES
                if first_s + z * _ZONE_S >= begin_s - 1 and last_s + z * _ZONE_S <= end_s + 1
            ]
            if len(fits) != 1:
                raise UserError(
                    "cannot find the offset of the camera's clock from the times of the flight",
                    where=str(order[0]),
                    hint="give it with --offset: seconds to add to the camera's time to get UTC",
                )
            offset_s, confidence = float(fits[0]), "low"
    assert offset_s is not None
    located = {path: track_event_at(view, round((captured[path][0] + offset_s) * 1e6)) for path in order}
    return _make_plan("track", offset_s, confidence, 0.0, located, order, unplaced, 0)


def write_copies(found: GeotagPlan, target: Path) -> GeotagResult:
    """Write copies with the position in EXIF and XMP to `target`.

    Raises UserError if that would change an original.
    """
    result = GeotagResult()
    for path, event in found.placed.items():
        copy = target / path.name
        if target.resolve() == path.parent.resolve():
            raise UserError(
                "cannot write: the copies would replace the photos",
                where=str(target),
                hint="choose another folder with --out",
            )
        try:
            photo = read_photo(path)
            tagged, note = with_position(photo, event)
            data = tagged.raw
        except PhotoError as error:
            result.notes[path] = f"not written: {error.what}"
            continue
        if copy.exists() and read_photo(copy).scans != photo.scans:
            raise UserError(
                "cannot write: another picture has that name",
                where=str(copy),
                hint="choose an empty folder with --out",
            )
        _write(copy, data)
        _check(copy, photo, event)
        result.files.append(copy)
        if note:
            result.notes[path] = note
    return result


def write_sidecars(found: GeotagPlan) -> GeotagResult:
    """Write `NAME.xmp` beside each photo; an existing file with other content is not changed."""
    result = GeotagResult()
    for path, event in found.placed.items():
        sidecar = path.with_suffix(".xmp")
        packet = xmp_packet(event)
        if sidecar.exists() and sidecar.read_bytes() != packet:
            result.notes[path] = f"{sidecar.name} exists and was not changed"
            continue
        _write(sidecar, packet)
        result.files.append(sidecar)
    return result


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise UserError(
            f"cannot write: {error.strerror or error}",
            where=str(path),
            hint="check the folder and the free space",
        ) from None


def _check(copy: Path, photo: Jpeg, event: CameraEvent) -> None:
    """Read the copy back: it must be the same picture, with the position."""
    again = read_photo(copy)
    exif = again.payload(EXIF)
    written = position_of(read_tiff(exif)) if exif is not None else None
    same = (
        written is not None
        and near_distance_m(written[0], written[1], event.lat_deg, event.lon_deg) < _SAME_M
    )
    if again.scans != photo.scans or not same:
        raise VerificationFailed(
            "cannot verify the copy: it reads back differently", where=str(copy), hint="check the disk"
        )
