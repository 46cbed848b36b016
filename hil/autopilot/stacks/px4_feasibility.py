"""Feasibility check of the emulated PX4: missions that it acknowledges and rejects afterwards.

Source: PX4 `FeasibilityChecker.cpp`, the rows of `px4_plans.toml`, and probes on the wire.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import px4_mission
from controller.wire.enums import MAV_CMD, MAV_FRAME, MAV_SEVERITY
from hil.autopilot.stacks.stack_events import SentEvent

ERROR = int(MAV_SEVERITY.ERROR)
_VTOL_ITEMS = (MAV_CMD.NAV_VTOL_TAKEOFF, MAV_CMD.NAV_VTOL_LAND)


def rejection(items: Sequence[MissionItem]) -> SentEvent | None:
    """Return the event for the first reason to reject a multicopter's mission; None for a feasible one."""
    places = [item for item in items if _has_place(item)]
    for number, item in enumerate(items, 1):
        if item.command == MAV_CMD.DO_JUMP and not 0 <= item.param1 < len(items):
            return _unsupported(number, item)
        if _has_place(item) and not _is_place(item):
            return _unsupported(number, item)
        if item.command in _VTOL_ITEMS:
            return SentEvent("navigator_mis_vtol_items", ERROR)
    if places and places[0].command == MAV_CMD.NAV_LAND:
        return SentEvent("navigator_mis_starts_w_landing", ERROR)
    if any(item.command == MAV_CMD.NAV_TAKEOFF for item in places[1:]):
        return SentEvent("navigator_mis_takeoff_not_first", ERROR)
    return None


def _unsupported(number: int, item: MissionItem) -> SentEvent:
    return SentEvent("navigator_mis_unsup_cmd", ERROR, (number, item.command))


def _has_place(item: MissionItem) -> bool:
    return item.command in px4_mission().placed and item.frame != MAV_FRAME.MISSION


def _is_place(item: MissionItem) -> bool:
    return abs(item.x) <= 900_000_000 and abs(item.y) <= 1_800_000_000 and math.isfinite(item.z)
