"""The navigation items that a mission flies when nothing goes wrong: its jumps followed, up to its return item."""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.autopilots.commands import RETURN_TO_LAUNCH, is_navigation
from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD


def numbers_on_path(items: Sequence[MissionItem], *, first_seq: int) -> frozenset[int]:
    """Return the numbers (from 1) of the navigation items before the first return item that the mission comes to.

    A jump is followed once, and then passed if it is repeated a limited number of times: more repetitions fly the
    same items again. `first_seq` is the sequence number of the first item, in which jumps name their targets.
    """
    found: set[int] = set()
    taken: set[int] = set()
    number = 1
    while 1 <= number <= len(items):
        item = items[number - 1]
        if item.command == RETURN_TO_LAUNCH:
            break
        if is_navigation(item.command):
            found.add(number)
        target = _jump_target(items, item, first_seq)
        if target is None or item.param2 == 0:
            number += 1
        elif number not in taken:
            taken.add(number)
            number = target
        elif item.param2 < 0:
            break  # repeated for ever
        else:
            number += 1
    return frozenset(found)


def _jump_target(items: Sequence[MissionItem], item: MissionItem, first_seq: int) -> int | None:
    """Return the number of the item to which `item` jumps, None where it is no jump or has no valid target."""
    if not math.isfinite(item.param1):
        return None
    if item.command == MAV_CMD.DO_JUMP:
        number = int(item.param1) + 1 - first_seq
        return number if 1 <= number <= len(items) else None
    if item.command == MAV_CMD.DO_JUMP_TAG:
        tags = (n for n, one in enumerate(items, 1) if one.command == MAV_CMD.JUMP_TAG)
        return next((n for n in tags if items[n - 1].param1 == item.param1), None)
    return None
