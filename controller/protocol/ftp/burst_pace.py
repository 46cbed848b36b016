"""Pace of the packets of a burst: how long to wait for the next one."""

from __future__ import annotations

# A fast link is silent after so many packet times. A slow one keeps the usual timeout: a burst that goes on after a
# pause must not be requested a second time (ArduPilot sends both).
SILENT_PACKETS = 64
SHORTEST_S = 0.25  # guide: for mission items


class BurstPace:
    """Times of one transfer. Times are seconds of the machine's clock."""

    def __init__(self) -> None:
        self._asked_s: float | None = None
        self._last_s = 0.0
        self._answer_s: float | None = None
        self._packet_s: float | None = None

    def asked(self, now: float) -> None:
        """Note the request of a burst."""
        self._asked_s = now

    def received(self, now: float) -> None:
        """Note a packet of a burst."""
        if self._asked_s is not None:
            self._answer_s, self._asked_s = now - self._asked_s, None
        elif self._packet_s is None:
            self._packet_s = now - self._last_s
        else:
            self._packet_s += (now - self._last_s - self._packet_s) / 64
        self._last_s = now

    def timeout_s(self, longest_s: float) -> float:
        """Return the time after which a burst has ended, at most `longest_s`."""
        if self._packet_s is None or self._answer_s is None:
            return longest_s
        return min(longest_s, max(SHORTEST_S, 2 * self._answer_s, SILENT_PACKETS * self._packet_s))
