"""Bytes to frames, whatever the chunks: MAVLink 1 and 2 mixed, nothing allocated after the start.

A candidate begins at a magic byte. If its flags or its checksum are wrong the search goes on at the very next byte, so a true
frame inside a broken one is found. A message the table does not know cannot be checked; it is taken when another frame
follows it at once, or silence (`flush`).
"""

from firmware.core import compat as micropython
from firmware.mavlite.frame import MAX_FRAME, V1_MAGIC, V2_MAGIC, View
from firmware.mavlite.hot import copy, crc16, find_row, frame_length, junk
from firmware.mavlite.table import ROWS, TABLE


class Framer(View):
    """One a port. `feed` a chunk, then call `next` until it returns 0:

    positive  a frame of that length; the framer itself is the view of it
    negative  that many bytes at `at` belong to no frame
    0         all is said until more bytes come
    """

    def __init__(self, chunk: int = 256) -> None:
        View.__init__(self, chunk + MAX_FRAME)
        self._next = 0
        self._end = 0
        self._final = False
        self.frames = 0
        self.unknown_frames = 0
        self.bad_frames = 0
        self.bad_bytes = 0

    def room(self) -> int:
        """How many bytes `feed` can take once `next` has returned 0; never less than `chunk`."""
        return len(self.buf) - self._end + self._next

    def waiting(self) -> bool:
        """Whether the beginning of a frame is held back."""
        return self._end > self._next

    @micropython.native
    def feed(self, chunk: bytearray, count: int) -> None:
        if self._next:
            self._end = copy(self.buf, 0, self.buf, self._next, self._end - self._next)
            self._next = 0
        self._end = copy(self.buf, self._end, chunk, 0, count)
        self._final = False

    def flush(self) -> None:
        """The line has gone quiet: what waits for its rest waits in vain."""
        self._final = True

    @micropython.native
    def next(self) -> int:
        buf = self.buf
        end = self._end
        at = self._next
        self.at = at
        if at == end:
            self._next = self._end = 0
            return 0
        count = junk(buf, at, end)
        if count:
            self._next = at + count
            self.bad_bytes += count
            return -count
        length = frame_length(buf, at, end)
        if length >= 0:
            if length == 0 or at + length > end:
                if not self._final:
                    return 0
            else:
                self.parse()
                good = self._good(at, length, end)
                if good > 0:
                    self.length = length
                    self._next = at + length
                    self.frames += 1
                    return length
                if good == 0:
                    return 0
        self._next = at + 1
        self.bad_bytes += 1
        self.bad_frames += 1
        return -1

    @micropython.native
    def _good(self, at: int, length: int, end: int) -> int:
        """1 yes, -1 no, 0 if only the next byte can tell."""
        buf = self.buf
        self.row = row = find_row(TABLE, ROWS, self.msg_id)
        if row >= 0:
            count = self.head - 1 + buf[at + 1]
            crc = crc16(buf, at + 1, count, TABLE[row + 3])
            at += count + 1
            return 1 if buf[at] == crc & 0xFF and buf[at + 1] == crc >> 8 else -1
        if not self.system:
            return -1
        at += length
        if at < end:
            if buf[at] != V1_MAGIC and buf[at] != V2_MAGIC:
                return -1
        elif not self._final:
            return 0
        self.unknown_frames += 1
        return 1
