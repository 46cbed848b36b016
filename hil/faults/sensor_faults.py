"""Faults of the sensors outside the compiled loop, each at its own rate (`hil.sim.plant.fault_kernel` has the others)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from hil.faults.schedule import MAX_DELAY_S, Fault, Kind, Part

Values = tuple[float, ...]


class SensorFaults:
    """One sensor's. It is shown every measurement, and remembers what faults need of them."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._past: deque[tuple[float, Values]] = deque()
        self._stuck: dict[Fault, Values] = {}
        self._count = 0

    def apply(self, values: Values, now_s: float, faults: Iterable[Fault]) -> Values | None:
        """What the sensor says in place of what it has measured now; None for nothing."""
        before = self._past[-1][1] if self._past else values
        self._past.append((now_s, values))
        while len(self._past) > 1 and self._past[1][0] <= now_s - MAX_DELAY_S:
            self._past.popleft()
        self._count += 1
        for fault in faults:
            since_s = now_s - fault.start_s
            if fault.part is not self._part or not 0.0 <= since_s < fault.duration_s:
                continue
            match fault.kind:
                case Kind.OFF:
                    return None
                case Kind.INTERMITTENT:
                    if since_s % (2.0 * fault.amount) < fault.amount:
                        return None
                case Kind.STUCK:
                    values = self._stuck.setdefault(fault, before)
                case Kind.DELAYED:
                    values = next(
                        old for at_s, old in reversed(self._past) if self._old(at_s, now_s, fault.amount)
                    )
                case Kind.DRIFT:
                    values = tuple(value + fault.amount * since_s for value in values)
                case Kind.GARBAGE:
                    # A number of the moment alone draws from no stream, so everything else stays as it was.
                    values = tuple(
                        value
                        + fault.amount * (2.0 * ((self._count * 0.7548776662 + i * 0.5698402910) % 1.0) - 1.0)
                        for i, value in enumerate(values)
                    )
        return values

    def _old(self, at_s: float, now_s: float, delay_s: float) -> bool:
        return at_s <= now_s - delay_s + 1e-9 or at_s == self._past[0][0]
