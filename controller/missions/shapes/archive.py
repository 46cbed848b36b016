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
_ENTRY = b"PK\x01\x02"
_MOST_FILES = 5000
_DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, RuntimeError)
_AGAIN = "export the file again"


class Archive:
    """The files of an archive; `title` names it in errors, `most_bytes` bounds each file.

    Raises PlanError for one that is damaged or too large, or whose paths leave it.
    """

    def __init__(self, data: bytes, file: str, title: str, *, most_bytes: int = MAX_BYTES) -> None:
        self._file, self._title, self._most_bytes = file, title, most_bytes
        if data.count(_ENTRY) > _MOST_FILES:
            raise self._error(
                f"more than {_MOST_FILES} files in the archive", "pack only the files that are needed"
            )
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except _DAMAGED as error:
            raise self._damaged(error) from None
        for name in self._zip.namelist():
            if name.startswith("/") or ".." in re.split(r"[/\\\\]", name):
                raise self._error(f"a path leaves the archive, {name[:80]!r}", "pack the files again")

    def names(self, ending: str = "") -> list[str]:
        """Return the names of the files with an ending, in lower or upper case."""
        return [
            one.filename
            for one in self._zip.infolist()
            if not one.is_dir() and one.filename.lower().endswith(ending)
        ]

    def read(self, name: str) -> bytes:
        """Return a file. Raises PlanError."""
        try:
            entry = self._zip.getinfo(name)
            if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) or entry.flag_bits & 1:
                raise self._error("it is packed in another way, or encrypted", "pack it as a plain .zip")
            with self._zip.open(entry) as document:
                # The size that the archive states is not to be trusted.
                found = document.read(self._most_bytes + 1)
        except _DAMAGED as error:
            raise self._damaged(error) from None
        if len(found) > self._most_bytes:
            most = f"{self._most_bytes // 1024**2} MiB"
            raise self._error(f"{name[-80:]} is larger than {most}", "export a part of it")
        return found

    def _damaged(self, error: Exception) -> PlanError:
        return self._error(str(error)[:100].split("\n")[0] or "it is damaged", _AGAIN)

    def _error(self, reason: str, hint: str) -> PlanError:
        return PlanError(f"cannot read {self._title}: {reason}", where=self._file, hint=hint)


def document_of_kmz(data: bytes, file: str) -> bytes:
    """Return the KML document of a KMZ, which is the first one; pictures beside it are left. Raises PlanError."""
    archive = Archive(data, file, "KMZ")
    names = archive.names(".kml")
    if not names:
        raise PlanError("cannot read KMZ: there is no KML in it", where=file, hint=_AGAIN)
    return archive.read("doc.kml" if "doc.kml" in names else names[0])
