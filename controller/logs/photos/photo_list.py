"""Signed list of a flight's photos: what each is of, where it was taken, and the SHA-256 of its file.

`photos.json` is canonical JSON in the flight's folder, added to the signed record as other later files are. It proves
that a photo is the one that was listed; the photos themselves stay where they are.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import UserError, VerificationFailed
from controller.logs.flights import store
from controller.logs.photos.folder import FolderPhotos
from controller.logs.record.additions import digest_of, sign_additions
from controller.logs.record.append_file import write_atomically
from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import recorded_flight_name

_VERSION = 1


@dataclass(frozen=True, slots=True)
class ListedPhoto:
    """One photo of the list."""

    file: str
    length: int
    sha256: str
    asset: str


def write_photo_list(flight: Path, found: FolderPhotos) -> Path:
    """Write and sign the list of a flight's photos. Raises UserError where it cannot be signed; then none is left."""
    path = flight / store.PHOTOS
    rows = [_row(file, found, at) for at, file in enumerate(found.files)]
    fields = {
        "kind": "photos",
        "version": _VERSION,
        "flight": recorded_flight_name(flight),
        "photos": rows,
    }
    before = path.read_bytes() if path.is_file() else None
    write_atomically(path, canonical(fields) + b"\n")
    if not sign_additions(flight, [path.name]):
        if before is None:
            path.unlink()
        else:
            write_atomically(path, before)
        raise UserError(
            "cannot sign the list of photos: the flight has no signed record, or this machine no key that opens",
            where=str(flight),
            hint="record flights with Landline, and run this where they were recorded",
        )
    return path


def read_photo_list(flight: Path) -> list[ListedPhoto]:
    """Return the photos of a flight's list; empty without one. Raises VerificationFailed for a damaged list."""
    path = flight / store.PHOTOS
    if not path.is_file():
        return []
    try:
        fields: Any = json.loads(path.read_bytes())
        if fields["kind"] != "photos" or fields["version"] != _VERSION:
            raise ValueError
        found = [
            ListedPhoto(str(row["file"]), int(row["length"]), str(row["sha256"]), str(row["asset"]))
            for row in fields["photos"]
        ]
        if any(Path(one.file).name != one.file for one in found):
            raise ValueError
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        raise VerificationFailed("the list of photos is no list of photos", where=str(path)) from None
    return found


def check_photos(flight: Path, folder: Path) -> int:
    """Compare a folder of photos with the flight's list; return how many photos are listed.

    Raises VerificationFailed for the first photo that was changed or is missing, and for a flight without a list.
    """
    listed = read_photo_list(flight)
    if not listed:
        raise VerificationFailed(
            "the flight has no list of photos",
            where=str(flight),
            hint="landline logs coverage FLIGHT --photos FOLDER --evidence makes it",
        )
    for one in listed:
        path = folder / one.file
        try:
            same = digest_of(path) == (one.length, one.sha256)
        except OSError as error:
            raise VerificationFailed(
                f"cannot read a photo of the list: {error.strerror or error}", where=str(path)
            ) from None
        if not same:
            raise VerificationFailed("the photo was changed after it was listed", where=str(path))
    return len(listed)


def _row(file: Path, found: FolderPhotos, at: int) -> dict[str, Any]:
    length, digest = digest_of(file)
    photos = found.photos
    return {
        "file": file.name,
        "length": length,
        "sha256": digest,
        "asset": photos.assets[at],
        "lat_deg": _number(photos.lats_deg[at], 7),
        "lon_deg": _number(photos.lons_deg[at], 7),
        "height_m": _number(photos.heights_m[at], 2),
        "heading_deg": _number(photos.headings_deg[at], 1),
        "pitch_deg": _number(photos.pitches_deg[at], 1),
    }


def _number(value: float, digits: int) -> float | None:
    return round(float(value), digits) if math.isfinite(value) else None
