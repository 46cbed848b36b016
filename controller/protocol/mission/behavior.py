"""Behavior of each autopilot in mission transfers, as data for the mission server."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from controller.autopilot_facts import facts
from controller.autopilot_facts.facts import StackFacts
from controller.protocol import timing
from controller.protocol.mission.wire import FENCE, MISSION, RALLY
from controller.protocol.timing import VehicleTiming


@dataclass(frozen=True, slots=True)
class MissionBehavior:
    """Behavior of an autopilot in mission transfers.

    Sources: ArduPilot MissionItemProtocol.cpp, PX4 mavlink_mission.cpp.

    legacy_requests      requests items with the old MISSION_REQUEST
    has_home_item        item 0 of the mission is home, whatever was uploaded
    atomic_types         lists that change only when the upload is complete; others change item by item
    sequential_only      sends items only in order and aborts otherwise; one transfer at a time
    rejects_unrequested  answers unrequested items with INVALID_SEQUENCE (others ignore them)
    repeats_last_ack     accepts the last item again if it is repeated after the end (others: ERROR)
    restarts_on_count    restarts the upload on a MISSION_COUNT from the same peer (others: ERROR)
    partial_write        supports MISSION_WRITE_PARTIAL_LIST
    partial_read         supports MISSION_REQUEST_PARTIAL_LIST
    sends_cancelled      sends OPERATION_CANCELLED when it gives up
    clears_all           supports MAV_MISSION_TYPE_ALL in MISSION_CLEAR_ALL
    ignores_same_list    an upload of the list on board changes nothing
    heeds_current        an item marked current in an upload becomes the current one
    marks_current_always marks the item with the current number in fence and rally lists too
    counts_all_as_none   answers MISSION_REQUEST_LIST of MAV_MISSION_TYPE_ALL with a count of 0
    texts                status texts: "refused" item, "busy", "timeout" of an upload, "not_in_list"
    sends_ids            sends ids of the lists (`opaque_id`, `mission_id`, ...)
    timing               timeouts of its mission service
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
    sends_ids: bool
    timing: VehicleTiming
    ignores_same_list: bool = False
    heeds_current: bool = False
    marks_current_always: bool = False
    counts_all_as_none: bool = False
    texts: Mapping[str, str] = field(default_factory=dict)


_ARDUPILOT, _PX4 = StackFacts(facts.ARDUPILOT), StackFacts(facts.PX4)

ARDUPILOT = MissionBehavior(
    legacy_requests=_ARDUPILOT.flag("legacy_requests"),
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
    sends_ids=False,
    timing=timing.ARDUPILOT,
    texts={"timeout": _ARDUPILOT.table("silent_upload")["text"]},
)

PX4 = MissionBehavior(
    legacy_requests=_PX4.flag("legacy_requests"),
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
    sends_ids=True,
    timing=timing.PX4,
    ignores_same_list=_PX4.flag("same_checksum"),
    heeds_current=True,
    marks_current_always=True,
    counts_all_as_none=True,
    texts={
        "refused": _PX4.table("unsupported_item")["text"],
        "busy": _PX4.table("busy")["text"],
        "timeout": _PX4.table("silent_upload")["text"],
        "not_in_list": _PX4.text("set_current"),
    },
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
    sends_ids=True,
    timing=timing.ARDUPILOT,
)
