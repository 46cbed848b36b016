"""The files of one folder that may be read from outside: those that end as the record does, and nothing else.

The folder of the record may hold the box's settings as well, with its keys: they have another ending and are not there.
"""

import os

from firmware.core.compat import Any

_NEVER = ("json", "py", "mpy", "new")


class RecordFolder:
    """`record` is the path of the record; a record without an ending is the only file there."""

    def __init__(self, record: str) -> None:
        folder, slash, self._record = record.rpartition("/")
        self._folder = folder + slash
        ending = self._record.rpartition(".")[2] if "." in self._record else ""
        self._ending = "" if ending in _NEVER else ending

    def has(self, name: str) -> bool:
        """Whether a file of this name may be read, if it exists; a name with a folder in it never may."""
        if not name or "/" in name or "\\" in name or ":" in name or "\0" in name or name[0] == ".":
            return False
        if name == self._record:
            return True
        return bool(self._ending) and name.endswith("." + self._ending)

    def names(self) -> "list[str]":
        """What is there, in an order that stays. Raises OSError where there is no card."""
        found = [name for name in os.listdir(self._folder or ".") if self.has(name)]
        found.sort()
        return found

    def size(self, name: str) -> int:
        """Bytes. Raises OSError if it is gone."""
        return int(os.stat(self._folder + name)[6])

    def open(self, name: str) -> Any:
        """For reading, apart from the handle that the recorder writes by."""
        return open(self._folder + name, "rb", 0)
