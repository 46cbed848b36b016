"""How much room the disk has left for a flight: told once in good time, and again when it gets serious."""

from __future__ import annotations

import math
import shutil
from pathlib import Path

# An hour of busy telemetry is some 50 MB: there is room for four hours, or for less than half of one.
WARN_FREE_BYTES = 200_000_000
LAST_FREE_BYTES = 20_000_000
# A flight that is shorter has not shown yet how much it writes.
SHOWN_S = 10.0


class DiskSpaceMonitor:
    """Watches the disk of one flight's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._warned_bytes: float = math.inf
        self._began: tuple[float, int] | None = None

    def told(self, now: float, written_bytes: int) -> str:
        """A line for people where one is due, else nothing; `written_bytes` is what the flight has written until now."""
        if self._began is None and written_bytes:
            self._began = now, written_bytes
        try:
            free_bytes = shutil.disk_usage(self._folder).free
        except OSError:
            return ""
        for limit in (LAST_FREE_BYTES, WARN_FREE_BYTES):
            if free_bytes < limit < self._warned_bytes:
                self._warned_bytes = limit
                lasts = self._lasts(free_bytes, now, written_bytes)
                return f"the disk of {self._folder} has {free_bytes // 1_000_000} MB left{lasts}"
        return ""

    def _lasts(self, free_bytes: int, now: float, written_bytes: int) -> str:
        if self._began is None or now - self._began[0] < SHOWN_S or written_bytes == self._began[1]:
            return ""
        minutes = free_bytes / ((written_bytes - self._began[1]) / (now - self._began[0])) / 60
        return f", enough for {minutes:.0f} min of a flight like this"
