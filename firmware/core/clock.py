"""UTC clock in microseconds since 1970, as the eight big-endian bytes of a tlog timestamp; allocates nothing.

Until the time is set it counts from the start of the box, and `known` is False.
"""

from firmware.core import compat as micropython
from firmware.core.ticks import diff
from firmware.mavlite.hot import add_be


class UtcClock:
    def __init__(self, now_us: int) -> None:
        self.stamp = bytearray(8)
        self.known = False
        self._last_us = now_us

    @micropython.native
    def advance(self, now_us: int) -> None:
        """Advance to a microsecond tick; call at least every four minutes, as longer spans are lost."""
        passed = diff(now_us, self._last_us)
        if passed > 0:
            add_be(self.stamp, 8, passed)
        self._last_us = now_us

    def set(self, utc_us: int) -> None:
        """Set the time. Ignored if the clock is set and later: recorded times must not go back."""
        if not self.known or utc_us > self.utc_us():
            self.stamp[:] = utc_us.to_bytes(8, "big")
            self.known = True

    def utc_us(self) -> int:
        return int.from_bytes(self.stamp, "big")
