"""Shapes of any file: KML, KMZ, GPX and GeoJSON, known by their content."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from controller.missions.errors import PlanError
from controller.missions.shapes.geojson import read_geojson
from controller.missions.shapes.gpx import GpxReader
from controller.missions.shapes.kml import KmlReader
from controller.missions.shapes.shape import ShapeCollector, ShapeFile

#: Of the file, and of the document in a KMZ. Borders of whole countries are smaller.
MAX_BYTES = 8 * 1024 * 1024
_MOST_FILES = 5000
_ZIP = b"PK\x03\x04"
_ROOT = re.compile(rb"<(?:\w+:)?(kml|gpx)[\s>/]")
_HEAD_BYTES = 4096


def read_shapes(data: bytes, file: str) -> ShapeFile:
    """Return the areas and lines of a file; `file` is its name for errors. Raises PlanError."""
    if len(data) > MAX_BYTES:
        raise _too_large(file)
    if data.startswith(_ZIP):
        data = document_of_kmz(data, file)
    found = ShapeCollector(file)
    head = data[:_HEAD_BYTES].replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    if head.startswith(b"<"):
        root = _ROOT.search(head)
        if root is None:
            raise PlanError("cannot read the shapes: this XML is no KML and no GPX", where=file)
        reader = KmlReader if root[1] == b"kml" else GpxReader
        reader(file, found).parse(data)
    elif head.startswith((b"{", b"[")):
        read_geojson(data, file, found)
    else:
        raise PlanError("cannot read the shapes: no KML, KMZ, GPX or GeoJSON", where=file)
    return found.result()


def document_of_kmz(data: bytes, file: str) -> bytes:
    """Return the KML document of a KMZ, which is the first one; pictures beside it are left."""
    if data.count(b"PK\x01\x02") > _MOST_FILES:
        raise PlanError(f"cannot read KMZ: more than {_MOST_FILES} files in it", where=file)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = [one for one in archive.infolist() if one.filename.lower().endswith(".kml")]
            if not names:
                raise PlanError("cannot read KMZ: there is no KML in it", where=file)
            entry = next((one for one in names if one.filename == "doc.kml"), names[0])
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
                raise PlanError("cannot read KMZ: it is packed in another way, or encrypted", where=file)
            with archive.open(entry) as document:
                # The size that the archive states is not to be trusted.
                found = document.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError) as error:
        raise PlanError(f"cannot read KMZ: {str(error)[:100] or 'it is damaged'}", where=file) from None
    if len(found) > MAX_BYTES:
        raise _too_large(file)
    return found


def _too_large(file: str) -> PlanError:
    return PlanError(f"cannot read the shapes: larger than {MAX_BYTES // 1024**2} MiB", where=file)
