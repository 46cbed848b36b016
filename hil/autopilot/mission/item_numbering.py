"""Numbers of mission items. ArduPilot stores home as item 0, so its first flown item is item 1; PX4's is item 0.

Only this file does arithmetic with the offset. Differences between the stacks are members of the stacks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.protocol.mission.items import MissionItem


@dataclass(frozen=True, slots=True)
class ItemNumbering:
    """`first_item` is the number of the first item that is flown."""

    first_item: int

    def flown(self, items: Sequence[MissionItem]) -> Sequence[MissionItem]:
        """Return the items without the home item."""
        return items[self.first_item :]

    def flown_count(self, stored: int) -> int:
        """Return the number of flown items among `stored` ones."""
        return max(stored - self.first_item, 0)

    def at_least_first(self, seq: int) -> int:
        """Return `seq`, or the first flown item where `seq` is before it."""
        return max(seq, self.first_item)

    def after_first(self, seq: int) -> bool:
        """Return whether a flown item stands before `seq`."""
        return seq > self.first_item

    def is_flown(self, seq: int, stored: int) -> bool:
        """Return whether `seq` is the number of a flown item among `stored` ones."""
        return self.first_item <= seq < stored
