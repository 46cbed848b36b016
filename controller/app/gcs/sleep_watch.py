"""Detection of a computer that slept, as a laptop whose lid was closed: an order from before must not go on then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

EVERY_S = 0.25
SLEPT_S = 1.0
# A computer that is only slow never stands still for so long.
STOOD_STILL_S = 10.0


async def watch_sleep(
    now: Callable[[], float], asleep_s: Callable[[], float], on_sleep: Callable[[float], None]
) -> None:
    """Call `on_sleep(seconds)` after each time that this computer slept or stood still, until cancelled.

    `now` is the time of the event loop; on some systems it goes on during sleep. `asleep_s` is the time slept so far.
    """
    at_s, slept_s = now(), asleep_s()
    while True:
        await asyncio.sleep(EVERY_S)
        gap_s, more_s = now() - at_s - EVERY_S, asleep_s() - slept_s
        if more_s > SLEPT_S or gap_s > STOOD_STILL_S:
            on_sleep(max(gap_s, more_s))
        at_s, slept_s = now(), asleep_s()
