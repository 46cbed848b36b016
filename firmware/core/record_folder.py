"""Files that may be read over the link: those in the record's folder with the record's extension, and no others.

The folder may also hold the settings with the keys; their extension differs, so they cannot be read.
"""

import os

from firmware.core.compat import Any

_NEVER = ("json", "py", "mpy", "new")


class RecordFolder:
    """Readable files beside `record`, its path. A record without an extension is the only one."""

    def __init__(self, record: str) -> None:
        folder, slash, self._record = record.rpartition("/")
        self._folder = folder + slash
        ending = self._record.rpartition(".")[2] if "." in self._record else ""
        self._ending = "" if ending in _NEVER else ending

    def has(self, name: str) -> bool:
        """Whether a file of this name may be read if it exists; never for a name with a folder."""
        if not name or "/" in name or "\\" in name or ":" in name or "\0" in name or name[0] == ".":
            return False
        if name == self._record:
            return True
        return bool(self._ending) and name.endswith("." + self._ending)

    def names(self) -> "list[str]":
        """Return the names, sorted. Raises OSError if there is no card."""
        found = [name for name in os.listdir(self._folder or ".") if self.has(name)]
        found.sort()
        return found

    def size(self, name: str) -> int:
        """Return the size in bytes. Raises OSError if the file is missing."""
        return int(os.stat(self._folder + name)[6])

    def open(self, name: str) -> Any:
        """Open a file for reading, apart from the recorder's handle."""
        return open(self._folder + name, "rb", 0)
