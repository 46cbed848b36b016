"""Files that are given for a mission by mistake: recognised by their first bytes, for the hint of the error."""

from __future__ import annotations

import re

from controller.missions.errors import PlanError

_HEAD_BYTES = 65_536
_LOG_HINT = "it holds a flight, no plan: landline logs reads it"
_AREA_HINT = "it holds an area or a line: landline mission plan survey or corridor takes it"
_RASTER_HINT = "a terrain model is given with --terrain, beside the mission"
_TEXT_LOG_HINT = "give the mission file; landline logs reads the .bin file that the log was made from"
# Beginnings of flight logs: their names and the hint. A telemetry log has a time (8 bytes, since 1970 in microseconds)
# before each MAVLink frame.
_SIGNATURES = (
    (re.compile(rb"(?m)^FMT, ?\d+, ?\d+, ?\w+,"), "the text of a DataFlash log", _TEXT_LOG_HINT),
    (re.compile(rb"\A\xa3\x95\x80"), "a DataFlash log", _LOG_HINT),
    (re.compile(rb"\AULog\x01\x12\x35"), "a ULog file", _LOG_HINT),
    (re.compile(rb"\A\x00\x00\x27\x0a\x00"), "a shapefile", _AREA_HINT),
    (re.compile(rb"\APK\x03\x04.*\.shp", re.DOTALL | re.IGNORECASE), "a packed shapefile", _AREA_HINT),
    (re.compile(rb"\APK\x03\x04"), "an archive without a mission", "unpack it, and give the mission file"),
    (re.compile(rb"\A(II[*+]\x00|MM\x00[*+])"), "a TIFF raster", _RASTER_HINT),
    (re.compile(rb"\A(ncols|NCOLS)\s"), "an ASCII grid", _RASTER_HINT),
    (re.compile(rb"\A(\xff\xd8\xff|\x89PNG)"), "a picture", "give the mission file"),
    (re.compile(rb"\A\x00[\x03-\x07].{6}[\xfd\xfe]", re.DOTALL), "a telemetry log", _LOG_HINT),
)


def refuse_foreign(data: bytes, file: str) -> None:
    """Refuse a flight log, a shapefile, a raster or a picture. Raises PlanError with the kind of file."""
    for signature, title, hint in _SIGNATURES:
        if signature.search(data[:_HEAD_BYTES]):
            raise PlanError(f"invalid mission file: this is {title}", where=file, hint=hint)
