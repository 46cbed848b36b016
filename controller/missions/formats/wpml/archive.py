"""The `.kmz` of a WPML mission: a ZIP archive with `wpmz/waylines.wpml`, `wpmz/template.kml` and resources.

Nothing is unpacked to a disk, and the sizes are bounded while reading.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_BYTES, decode

WAYLINES = "wpmz/waylines.wpml"
TEMPLATE = "wpmz/template.kml"
_ZIP = b"PK\x03\x04"
_ENTRY = b"PK\x01\x02"
_MOST_FILES = 5000
_ACTION = "cannot read the DJI mission"


@dataclass(frozen=True, slots=True)
class Archive:
    """Documents of an archive, "" for one that is not in it. `resources` counts the other files."""

    waylines: str
    template: str
    resources: int


def is_wpml(data: bytes) -> bool:
    """Return whether these are the bytes of a ZIP archive that names a WPML document."""
    return data.startswith(_ZIP) and (b"waylines.wpml" in data or b"wpmz/template.kml" in data)


def read_archive(data: bytes, file: str) -> Archive:
    """Return the documents of a WPML archive. Raises PlanError."""
    if data.count(_ENTRY) > _MOST_FILES:
        raise PlanError(f"{_ACTION}: more than {_MOST_FILES} files in the archive", where=file)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = [one for one in archive.infolist() if not one.is_dir()]
            for entry in entries:
                if entry.filename.startswith("/") or ".." in entry.filename.split("/"):
                    raise PlanError(
                        f"{_ACTION}: a path leaves the archive", where=f"{file}: {entry.filename[:80]!r}"
                    )
            waylines, template = (_document(archive, entries, name, file) for name in (WAYLINES, TEMPLATE))
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError) as error:
        reason = str(error)[:100].split("\n")[0] or "it is damaged"
        raise PlanError(f"{_ACTION}: {reason}", where=file, hint="export the mission again") from None
    if not (waylines or template):
        raise PlanError(
            f"{_ACTION}: the archive has no {WAYLINES} and no {TEMPLATE}",
            where=file,
            hint="export the mission again",
        )
    return Archive(waylines, template, len(entries) - bool(waylines) - bool(template))


def _document(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], name: str, file: str) -> str:
    """Return the text of the document `name`, which may be in an outer folder as hand-made archives have it."""
    short = name.rpartition("/")[2]
    found = [one for one in entries if one.filename.rpartition("/")[2] == short]
    if not found:
        return ""
    if len(found) > 1:
        raise PlanError(f"{_ACTION}: {short} is in the archive more than once", where=file)
    with archive.open(found[0]) as document:
        # The size that the archive states is not to be trusted.
        content = document.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise PlanError(f"{_ACTION}: {short} is larger than {MAX_BYTES // 1024**2} MiB", where=file)
    return decode(content, f"{file}: {found[0].filename}")


def write_archive(waylines: str, template: str) -> bytes:
    """Return the bytes of an archive with both documents; the same documents give the same bytes."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in ((TEMPLATE, template), (WAYLINES, waylines)):
            archive.writestr(zipfile.ZipInfo(name), text, compress_type=zipfile.ZIP_DEFLATED)
    return content.getvalue()
