"""Microseconds since 1970 as eight big-endian bytes, as a tlog wants them, kept without allocating.

Until somebody tells the time it counts from the start of the box, and `known` is False.
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
        """Call at least every four minutes, with a tick of microseconds; a longer time is lost to the clock."""
        passed = diff(now_us, self._last_us)
        if passed > 0:
            add_be(self.stamp, 8, passed)
        self._last_us = now_us

    def set(self, utc_us: int) -> None:
        """Tell the time. It is taken when it is later than what the clock says, or when nobody has told it before:
        a recorded time must not go back."""
        if not self.known or utc_us > self.utc_us():
            self.stamp[:] = utc_us.to_bytes(8, "big")
            self.known = True

    def utc_us(self) -> int:
        return int.from_bytes(self.stamp, "big")
