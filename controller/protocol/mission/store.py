"""Storage of a mission, geofence or rally list on board."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from controller.protocol.mission.items import MissionItem


@dataclass(slots=True)
class MissionStore:
    """Items on board. `on_change` is called after every change with the new items."""

    items: tuple[MissionItem, ...] = ()
    on_change: Callable[[tuple[MissionItem, ...]], None] | None = None
    opaque_id: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.opaque_id = opaque_id(self.items)

    def replace(self, items: Sequence[MissionItem], *, current: int | None = None) -> None:  # noqa: ARG002
        """Replace all items; `current` is the item that the upload marked current, if any."""
        self.items = tuple(items)
        self.opaque_id = opaque_id(self.items)
        if self.on_change is not None:
            self.on_change(self.items)

    def would_equal(self, items: Sequence[MissionItem]) -> bool:
        """Return whether the list on board would be the same after `replace(items)`."""
        return opaque_id(items) == self.opaque_id


def opaque_id(items: Sequence[MissionItem]) -> int:
    """Return the id of a list: CRC-32 of its wire fields, 0 for an empty list. (PX4 uses a CRC-32 of other bytes.)"""
    crc = 0
    for item in items:
        packed = struct.pack(
            "<ffffiifHBBB",
            *(item.param1, item.param2, item.param3, item.param4),
            *(item.x, item.y, item.z),
            *(item.command, item.frame, int(item.autocontinue), item.mission_type),
        )
        crc = zlib.crc32(packed, crc)
    return (crc or 1) if items else 0
