"""An event loop for lockstep: it looks for the answer a moment longer before it goes to sleep.

Going to sleep and being woken costs more than the step that is waited for. After each event the loop therefore asks again and
again for as long as an answer usually takes, and only then waits as every loop does.
"""

from __future__ import annotations

import asyncio
import os
import selectors
from collections.abc import Callable

from controller.clock import stopwatch_s

# Whoever else wants the core goes first, the autopilot above all: without it two that look keep a third from running.
# Windows cannot give way so, and there the loop sleeps at once.
_give_way: Callable[[], object] | None = getattr(os, "sched_yield", None)
LOOK_S = 150e-6 if _give_way else 0.0  # a few of our own turn-arounds; at real time that is 4 % of a core


class _Looking(selectors.DefaultSelector):  # type: ignore[misc,valid-type,unused-ignore]
    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0.0):
            return ready
        look_s = LOOK_S if timeout is None else min(LOOK_S, timeout)
        until = stopwatch_s() + look_s
        while _give_way is not None and stopwatch_s() < until:
            _give_way()
            ready = super().select(0)
            if ready:
                return ready
        return super().select(None if timeout is None else max(timeout - look_s, 0.0))


def lockstep_loop() -> asyncio.SelectorEventLoop:
    """A new event loop, for `asyncio.Runner(loop_factory=lockstep_loop)`."""
    return asyncio.SelectorEventLoop(_Looking())
