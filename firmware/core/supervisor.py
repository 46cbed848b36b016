"""Fault isolation between the parts of the box, and the condition for feeding the hardware watchdog.

Promises: a part that raises is counted, named and paused for a second while the others continue. The watchdog is fed
only if both directions were pumped without a fault within `pump_ms`, and no vital part has been failing for three
seconds.
"""

from firmware.core.ticks import clamp_past, diff

UP = 0
DOWN = 1
REST_MS = 1000
FAILING_MS = 3000
_LONG_MS = 60_000


class Supervisor:
    def __init__(self, pump_ms: int) -> None:
        self.pump_ms = pump_ms
        self.faults = 0
        self.last_fault = ""
        self.has_faults = False  # a part is paused or failing; if False, no further check is needed
        self._pumped = [0, 0]
        self._ever = [False, False]
        self._resting: dict[str, int] = {}
        self._failing: dict[
            str, int
        ] = {}  # vital parts that have not succeeded since they raised: time of the fault

    def pumped(self, direction: int, now_ms: int) -> None:
        self._pumped[direction] = now_ms
        self._ever[direction] = True

    def may_feed(self, now_ms: int) -> bool:
        for direction in (UP, DOWN):
            self._pumped[direction] = clamp_past(self._pumped[direction], now_ms, _LONG_MS)
            if not self._ever[direction] or diff(now_ms, self._pumped[direction]) >= self.pump_ms:
                return False
        if self.has_faults:
            self._forget_rested(now_ms)
            for name in self._failing:
                self._failing[name] = clamp_past(self._failing[name], now_ms, _LONG_MS)
                if diff(now_ms, self._failing[name]) >= FAILING_MS:
                    return False
        return True

    def _forget_rested(self, now_ms: int) -> None:
        """Remove expired pauses, also of parts that `may_run` is never called for, as saving the settings."""
        for name in list(self._resting):
            if not 0 <= diff(now_ms, self._resting[name]) < REST_MS:
                del self._resting[name]
        self._refresh()

    def may_run(self, name: str, now_ms: int) -> bool:
        """Whether a part is not paused after a fault."""
        if name not in self._resting:
            return True
        if 0 <= diff(now_ms, self._resting[name]) < REST_MS:
            return False
        del self._resting[name]
        self._refresh()
        return True

    def is_resting(self, name: str) -> bool:
        """Whether a part is paused after a fault."""
        return name in self._resting

    def fault(self, name: str, error: Exception, now_ms: int, vital: bool = False) -> None:
        """Record that `name` raised; counted once per pause."""
        if name not in self._resting:
            self.faults += 1
            self._resting[name] = now_ms
        self.has_faults = True
        self.last_fault = name + ": " + repr(error)
        if vital and name not in self._failing:
            self._failing[name] = now_ms

    def succeeded(self, name: str) -> None:
        """Record that `name` ran without raising."""
        if name in self._failing:
            del self._failing[name]
            self._refresh()

    def _refresh(self) -> None:
        self.has_faults = bool(self._resting or self._failing)
