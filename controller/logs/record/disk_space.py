"""Free disk space of a flight's folder: one warning in good time, and a second one when the disk is nearly full."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

# An hour of busy telemetry is some 50 MB: the first limit leaves room for four hours, the second for under half an
# hour.
WARN_FREE_BYTES = 200_000_000
LAST_FREE_BYTES = 20_000_000
# The data rate of a flight is not estimated before it has recorded for this long.
MIN_RATE_TIME_S = 10.0


class DiskSpaceMonitor:
    """Monitor of the free space on the disk that holds one flight's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warned_bytes: float = math.inf
        self._first: tuple[float, int] | None = None

    def warning(self, now: float, written_bytes: int) -> str:
        """Return a warning text when one is due, else an empty string.

        `now` is monotonic time in seconds, `written_bytes` the size of the flight's telemetry log so far.
        """
        if self._first is None and written_bytes:
            self._first = now, written_bytes
        try:
            free_bytes = shutil.disk_usage(self._folder).free
        except OSError:
            return ""
        for limit in (LAST_FREE_BYTES, WARN_FREE_BYTES):
            if free_bytes < limit < self._warned_bytes:
                self._warned_bytes = limit
                remaining = self._remaining_time(free_bytes, now, written_bytes)
                return f"low disk space: {free_bytes // 1_000_000} MB free for {self._folder}{remaining}"
        return ""

    def _remaining_time(self, free_bytes: int, now: float, written_bytes: int) -> str:
        if self._first is None or now - self._first[0] < MIN_RATE_TIME_S or written_bytes == self._first[1]:
            return ""
        rate_bytes_s = (written_bytes - self._first[1]) / (now - self._first[0])
        return f", enough for {free_bytes / rate_bytes_s / 60:.0f} min at the present data rate"
