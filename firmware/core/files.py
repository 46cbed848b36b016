"""Small files with atomic replacement: written under a temporary name, then renamed.

On FAT a rename removes the old file first; after a power cut in between, `read` finds the new file by its temporary
name.
"""

import os


class Files:
    """Small text files in one folder."""

    def __init__(self, folder: str) -> None:
        self._folder = folder.rstrip("/") + "/"

    def read(self, name: str) -> str:
        path = self._folder + name
        try:
            file = open(path)
        except OSError:
            file = open(path + ".new")
        with file:
            return file.read()

    def replace(self, name: str, text: str) -> None:
        path = self._folder + name
        with open(path + ".new", "w") as file:
            file.write(text)
        os.rename(path + ".new", path)
