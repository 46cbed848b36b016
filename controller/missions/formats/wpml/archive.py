"""The `.kmz` of a WPML mission: a ZIP archive with `wpmz/waylines.wpml`, `wpmz/template.kml` and resources.

The reading is that of every archive (`shapes.archive`).
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_BYTES, decode
from controller.missions.shapes.archive import ZIP, Archive

WAYLINES = "wpmz/waylines.wpml"
TEMPLATE = "wpmz/template.kml"
_TITLE = "the DJI mission"


@dataclass(frozen=True, slots=True)
class Documents:
    """Documents of an archive, "" for one that is not in it. `resources` counts the other files."""

    waylines: str
    template: str
    resources: int


def is_wpml(data: bytes) -> bool:
    """Return whether these are the bytes of a ZIP archive that names a WPML document."""
    return data.startswith(ZIP) and (b"waylines.wpml" in data or b"wpmz/template.kml" in data)


def read_archive(data: bytes, file: str) -> Documents:
    """Return the documents of a WPML archive. Raises PlanError."""
    archive = Archive(data, file, _TITLE, most_bytes=MAX_BYTES)
    waylines, template = (_document(archive, name, file) for name in (WAYLINES, TEMPLATE))
    if not (waylines or template):
        raise PlanError(
            f"cannot read {_TITLE}: the archive has no {WAYLINES} and no {TEMPLATE}",
            where=file,
            hint="export the mission again",
        )
    return Documents(waylines, template, len(archive.names()) - bool(waylines) - bool(template))


def _document(archive: Archive, name: str, file: str) -> str:
    """Return the text of the document `name`, which may be in an outer folder as hand-made archives have it."""
    short = name.rpartition("/")[2]
    found = [one for one in archive.names() if one.rpartition("/")[2] == short]
    if len(found) > 1:
        raise PlanError(
            f"cannot read {_TITLE}: {short} is in the archive more than once",
            where=file,
            hint="export the mission again",
        )
    return decode(archive.read(found[0]), f"{file}: {found[0]}") if found else ""


def write_archive(waylines: str, template: str) -> bytes:
    """Return the bytes of an archive with both documents; the same documents give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ((TEMPLATE, template), (WAYLINES, waylines)):
            archive.writestr(zipfile.ZipInfo(name), text, compress_type=zipfile.ZIP_DEFLATED)
    return content.getvalue()
