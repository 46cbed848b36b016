"""Small files replaced whole: written beside the old one, then renamed over it, so that a cut leaves one or the other.

On FAT renaming takes the old one away first: a cut in between leaves the new one beside its name, where `read` finds it.
"""

import os


class Files:
    """Files of one folder."""

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
