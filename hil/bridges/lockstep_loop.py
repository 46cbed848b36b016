"""Event loop for lockstep, which polls for the answer for a moment before it sleeps.

Sleeping and waking up cost more than the step that is waited for. After each event the loop therefore polls for as
long as an answer usually takes, and only then sleeps as every loop does.
"""

from __future__ import annotations

import asyncio
import os
import selectors
from collections.abc import Callable

from controller.clock import stopwatch_s

# Yield the processor to other processes, above all to the autopilot; two polling processes would block a third.
# Windows has no such call, and there the loop sleeps at once.
_yield_cpu: Callable[[], object] | None = getattr(os, "sched_yield", None)
POLL_S = 150e-6 if _yield_cpu else 0.0  # some of our own response times; at real time that is 4 % of a core


class _PollingSelector(selectors.DefaultSelector):  # type: ignore[misc,valid-type,unused-ignore]
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0.0):
            return ready
        poll_s = POLL_S if timeout is None else min(POLL_S, timeout)
        until = stopwatch_s() + poll_s
        while _yield_cpu is not None and stopwatch_s() < until:
            _yield_cpu()
            ready = super().select(0)
            if ready:
                return ready
        return super().select(None if timeout is None else max(timeout - poll_s, 0.0))


def lockstep_loop() -> asyncio.SelectorEventLoop:
    """Return a new event loop, for `asyncio.Runner(loop_factory=lockstep_loop)`."""
    return asyncio.SelectorEventLoop(_PollingSelector())
