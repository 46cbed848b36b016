"""Photos of a folder at their places: from the photo's own EXIF position, else by the flight's log."""

from __future__ import annotations

import math
from io import BytesIO
from pathlib import Path
from typing import Any

from controller.errors import UserError
from controller.logs.photos.geotag import ENDINGS, GeotagPlan, plan_geotags, read_photo
from controller.logs.photos.jpeg import EXIF, PhotoError
from controller.logs.photos.position_tags import capture_time_s, position_of
from controller.logs.photos.tiff import read_tiff
from controller.web.flights.jobs.source import Source

THUMBNAIL_PX = 240
_MOST_PHOTOS = 5000
_MOST_BYTES = 200_000_000
# A picture with more pixels is no photo of a camera; decoding it would take the memory.
_MOST_PIXELS = 400_000_000


def photos_of(source: Source, folder: Path, first_us: int, offset_s: float | None = None) -> dict[str, Any]:
    """Return the photos of a folder: file, place (degrees) and time, and the reasons for those without a place.

    Raises UserError for a folder without photos.
    """
    if not folder.is_dir():
        raise UserError(
            "cannot read photos: not a folder", where=str(folder)[:200], hint="give its whole path"
        )
    names = sorted(path for path in folder.iterdir() if path.suffix.lower() in ENDINGS and path.is_file())
    if not names:
        raise UserError(
            "cannot read photos: no JPEG files in this folder", where=str(folder), hint="check the path"
        )
    plan, why_not = _plan(source, folder, offset_s)
    listed, without = [], []
    for number, path in enumerate(names[:_MOST_PHOTOS]):
        event = plan.placed.get(path) if plan else None
        own = _own_place(path)
        if event is not None:
            lat_deg, lon_deg, msl_m, by = event.lat_deg, event.lon_deg, event.msl_m, "log"
            at_s: float | None = (event.utc_us - first_us) / 1e6
        elif own is not None:
            (lat_deg, lon_deg, msl_m), by, at_s = own[0], "photo", own[1]
            at_s = None if at_s is None else at_s - first_us / 1e6
        else:
            why = plan.unplaced.get(path, "") if plan else why_not
            without.append({"number": number, "name": path.name, "why": why})
            continue
        known_m = msl_m if math.isfinite(msl_m) else None
        place = {"lat_deg": lat_deg, "lon_deg": lon_deg, "msl_m": known_m, "t_s": at_s, "by": by}
        listed.append({"number": number, "name": path.name, **place})
    return {
        "folder": str(folder),
        "photos": listed,
        "without": without,
        "left_out": max(0, len(names) - _MOST_PHOTOS),
        "source": plan.source if plan else "",
        "offset_s": plan.offset_s if plan else None,
        "confidence": plan.confidence if plan else "",
        "note": why_not,
    }


def _plan(source: Source, folder: Path, offset_s: float | None) -> tuple[GeotagPlan | None, str]:
    try:
        return plan_geotags(source.log, folder, offset_s=offset_s), ""
    except UserError as error:
        return None, error.what


def _own_place(path: Path) -> tuple[tuple[float, float, float], float | None] | None:
    """Position in the photo, and its time in seconds since 1970 where the photo names its time zone."""
    try:
        exif = read_photo(path).payload(EXIF)
        tiff = read_tiff(exif) if exif is not None else None
        place = position_of(tiff) if tiff is not None else None
        if tiff is None or place is None:
            return None
    except PhotoError:
        return None
    try:
        captured_s, zone_s = capture_time_s(tiff)
    except PhotoError:
        return place, None
    return place, None if zone_s is None else captured_s + zone_s


def thumbnail(path: Path, edge_px: int = THUMBNAIL_PX) -> bytes:
    """Return a small JPEG of a photo, upright, without its metadata. Raises UserError."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise UserError("cannot show the photo: the file is too large", where=str(path))
        with Image.open(path, formats=("JPEG",)) as image:
            # The decoder reads it smaller already: a photo of 50 megapixels takes as long as one of two.
            image.draft("RGB", (edge_px * 2, edge_px * 2))
            small = ImageOps.exif_transpose(image)
            small.thumbnail((edge_px, edge_px))
            made = BytesIO()
            small.convert("RGB").save(made, "JPEG", quality=80)
    except UserError:
        raise
    except Exception as error:  # a damaged file may fail anywhere in the decoder
        raise UserError(f"cannot show the photo: {error}", where=str(path)) from None
    return made.getvalue()
