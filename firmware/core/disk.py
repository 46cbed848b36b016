"""The few things an update does to a file system, in one place, so that a test can cut the power between any two."""

import os

from firmware.core.compat import Any


class Disk:
    """Files under one folder; names are relative, with `/`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/") + "/"

    def path(self, name: str) -> str:
        return self._folder + name

    def read(self, name: str) -> bytes:
        """Of one that `put` was renaming when it was cut on FAT, which takes the old one away first, the new one."""
        try:
            file = open(self.path(name), "rb")
        except OSError:
            file = open(self.path(name) + ".new", "rb")
        with file:
            return file.read()

    def create(self, name: str) -> Any:
        """A new file, open for writing; the folders it needs are made."""
        parts = name.split("/")
        for i in range(1, len(parts)):
            try:
                os.mkdir(self.path("/".join(parts[:i])))
            except OSError:
                pass  # it is there
        return open(self.path(name), "wb")

    def write(self, file: Any, data: bytes) -> None:
        file.write(data)

    def put(self, name: str, data: bytes) -> None:
        """A small file, the old one or the new one whatever happens."""
        file = self.create(name + ".new")
        try:
            self.write(file, data)
        finally:
            file.close()
        self.rename(name + ".new", name)

    def remove(self, name: str) -> None:
        try:
            os.remove(self.path(name) + ".new")  # first, or it would be read in its place
        except OSError:
            pass
        os.remove(self.path(name))

    def rename(self, old: str, new: str) -> None:
        os.rename(self.path(old), self.path(new))

    def remove_tree(self, name: str) -> None:
        """A folder and all that is in it; nothing if there is none."""
        try:
            entries = os.listdir(self.path(name))
        except OSError:
            return
        for entry in entries:
            inner = name + "/" + entry
            try:
                os.remove(self.path(inner))
            except OSError:
                self.remove_tree(inner)
        os.rmdir(self.path(name))
