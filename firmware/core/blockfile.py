"""A recorder's store in one file of fixed size, made once: after that the file system has nothing of its own to write, so a
power cut can only spoil the block under way."""

import os

from firmware.core.compat import Any
from firmware.roles.recorder import BLOCK, Store


class BlockFile(Store):
    """`path` holds `blocks` blocks; it is made, or made longer, where needed. OSError (no card, no room) comes with the first
    use and is gone with the first use after its cause is."""

    def __init__(self, path: str, blocks: int) -> None:
        self.path = path
        self.blocks = blocks
        self._file: Any = None

    def _opened(self) -> Any:
        if self._file is None:
            try:
                size = os.stat(self.path)[6]
                file = open(self.path, "r+b")
            except OSError:
                size = 0
                file = open(self.path, "w+b")
            if size < self.blocks * BLOCK:
                file.seek(self.blocks * BLOCK - 1)
                file.write(b"\0")
                file.flush()
            self._file = file
        return self._file

    def write(self, at: int, buf: bytearray, start: int, count: int) -> None:
        try:
            file = self._opened()
            file.seek(at)
            file.write(memoryview(buf)[start : start + count])
        except OSError:
            self.close()
            raise

    def read(self, at: int, buf: bytearray) -> None:
        try:
            file = self._opened()
            file.seek(at)
            file.readinto(buf)
        except OSError:
            self.close()
            raise

    def sync(self) -> None:
        self._opened().flush()

    def close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.close()
            except OSError:
                pass  # the card has gone with what it had open
