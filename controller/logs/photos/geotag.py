"""A folder of photos and a flight: which was taken where, and that written into copies or into files beside them.

An original is only ever read. A copy appears whole or not at all, is read back before the next is begun, and
replaces nothing but an earlier copy of the same picture, so stopping at any moment costs nothing but the rest of
the work.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from controller.errors import UserError, VerificationFailed
from controller.geo import near_distance_m
from controller.logs.photos.camera_events import (
    CameraEvent,
    camera_events_in,
    chosen_camera_events,
    track_event_at,
)
from controller.logs.photos.jpeg import EXIF, Jpeg, PhotoError, read_jpeg
from controller.logs.photos.match import Confidence, match_photos
from controller.logs.photos.place import placed, position_of, taken_s, xmp_packet
from controller.logs.photos.tiff import read_tiff
from controller.logs.record.append_file import write_atomically
from controller.logs.series.read import series_in_chunks
from controller.logs.series.view import SeriesView, joined

ENDINGS = (".jpg", ".jpeg")
# Time zones are multiples of a quarter of an hour.
_ZONE_S = 900
_ZONES = range(-14 * 4, 14 * 4 + 1)
_SAME_M = 0.02
_NEEDED = ("position", "attitude", "mode")


@dataclass(frozen=True)
class Plan:
    """What belongs together. `source` is the message the pictures come from, or `track` where time alone decides;
    `left` are photos without a place, each with the reason, `unseen` pictures of the log without a photo.
    """

    source: str
    offset_s: float
    confidence: Confidence
    residual_s: float
    placed: dict[Path, CameraEvent]
    left: dict[Path, str]
    unseen: int


@dataclass
class Written:
    """What became of a plan: files written, and notes by photo."""

    files: list[Path] = field(default_factory=list)
    notes: dict[Path, str] = field(default_factory=dict)


def plan(
    log: Path, photos: Path, *, offset_s: float | None = None, by: Literal["auto", "trigger", "time"] = "auto"
) -> Plan:
    """Find a place for each photo.

    `offset_s` is added to the camera's times to give UTC. Raises UserError where nothing fits.
    """
    taken, left = _times(photos)
    told, view = _told(log)
    source, shots = chosen_camera_events(told, view) if by != "time" else ("", [])
    if by == "trigger" and not shots:
        raise UserError(
            "no message about a picture is in it", where=str(log), hint="--by time uses the track"
        )
    order = sorted(taken, key=lambda path: (taken[path][0], path.name))
    if not shots:
        return _by_time(log, view, order, taken, left, offset_s)
    found = match_photos(
        [taken[path][0] for path in order], [shot.utc_us / 1e6 for shot in shots], offset_s=offset_s
    )
    located = {order[i]: shots[j] for i, j in found.pairs}
    return _plan(source, found.offset_s, found.confidence, found.residual_s, located, order, left, len(shots))


def _told(log: Path) -> tuple[dict[str, list[CameraEvent]], SeriesView]:
    """The pictures that a log of any size tells of, by message, and its track, attitude and modes."""
    told: dict[str, list[CameraEvent]] = {}
    views = []
    for read, view in series_in_chunks(log):
        for name, shots in camera_events_in(read, view.shift_us).items():
            told.setdefault(name, []).extend(shots)
        needed = {name: view.channels[name] for name in _NEEDED if name in view.channels}
        views.append(replace(view, channels=needed))
    return told, joined(views)


def _plan(
    source: str,
    offset_s: float,
    confidence: Confidence,
    residual_s: float,
    located: dict[Path, CameraEvent],
    order: list[Path],
    left: dict[Path, str],
    shots: int,
) -> Plan:
    known = {
        path: shot
        for path, shot in located.items()
        if math.isfinite(shot.lat_deg) and math.isfinite(shot.lon_deg)
    }
    for path in order:
        if path not in known:
            left[path] = (
                "the log has no position at that time"
                if path in located
                else "no picture of the log at that time"
            )
    return Plan(source, offset_s, confidence, residual_s, known, left, max(0, shots - len(located)))


def _times(folder: Path) -> tuple[dict[Path, tuple[float, float | None]], dict[Path, str]]:
    if not folder.is_dir():
        raise UserError("it is no folder of photos", where=str(folder))
    taken, left = {}, {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in ENDINGS or not path.is_file():
            continue
        try:
            exif = read_photo(path).payload(EXIF)
            if exif is None:
                raise PhotoError("it has no EXIF data, so it does not say when it was taken")
            taken[path] = taken_s(read_tiff(exif))
        except PhotoError as error:
            left[path] = error.what
    if not taken:
        raise UserError(
            "no photo in it says when it was taken",
            where=str(folder),
            hint="JPEG files with EXIF data are read",
        )
    return taken, left


def read_photo(path: Path) -> Jpeg:
    """Raises PhotoError where it cannot be read or is no JPEG."""
    try:
        return read_jpeg(path.read_bytes())
    except OSError as error:
        raise PhotoError(error.strerror or str(error), where=str(path)) from None


def _by_time(
    log: Path,
    view: SeriesView,
    order: list[Path],
    taken: dict[Path, tuple[float, float | None]],
    left: dict[Path, str],
    offset_s: float | None,
) -> Plan:
    """Without messages about pictures:

    the camera's word on its zone, or the only zone in which all photos fall into the flight.
    """
    track = view.channels.get("position")
    if view.clock != "utc" or track is None:
        raise UserError("it has no track with the time of day", where=str(log))
    confidence: Confidence = "high"
    if offset_s is None:
        told = {zone for _, zone in taken.values()}
        if len(told) == 1 and None not in told:
            offset_s, confidence = told.pop(), "medium"
        else:
            flown = track.times_us[view.armed(track.times_us)]
            begin_s, end_s = float(flown[0]) / 1e6, float(flown[-1]) / 1e6
            first_s, last_s = taken[order[0]][0], taken[order[-1]][0]
            fits = [
                z * _ZONE_S
                for z in _ZONES
                if first_s + z * _ZONE_S >= begin_s - 1 and last_s + z * _ZONE_S <= end_s + 1
            ]
            if len(fits) != 1:
                raise UserError(
                    "the camera's clock cannot be told from the flight's times",
                    where=str(order[0]),
                    hint="--offset SECONDS: what has to be added to the camera's time to give UTC",
                )
            offset_s, confidence = float(fits[0]), "low"
    assert offset_s is not None
    located = {path: track_event_at(view, round((taken[path][0] + offset_s) * 1e6)) for path in order}
    return _plan("track", offset_s, confidence, 0.0, located, order, left, 0)


def write_copies(found: Plan, target: Path) -> Written:
    """Copies with the position in EXIF and XMP below `target`.

    Raises UserError where that would touch an original.
    """
    done = Written()
    for path, shot in found.placed.items():
        copy = target / path.name
        if target.resolve() == path.parent.resolve():
            raise UserError(
                "the copies would replace the photos",
                where=str(target),
                hint="choose another folder with --out",
            )
        try:
            photo = read_photo(path)
            tagged, note = placed(photo, shot)
            data = tagged.raw
        except PhotoError as error:
            done.notes[path] = f"not written: {error.what}"
            continue
        if copy.exists() and read_photo(copy).scans != photo.scans:
            raise UserError(
                "another picture has that name", where=str(copy), hint="choose an empty folder with --out"
            )
        _write(copy, data)
        _check(copy, photo, shot)
        done.files.append(copy)
        if note:
            done.notes[path] = note
    return done


def write_sidecars(found: Plan) -> Written:
    """`NAME.xmp` beside each photo; one that is there already and says something else stays."""
    done = Written()
    for path, shot in found.placed.items():
        beside = path.with_suffix(".xmp")
        packet = xmp_packet(shot)
        if beside.exists() and beside.read_bytes() != packet:
            done.notes[path] = f"{beside.name} is there already and stays"
            continue
        _write(beside, packet)
        done.files.append(beside)
    return done


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, data)
    except OSError as error:
        raise UserError(f"it cannot be written: {error.strerror or error}", where=str(path)) from None


def _check(copy: Path, photo: Jpeg, shot: CameraEvent) -> None:
    """Read back: the same picture, with the position."""
    again = read_photo(copy)
    exif = again.payload(EXIF)
    there = position_of(read_tiff(exif)) if exif is not None else None
    same = there is not None and near_distance_m(there[0], there[1], shot.lat_deg, shot.lon_deg) < _SAME_M
    if again.scans != photo.scans or not same:
        raise VerificationFailed(
            "the copy does not read back as written", where=str(copy), hint="is the disk sound?"
        )
