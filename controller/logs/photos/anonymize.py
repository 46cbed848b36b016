"""Anonymized copies of photos: built from a list of allowed metadata fields, then read back.

Level `position` removes GPS, maker notes, XMP, IPTC and data after the picture, all of which may hold a position.
Level `identity` also removes serial numbers, names, descriptions and comments. The rest is a list of known
technical fields, so an unknown field is removed. Previews in EXIF and after the picture are removed too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from controller.errors import UserError, VerificationFailed
from controller.logs.photos import exif_tags as tags
from controller.logs.photos.jpeg import (
    APP0,
    APP1,
    APP2,
    APP14,
    EXIF,
    Jpeg,
    PhotoError,
    Segment,
    picture_end,
    read_jpeg,
)
from controller.logs.photos.tiff import Directory, Tiff, build_exif, read_tiff
from controller.logs.record.append_file import write_atomically

Level = Literal["position", "identity"]
LEVELS: tuple[Level, ...] = get_args(Level)
_ICC = b"ICC_PROFILE\0"
_FIRST_APP, _LAST_APP, _COMMENT = 0xE0, 0xEF, 0xFE


def anonymized_photo(photo: Jpeg, level: Level) -> Jpeg:
    """Return the same picture with the allowed metadata. A damaged EXIF block is removed as a whole.

    Raises PhotoError if the picture has no end.
    """
    segments: list[Segment] = []
    for segment in photo.segments:
        if segment.begins(APP1, EXIF):
            block = _exif(segment.payload[len(EXIF) :], level)
            if block and not any(other.begins(APP1, EXIF) for other in segments):
                segments.append(Segment(APP1, EXIF + block))
        elif _is_allowed(segment):
            segments.append(segment)
    return Jpeg(tuple(segments), photo.scans[: picture_end(photo.scans)])


def _is_allowed(segment: Segment) -> bool:
    if segment.marker == _COMMENT:
        return False
    if not _FIRST_APP <= segment.marker <= _LAST_APP:
        return True
    # The JFIF extension (JFXX) holds a preview of unknown origin, so it is not on the list.
    return segment.begins(APP0, b"JFIF\0") or segment.begins(APP2, _ICC) or segment.begins(APP14, b"Adobe")


def _kept(tiff: Tiff, level: Level) -> tuple[Directory, Directory]:
    zeroth, exif = set(tags.TECHNICAL_0), set(tags.TECHNICAL_EXIF)
    if level == "position":
        # Description and comment are free text, which may name a place.
        zeroth |= tags.IDENTITY_0 - {tags.DESCRIPTION}
        exif |= tags.IDENTITY_EXIF - {tags.USER_COMMENT}
    return (
        {tag: field for tag, field in tiff.zeroth.items() if tag in zeroth},
        {tag: field for tag, field in tiff.exif.items() if tag in exif},
    )


def _exif(block: bytes, level: Level) -> bytes:
    try:
        tiff = read_tiff(block)
    except PhotoError:
        return b""
    zeroth, exif = _kept(tiff, level)
    return build_exif(tiff.order, zeroth, exif)


def anonymize_photo(source: Path, target: Path, level: Level) -> None:
    """Write the anonymized copy and read it back. Raises PhotoError, UserError and VerificationFailed."""
    if target.resolve() == source.resolve() or target.exists():
        raise UserError(
            "cannot write the copy: the file exists",
            where=str(target),
            hint="choose an empty folder with --out",
        )
    try:
        photo = read_jpeg(source.read_bytes())
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, anonymized_photo(photo, level).raw)
        again = read_jpeg(target.read_bytes())
    except OSError as error:
        raise UserError(f"{error.strerror or error}", where=str(source)) from None
    if (
        again.scans != photo.scans[: len(again.scans)]
        or anonymized_photo(again, level) != again
        or _has_position(again)
    ):
        target.unlink()
        raise VerificationFailed(
            "cannot anonymize the photo: the copy still had metadata to remove",
            where=str(target),
            hint="do not publish this photo",
        )


def _has_position(photo: Jpeg) -> bool:
    """Return whether a position or a maker note can still be read."""
    block = photo.payload(EXIF)
    tiff = read_tiff(block) if block is not None else None
    return tiff is not None and bool(
        tiff.gps or tags.GPS_POINTER in tiff.zeroth or tags.MAKER_NOTE in tiff.exif
    )
