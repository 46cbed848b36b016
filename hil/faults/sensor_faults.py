"""Faults of sensors outside the compiled loop (`hil.sim.plant.fault_kernel` has those inside)."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from hil.faults.schedule import MAX_DELAY_S, Fault, Kind, Part

Values = tuple[float, ...]


class SensorFaults:
    """Faults of one sensor; `apply` must get every measurement, as stuck and delayed faults need earlier ones."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._past: deque[tuple[float, Values]] = deque()
        self._stuck: dict[Fault, Values] = {}
        self._count = 0

    def apply(self, values: Values, now_s: float, faults: Iterable[Fault]) -> Values | None:
        """Return the reading for the measured `values` at `now_s`; None while the sensor gives no data."""
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
                    # Pseudo-random numbers from the count alone use no stream, so all other noise stays the same.
                    values = tuple(
                        value
                        + fault.amount * (2.0 * ((self._count * 0.7548776662 + i * 0.5698402910) % 1.0) - 1.0)
                        for i, value in enumerate(values)
                    )
        return values

    def _old(self, at_s: float, now_s: float, delay_s: float) -> bool:
        return at_s <= now_s - delay_s + 1e-9 or at_s == self._past[0][0]
