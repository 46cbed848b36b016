"""Received bytes of a file in transfer, and the ranges still missing."""

from __future__ import annotations

from bisect import bisect_right

# Bursts arrive in order: data further ahead than this is rejected, so that a wrong offset cannot allocate memory.
MAX_AHEAD_BYTES = 4 << 20


class MissingRanges:
    """File of `size` bytes whose data arrives in any order, possibly repeated."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.received = 0  # bytes, each counted once
        self.front = 0  # end of the furthest received byte
        self._data = bytearray()
        # Missing ranges before the front, sorted; the bytes behind the front are one more.
        self._starts: list[int] = []
        self._ends: list[int] = []

    @property
    def complete(self) -> bool:
        """Whether no byte is missing."""
        return not self._starts and self.front >= self.size

    def add(self, offset: int, data: bytes) -> int:
        """Store received data. Returns how many of its bytes were missing before."""
        end = min(offset + len(data), self.size)
        if end <= offset or offset > self.front + MAX_AHEAD_BYTES:
            return 0
        before = self.received
        if end > self.front:
            start = max(offset, self.front)
            if offset > self.front:
                self._starts.append(self.front)
                self._ends.append(offset)
            self._data.extend(bytes(start - len(self._data)))
            self._data[start:end] = data[start - offset : end - offset]
            self.received += end - start
            self.front = end
        index = max(0, bisect_right(self._starts, offset) - 1)
        while index < len(self._starts) and self._starts[index] < end:
            index = self._fill(index, offset, end, data)
        return self.received - before

    def _fill(self, index: int, offset: int, end: int, data: bytes) -> int:
        """Fill the missing range `index` as far as the data reaches. Returns the index of the next range to fill."""
        start, stop = self._starts[index], self._ends[index]
        low, high = max(start, offset), min(stop, end)
        if low >= high:
            return index + 1
        self._data[low:high] = data[low - offset : high - offset]
        self.received += high - low
        rest = [(a, b) for a, b in ((start, low), (high, stop)) if a < b]
        self._starts[index : index + 1] = [a for a, _ in rest]
        self._ends[index : index + 1] = [b for _, b in rest]
        return index + len(rest)

    def missing(self, limit: int) -> list[tuple[int, int]]:
        """Return the first `limit` missing ranges (start, end); the last may be the bytes behind the front."""
        found = list(zip(self._starts[:limit], self._ends[:limit], strict=True))
        if len(found) < limit and self.front < self.size:
            found.append((self.front, self.size))
        return found

    def ends_at(self, size: int) -> None:
        """Shorten the file to `size`: it ended earlier than announced."""
        self.size = min(self.size, size)
        self.front = min(self.front, self.size)
        del self._data[self.size :]
        while self._starts and self._starts[-1] >= self.size:
            del self._starts[-1], self._ends[-1]
        if self._ends and self._ends[-1] > self.size:
            self._ends[-1] = self.size
        missing = sum(self._ends) - sum(self._starts)
        self.received = self.front - missing

    def contiguous_from(self, begin: int) -> bytes:
        """Return the received bytes from `begin` to the first missing range."""
        return bytes(self._data[begin : self._starts[0] if self._starts else self.front])

    def data(self) -> bytes:
        """Return all bytes; only valid when `complete`."""
        return bytes(self._data)
