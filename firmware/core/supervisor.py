"""Keeps one part's fault from stopping the others, and the hardware watchdog from being fed by a box that does not pump.

Promises: a role that raises is counted, named and rested for a second, and the bridge goes on; the watchdog is fed only when
both directions have been pumped within `pump_ms`, whatever else runs.
"""

from firmware.core.ticks import diff

UP = 0
DOWN = 1
REST_MS = 1000


class Supervisor:
    def __init__(self, pump_ms: int) -> None:
        self.pump_ms = pump_ms
        self.faults = 0
        self.last_fault = ""
        self._pumped = [0, 0]
        self._ever = [False, False]
        self._resting: dict[str, int] = {}

    def pumped(self, direction: int, now_ms: int) -> None:
        self._pumped[direction] = now_ms
        self._ever[direction] = True

    def may_feed(self, now_ms: int) -> bool:
        return (
            self._ever[UP]
            and self._ever[DOWN]
            and diff(now_ms, self._pumped[UP]) < self.pump_ms
            and diff(now_ms, self._pumped[DOWN]) < self.pump_ms
        )

    def may_run(self, name: str, now_ms: int) -> bool:
        """False while a role rests after a fault."""
        if not self._resting or name not in self._resting:
            return True
        if diff(now_ms, self._resting[name]) < REST_MS:
            return False
        del self._resting[name]
        return True

    def fault(self, name: str, error: Exception, now_ms: int) -> None:
        """`name` has raised."""
        self.faults += 1
        self.last_fault = name + ": " + repr(error)
        self._resting[name] = now_ms
