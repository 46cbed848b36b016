"""Where an aircraft keeps a list of mission items, and how its kind treats the people who send them."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from controller.protocol import timing
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import FENCE, MISSION, RALLY
from controller.protocol.timing import VehicleTiming


@dataclass(slots=True)
class MissionStore:
    """The items on board. `on_change` is called after every change with the items as they are then."""

    items: tuple[MissionItem, ...] = ()
    on_change: Callable[[tuple[MissionItem, ...]], None] | None = None
    opaque_id: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.opaque_id = opaque_id(self.items)

    def replace(self, items: Sequence[MissionItem]) -> None:
        """Put these in place of what is there."""
        self.items = tuple(items)
        self.opaque_id = opaque_id(self.items)
        if self.on_change is not None:
            self.on_change(self.items)


def opaque_id(items: Sequence[MissionItem]) -> int:
    """A mark of the list: CRC-32 of what travels, 0 for an empty one. (PX4's is a CRC-32 too, of other bytes.)"""
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


@dataclass(frozen=True, slots=True)
class MissionBehavior:
    """How an autopilot behaves in mission transfers. Sources: ArduPilot MissionItemProtocol.cpp, PX4 mavlink_mission.cpp.

    legacy_requests    asks for items with the old MISSION_REQUEST
    has_home_item      item 0 of the mission is home, whatever was sent
    atomic_types       lists that change only when the upload is complete; the others change item by item
    strict_order       hands out items only in order and breaks off otherwise; one transfer at a time
    complains          answers items it did not ask for with INVALID_SEQUENCE (others ignore them)
    accepts_again      answers the last item, sent again after the end, with its acceptance (others: ERROR)
    restarts_on_count  a MISSION_COUNT from the same peer in the middle starts anew (others: ERROR)
    partial_write      knows MISSION_WRITE_PARTIAL_LIST
    partial_read       knows MISSION_REQUEST_PARTIAL_LIST
    says_cancelled     tells the peer when it gives up
    clears_all         knows MAV_MISSION_TYPE_ALL in MISSION_CLEAR_ALL
    """

    legacy_requests: bool
    has_home_item: bool
    atomic_types: frozenset[int]
    sequential_only: bool
    rejects_unrequested: bool
    repeats_last_ack: bool
    restarts_on_count: bool
    partial_write: bool
    partial_read: bool
    sends_cancelled: bool
    clears_all: bool
    timing: VehicleTiming


ARDUPILOT = MissionBehavior(
    legacy_requests=True,
    has_home_item=True,
    atomic_types=frozenset((FENCE,)),
    sequential_only=False,
    rejects_unrequested=True,
    repeats_last_ack=False,
    restarts_on_count=True,
    partial_write=True,
    partial_read=False,
    sends_cancelled=True,
    clears_all=False,
    timing=timing.ARDUPILOT,
)

PX4 = MissionBehavior(
    legacy_requests=False,
    has_home_item=False,
    atomic_types=frozenset((MISSION, FENCE, RALLY)),
    sequential_only=True,
    rejects_unrequested=False,
    repeats_last_ack=True,
    restarts_on_count=False,
    partial_write=False,
    partial_read=False,
    sends_cancelled=False,
    clears_all=True,
    timing=timing.PX4,
)

STANDARD = MissionBehavior(
    legacy_requests=False,
    has_home_item=False,
    atomic_types=frozenset((MISSION, FENCE, RALLY)),
    sequential_only=False,
    rejects_unrequested=False,
    repeats_last_ack=True,
    restarts_on_count=True,
    partial_write=True,
    partial_read=True,
    sends_cancelled=True,
    clears_all=True,
    timing=timing.ARDUPILOT,
)
