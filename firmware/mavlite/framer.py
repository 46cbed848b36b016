"""Framer for MAVLink 1 and 2 in chunks of any size; allocates nothing after the start.

A candidate begins at a magic byte. After invalid flags or checksum the search continues at the next byte, so that a
valid frame inside a broken one is found. A message missing in the table has no known checksum; it is accepted if
another frame or silence (`flush`) follows.
"""

from firmware.core import compat as micropython
from firmware.mavlite.frame import MAX_FRAME, V1_MAGIC, V2_MAGIC, View
from firmware.mavlite.hot import copy, crc16, find_row, frame_length, junk
from firmware.mavlite.table import ROWS, TABLE


class Framer(View):
    """Framer of one port: `feed` a chunk, then call `next` until it returns 0.

    positive  length of a frame; the framer is its view
    negative  number of bytes at `at` outside frames
    0         more bytes are needed
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
        """Return how many bytes `feed` accepts after `next` returned 0; at least `chunk`."""
        return len(self.buf) - self._end + self._next

    def waiting(self) -> bool:
        """Whether the start of an incomplete frame is buffered."""
        return self._end > self._next

    @micropython.native
    def feed(self, chunk: bytearray, count: int) -> None:
        if self._next:
            self._end = copy(self.buf, 0, self.buf, self._next, self._end - self._next)
            self._next = 0
        self._end = copy(self.buf, self._end, chunk, 0, count)
        self._final = False

    def flush(self) -> None:
        """Declare silence on the line: a buffered incomplete frame will not be completed."""
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
        """Whether the candidate is a frame: 1 yes, -1 no, 0 if the next byte decides."""
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
