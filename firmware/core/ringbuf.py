"""Ring buffers in memory allocated at start. Each counts the frames that it refuses or drops when full."""

from firmware.core import compat as micropython
from firmware.mavlite.hot import copy_in, copy_out

_HEADER = 5  # length (two bytes), source slot, time of arrival (two bytes)
_UNIT = 6  # ages have a resolution of 64 ms and a range of an hour
_SLOTS = 8


class ByteRing:
    """Output bytes of a port. When full, a frame is refused as a whole (counted in `refused`).

    The caller writes `data[tail : tail + run()]` to the port and removes the bytes sent by `drop`.
    """

    def __init__(self, size: int) -> None:
        self.data = bytearray(size)
        self.size = size
        self.tail = 0
        self.used = 0
        self.refused = 0
        self._head = 0

    @micropython.native
    def put(self, src: bytearray, at: int, count: int) -> bool:
        if count > self.size - self.used:
            self.refused += 1
            return False
        self._head = copy_in(self.data, self.size, self._head, src, at, count)
        self.used += count
        return True

    @micropython.native
    def run(self) -> int:
        """Return the number of contiguous bytes from `tail` on."""
        to_end = self.size - self.tail
        return self.used if self.used < to_end else to_end

    @micropython.native
    def drop(self, count: int) -> None:
        self.used -= count
        tail = self.tail + count
        self.tail = tail - self.size if tail >= self.size else tail

    def clear(self) -> None:
        self.tail = self._head = self.used = 0


class FrameQueue:
    """FIFO queue of whole frames, with the source of each.

    When full, the oldest frame is dropped (`pushed_out`). A source that exceeds its fair share cannot displace the
    frame of a source within its share: its new frame is refused (`refused`).
    """

    def __init__(self, size: int) -> None:
        self._data = bytearray(size)
        self._header = bytearray(_HEADER)
        self._size = size
        self._head = 0
        self._tail = 0
        self._by_slot = [0] * _SLOTS
        self.used = 0
        self.frames = 0
        self.refused = 0
        self.pushed_out = 0

    @micropython.native
    def put(self, src: bytearray, at: int, count: int, source: int, now_ms: int = 0) -> bool:
        slot = source % _SLOTS
        need = count + _HEADER
        while need > self._size - self.used:
            if need > self._size or (self._over_share(slot) and not self._over_share(self._oldest_slot())):
                self.refused += 1
                return False
            self.drop()
            self.pushed_out += 1
        header = self._header
        header[0] = count & 0xFF
        header[1] = count >> 8
        header[2] = slot
        header[3] = now_ms >> _UNIT & 0xFF
        header[4] = now_ms >> (_UNIT + 8) & 0xFF
        head = copy_in(self._data, self._size, self._head, header, 0, _HEADER)
        self._head = copy_in(self._data, self._size, head, src, at, count)
        self._by_slot[slot] += need
        self.used += need
        self.frames += 1
        return True

    def _over_share(self, slot: int) -> bool:
        sources = 0
        for i in range(_SLOTS):
            if self._by_slot[i] or i == slot:
                sources += 1
        return self._by_slot[slot] * sources >= self.used

    def _oldest_slot(self) -> int:
        return self._data[(self._tail + 2) % self._size]

    @micropython.native
    def age_ms(self, now_ms: int) -> int:
        """Return the waiting time of the oldest frame, modulo an hour; 0 if the queue is empty."""
        if not self.frames:
            return 0
        low, high = self._tail + 3, self._tail + 4
        size = self._size
        came = self._data[low % size] | self._data[high % size] << 8
        return ((now_ms >> _UNIT) - came & 0xFFFF) << _UNIT

    @micropython.native
    def length(self) -> int:
        """Return the length of the oldest frame; 0 if the queue is empty."""
        if not self.frames:
            return 0
        tail = self._tail
        high = tail + 1
        return self._data[tail] | self._data[high if high < self._size else 0] << 8

    @micropython.native
    def pop(self, dst: bytearray) -> int:
        """Move the oldest frame to the start of `dst`; return its length."""
        count = self.length()
        if count:
            copy_out(dst, self._data, self._size, (self._tail + _HEADER) % self._size, count)
            self.drop()
        return count

    @micropython.native
    def drop(self) -> None:
        """Remove the oldest frame."""
        need = self.length() + _HEADER
        self._by_slot[self._oldest_slot()] -= need
        self._tail = (self._tail + need) % self._size
        self.used -= need
        self.frames -= 1

    def clear(self) -> None:
        self._head = self._tail = self.used = self.frames = 0
        for i in range(_SLOTS):
            self._by_slot[i] = 0
