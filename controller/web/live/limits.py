"""Limits of the live connections: open pages, and messages a second of each page."""

from __future__ import annotations

from collections.abc import Collection

from controller.web.access import Role, Visitor

# Each role has its own room: observers cannot keep a pilot out.
MAX_PAGES = {Role.OBSERVER: 40, Role.PILOT: 20}
MAX_PAGES_OF_ONE = 10
# A joystick sends 25 a second.
MESSAGES_A_SECOND = 60.0
BURST = 120.0
# A page whose messages were refused so often, without a pause, is closed.
MAX_REFUSED = 500


def no_room(visitor: Visitor, open_pages: Collection[Visitor]) -> str:
    """Return why this visitor may not open one more page; "" where it may."""
    if sum(one.id == visitor.id for one in open_pages) >= MAX_PAGES_OF_ONE:
        return f"this browser has {MAX_PAGES_OF_ONE} pages open already; close one of them"
    limit = MAX_PAGES[visitor.role]
    if sum(one.role == visitor.role for one in open_pages) >= limit:
        return f"{limit} pages of {visitor.role.word}s are open already; close one of them"
    return ""


class MessageRate:
    """Decides for each message of a page whether it comes too soon after the others; times in seconds."""

    def __init__(self, now_s: float) -> None:
        self._left = BURST
        self._at_s = now_s
        self.refused = 0
        """Messages refused in a row."""

    def allows(self, now_s: float) -> bool:
        """Count one message; return whether it is still within the rate."""
        self._left = min(BURST, self._left + (now_s - self._at_s) * MESSAGES_A_SECOND)
        self._at_s = now_s
        if self._left < 1.0:
            self.refused += 1
            return False
        self._left -= 1.0
        self.refused = 0
        return True
