"""A shapefile on a disk with the files beside it, as the archive that the reader of shapes takes."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from controller.missions.formats.text_file import read_bytes
from controller.missions.shapes.shapefile import MAGIC

_BESIDE = (".prj", ".dbf")


def with_files_beside(path: Path, data: bytes) -> bytes:
    """Return the content of a file; of a .shp an archive with its .prj and .dbf. Raises PlanError."""
    if not data.startswith(MAGIC):
        return data
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("shape.shp", data)
        for ending in _BESIDE:
            names = path.with_suffix(ending), path.with_suffix(ending.upper())
            other = next((one for one in names if one.is_file()), None)
            if other is not None:
                archive.writestr(f"shape{ending}", read_bytes(other))
    return packed.getvalue()
