"""File operations of an update, in one class, so that a test can cut the power between any two."""

import os

from firmware.core.compat import Any


class Disk:
    """Files below one folder; names are relative, with `/`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/") + "/"

    def path(self, name: str) -> str:
        return self._folder + name

    def read(self, name: str) -> bytes:
        """Return the content; the new one if a power cut on FAT stopped `put` between removing and renaming."""
        try:
            file = open(self.path(name), "rb")
        except OSError:
            file = open(self.path(name) + ".new", "rb")
        with file:
            return file.read()

    def create(self, name: str) -> Any:
        """Create a file and its folders; return it open for writing."""
        parts = name.split("/")
        for i in range(1, len(parts)):
            try:
                os.mkdir(self.path("/".join(parts[:i])))
            except OSError:
                pass  # exists
        return open(self.path(name), "wb")

    def write(self, file: Any, data: bytes) -> None:
        file.write(data)

    def put(self, name: str, data: bytes) -> None:
        """Replace a small file atomically: after a power cut either the old or the new content is there."""
        file = self.create(name + ".new")
        try:
            self.write(file, data)
        finally:
            file.close()
        self.rename(name + ".new", name)

    def remove(self, name: str) -> None:
        try:
            os.remove(self.path(name) + ".new")  # first, as `read` falls back to it
        except OSError:
            pass
        os.remove(self.path(name))

    def rename(self, old: str, new: str) -> None:
        os.rename(self.path(old), self.path(new))

    def remove_tree(self, name: str) -> None:
        """Remove a folder with its content; does nothing if it is missing."""
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
