"""The aircraft's own clock, from `time_boot_ms`: it differs from ours with a simulation's speed, or on a busy computer.

Times are seconds on the axis of the event loop's clock: both agree until the first message with a boot time.
"""

from __future__ import annotations

# Messages of one autopilot have stamps that differ by fractions of a second.
_LATE_S = 5.0
# A longer step between two messages is silence: whether it flew meanwhile is not known.
SILENCE_S = 10.0
# A step longer than this, and by far longer than ours, is another clock.
_JUMP_S, _MAX_SPEED = 60.0, 100.0


class AircraftClock:
    """Clock of one autopilot. It never runs backwards, also when the autopilot restarts or its counter wraps."""

    def __init__(self, now: float) -> None:
        self._time_s = self._shown_s = now
        self._at_s = now
        self._boot_ms: int | None = None

    def now(self, now: float) -> float:
        """Return the aircraft's time at our time `now`; between two messages it runs as fast as ours."""
        self._shown_s = max(self._shown_s, self._time_s + (now - self._at_s))
        return self._shown_s

    def receive(self, boot_ms: int, now: float) -> None:
        """Take the boot time of a message received at our time `now`."""
        before = self._boot_ms
        if before is None:
            self._set(boot_ms, self.now(now), now)
            return
        step_s = _signed_32(boot_ms - before) / 1e3
        if -_LATE_S <= step_s <= 0.0:
            return
        waited_s = now - self._at_s
        if step_s < 0.0 or step_s > _JUMP_S + _MAX_SPEED * waited_s:
            self._set(boot_ms, self.now(now), now)  # it restarted, or its clock was set
        else:
            self._set(boot_ms, self._time_s + step_s, now)

    def _set(self, boot_ms: int, time_s: float, now: float) -> None:
        self._boot_ms, self._time_s, self._at_s = boot_ms, time_s, now


def _signed_32(difference: int) -> int:
    """Return the difference of two 32 bit counters, which wrap after 49.7 days."""
    return (difference + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000
