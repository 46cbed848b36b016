"""Files in a ZIP archive of another program, read one by one in memory; nothing is unpacked to a disk."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from controller.missions.errors import PlanError

#: Of the file, and of each file in an archive. Borders of whole countries are smaller.
MAX_BYTES = 8 * 1024 * 1024
ZIP = b"PK\x03\x04"
_MOST_FILES = 5000
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)


class Archive:
    """The files of an archive; `title` names it in errors. Raises PlanError for one that is damaged or too large."""

    def __init__(self, data: bytes, file: str, title: str) -> None:
        self._file, self._title = file, title
        if data.count(b"PK\x01\x02") > _MOST_FILES:
            raise PlanError(f"cannot read {title}: more than {_MOST_FILES} files in it", where=file)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGED as error:
            raise self._damaged(error) from None
        for name in self._zip.namelist():
            if name.startswith("/") or ".." in re.split(r"[/\\\\]", name):
                raise PlanError(
                    f"cannot read {title}: a path leaves the archive, {name[:80]!r}",
                    where=file,
                    hint="pack the files again",
                )

    def names(self, ending: str) -> list[str]:
        """Return the names of the files with an ending, in lower or upper case."""
        return [one for one in self._zip.namelist() if one.lower().endswith(ending)]

    def read(self, name: str) -> bytes:
        """Return a file. Raises PlanError."""
        try:
            entry = self._zip.getinfo(name)
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
                raise PlanError(
                    f"cannot read {self._title}: it is packed in another way, or encrypted", where=self._file
                )
            with self._zip.open(entry) as document:
                # The size that the archive states is not to be trusted.
                found = document.read(MAX_BYTES + 1)
        except _DAMAGED as error:
            raise self._damaged(error) from None
        if len(found) > MAX_BYTES:
            raise too_large(self._file)
        return found

    def _damaged(self, error: Exception) -> PlanError:
        return PlanError(
            f"cannot read {self._title}: {str(error)[:100] or 'it is damaged'}", where=self._file
        )


def document_of_kmz(data: bytes, file: str) -> bytes:
    """Return the KML document of a KMZ, which is the first one; pictures beside it are left. Raises PlanError."""
    archive = Archive(data, file, "KMZ")
    names = archive.names(".kml")
    if not names:
        raise PlanError("cannot read KMZ: there is no KML in it", where=file)
    return archive.read("doc.kml" if "doc.kml" in names else names[0])


def too_large(file: str) -> PlanError:
    """Return the error of a file beyond the limit."""
    return PlanError(f"cannot read the shapes: larger than {MAX_BYTES // 1024**2} MiB", where=file)
