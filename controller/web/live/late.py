"""Refusal of what a page asked too long ago: a network can hold a message back for half a minute and then deliver it.

Each message says when it was asked, by the server's clock as the page knows it from the messages that it received. A
steady delay does not count, because the page cannot tell it from a difference of the two clocks.
"""

from __future__ import annotations

from controller.errors import SafetyRefused

MOST_LATE_S = 3.0
MOST_LATE_FRAME_S = 1.0


def refuse_late(asked_s: float, now_s: float, what: str, *, most_s: float = MOST_LATE_S) -> None:
    """Refuse `what`, such as "arm", which was asked at `asked_s`. Raises SafetyRefused."""
    late_s = now_s - asked_s
    if not late_s <= most_s:  # NaN too
        raise SafetyRefused(
            f"cannot {what}: it was {min(late_s, 9999):.0f} s on its way from the page",
            hint="look at the aircraft, then ask again",
        )
