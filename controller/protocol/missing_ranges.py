"""Which bytes of a file are still missing, and those that have come."""

from __future__ import annotations

from bisect import bisect_right

# A burst comes in order: data that claims to lie further ahead than this is not believed, so that a wrong offset costs no memory.
MAX_AHEAD_BYTES = 4 << 20


class MissingRanges:
    """The bytes from 0 to `size` of which some have come, in any order and more than once."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.received = 0  # bytes, each counted once
        self.front = 0  # end of the furthest byte that has come
        self._data = bytearray()
        # Holes before the front, sorted; what lies behind it is one more.
        self._starts: list[int] = []
        self._ends: list[int] = []

    @property
    def complete(self) -> bool:
        return not self._starts and self.front >= self.size

    def add(self, offset: int, data: bytes) -> int:
        """Take what has come; returns how many of its bytes were missing until now."""
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
        """Fill one hole as far as the data reaches; the number of the hole to look at next."""
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
        """The first `limit` holes (start, end), in order; the last may be all behind the front."""
        found = list(zip(self._starts[:limit], self._ends[:limit], strict=True))
        if len(found) < limit and self.front < self.size:
            found.append((self.front, self.size))
        return found

    def ends_at(self, size: int) -> None:
        """The file is shorter than was said."""
        self.size = min(self.size, size)
        self.front = min(self.front, self.size)
        del self._data[self.size :]
        while self._starts and self._starts[-1] >= self.size:
            del self._starts[-1], self._ends[-1]
        if self._ends and self._ends[-1] > self.size:
            self._ends[-1] = self.size
        missing = sum(self._ends) - sum(self._starts)
        self.received = self.front - missing

    def whole_from(self, begin: int) -> bytes:
        """What has come from `begin` on, as far as the first hole."""
        return bytes(self._data[begin : self._starts[0] if self._starts else self.front])

    def data(self) -> bytes:
        """All of it, once it is complete."""
        return bytes(self._data)
