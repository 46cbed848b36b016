"""Block store in one preallocated file.

As the file never changes its size, the file system writes no metadata, and a power cut damages only the current block.
"""

import os

from firmware.core.compat import Any
from firmware.roles.recorder import BLOCK, Store


class BlockFile(Store):
    """File `path` of `blocks` blocks, created or extended on first use.

    Raises OSError (no card, no space) on use, until the cause is gone.
    """

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
                pass  # the card was removed with the file open
