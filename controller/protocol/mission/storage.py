"""How each stack stores mission items, fences and rally points, made from the facts about it.

The ground station compares a list read back with `ListStorage.changes`; the emulated autopilots answer with
`ListStorage.stored`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from controller.autopilot_facts.facts import ARDUPILOT, PX4, StackFacts
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.stored_values import (
    DROPPED,
    RULES,
    AllowedChange,
    StorageRule,
    stored_as,
)
from controller.wire.enums import MAV_CMD, MAV_FRAME

PARAMS = ("param1", "param2", "param3", "param4")
_SAME_FRAME = {
    int(MAV_FRAME.GLOBAL_INT): int(MAV_FRAME.GLOBAL),
    int(MAV_FRAME.GLOBAL_RELATIVE_ALT_INT): int(MAV_FRAME.GLOBAL_RELATIVE_ALT),
    int(MAV_FRAME.GLOBAL_TERRAIN_ALT_INT): int(MAV_FRAME.GLOBAL_TERRAIN_ALT),
}


class ListStorage(ABC):
    """Storage of one list (mission, fence or rally points) of one stack."""

    @abstractmethod
    def changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        """Return the fields of `item` that the storage may change, with the values that it gives them."""

    def stored(self, item: MissionItem) -> MissionItem:
        """Return the item as it reads back."""
        fields: dict[str, Any] = {}
        for name, change in self.changes(item).items():
            kind = type(getattr(item, name))
            fields[name] = kind(change.stored) if kind in (bool, int) else change.stored
        return replace(item, **fields)


def _equivalent(frame: int) -> int:
    return _SAME_FRAME.get(frame, frame)


def _frame_change(stored: int) -> AllowedChange:
    same = _equivalent(stored)
    return AllowedChange(stored, "equivalent frame", lambda got: _equivalent(int(got)) == same)


class _Frames:
    """Frame as sent -> as read back."""

    def __init__(self, table: Mapping[str, int]) -> None:
        self.table = {int(sent): int(back) for sent, back in table.items()}

    def change(self, frame: int) -> dict[str, AllowedChange]:
        return {"frame": _frame_change(self.table[frame])} if frame in self.table else {}


def _commands(names: tuple[str, ...]) -> frozenset[int]:
    return frozenset(int(MAV_CMD[name]) for name in names)


def _param_rules(table: Mapping[str, Mapping[str, str]]) -> dict[int, dict[str, StorageRule]]:
    return {
        int(MAV_CMD[command]): {f"param{number}": RULES[rule] for number, rule in kept.items()}
        for command, kept in table.items()
    }


class MissionStorage(ListStorage):
    """Storage of mission items.

    `frames` are the frames in which an item with a place is accepted, `placed` the commands that keep their place,
    `taken` the commands that are accepted at all.
    """

    def __init__(self, stack: str) -> None:
        facts = StackFacts(stack)
        self._kept = _param_rules(facts.table("stored_params"))
        self._frames = _Frames(facts.table("mission_frames"))
        self.placed = _commands(facts.texts("placed_commands"))
        self.frames = frozenset(self._frames.table)
        self.taken = self.placed | self._kept.keys()

    def kept(self, command: int) -> Mapping[str, StorageRule]:
        """Return the rules of the parameters that are stored of a command, by field."""
        return self._kept.get(command, {})

    def _param_changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        kept = self.kept(item.command)
        return {name: kept[name](getattr(item, name)) if name in kept else DROPPED for name in PARAMS}


class ArduPilotMission(MissionStorage):
    """Fifteen bytes an item: no unused parameters, no frame and no place for commands without one."""

    def __init__(self, *, winged: bool) -> None:
        super().__init__(ARDUPILOT)
        facts = StackFacts(ARDUPILOT)
        if winged:
            self._kept |= _param_rules(facts.table("stored_params_plane"))
        self._keeps_xyz = _commands(facts.texts("commands_with_xyz_params"))
        self._unplaced_frame = facts.integer("unplaced_commands_read_back")
        self._autocontinue = facts.integer("mission_autocontinue")

    def kept(self, command: int) -> Mapping[str, StorageRule]:
        # All parameters of a command not listed must read back unchanged.
        return self._kept.get(command, dict.fromkeys(PARAMS, RULES["float"]))

    def changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        changes = self._param_changes(item)
        changes["autocontinue"] = stored_as(self._autocontinue, "autocontinue is always on")
        if item.command in self.placed:
            return changes | self._frames.change(item.frame) | {"z": RULES["centimetres"](item.z)}
        changes["frame"] = stored_as(self._unplaced_frame, "no frame is stored without a position")
        if item.command not in self._keeps_xyz:
            changes |= {"x": DROPPED, "y": DROPPED, "z": DROPPED}
        return changes


class Px4Mission(MissionStorage):
    """Items with a place keep what their command uses; items without one keep everything."""

    def __init__(self) -> None:
        super().__init__(PX4)
        self.unplaced = _commands(StackFacts(PX4).texts("unplaced_commands"))
        self.taken |= self.unplaced
        self._unplaced_params = _param_rules(StackFacts(PX4).table("unplaced_params"))

    def changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        if item.frame == MAV_FRAME.MISSION:
            rules = self._unplaced_params.get(item.command, {})
            return {name: rule(getattr(item, name)) for name, rule in rules.items()}
        if item.command not in self.placed:
            return {}
        return self._param_changes(item) | self._frames.change(item.frame)


class FenceStorage(ListStorage):
    """Storage of fence items: parameter 1 (vertices or radius) and the place; `height`: the height too."""

    def __init__(self, stack: str, *, height: bool) -> None:
        facts = StackFacts(stack)
        self._frames = _Frames(facts.table("fence_frames"))
        self._autocontinue = facts.integer("fence_autocontinue")
        self._height = height
        self.frames = frozenset(self._frames.table)

    def changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        changes = dict.fromkeys(PARAMS[1:], DROPPED) | self._frames.change(item.frame)
        if item.command == MAV_CMD.NAV_FENCE_RETURN_POINT:
            changes["param1"] = DROPPED
        if not self._height:
            changes["z"] = DROPPED
        why = "autocontinue is not stored in a fence"
        return changes | {"autocontinue": stored_as(self._autocontinue, why)}


class RallyStorage(ListStorage):
    """Storage of rally points: the place only; `height` is the rule of the height."""

    def __init__(self, stack: str, *, height: str) -> None:
        facts = StackFacts(stack)
        self._frames = _Frames(facts.table("rally_frames"))
        self._autocontinue = facts.integer("rally_autocontinue")
        self._height = RULES[height]
        self.frames = frozenset(self._frames.table)

    def changes(self, item: MissionItem) -> dict[str, AllowedChange]:
        why = "autocontinue is not stored in a rally point"
        return {
            **dict.fromkeys(PARAMS, DROPPED),
            **self._frames.change(item.frame),
            "z": self._height(item.z),
            "autocontinue": stored_as(self._autocontinue, why),
        }


@cache
def ardupilot_mission(*, winged: bool) -> ArduPilotMission:
    """Return ArduPilot's storage of mission items; planes store other waypoint parameters (`winged`)."""
    return ArduPilotMission(winged=winged)


@cache
def px4_mission() -> Px4Mission:
    """Return PX4's storage of mission items."""
    return Px4Mission()


@cache
def ardupilot_fence() -> FenceStorage:
    """Return ArduPilot's storage of fence items."""
    return FenceStorage(ARDUPILOT, height=False)


@cache
def px4_fence() -> FenceStorage:
    """Return PX4's storage of fence items."""
    return FenceStorage(PX4, height=True)


@cache
def ardupilot_rally() -> RallyStorage:
    """Return ArduPilot's storage of rally points."""
    return RallyStorage(ARDUPILOT, height="whole_metres")


@cache
def px4_rally() -> RallyStorage:
    """Return PX4's storage of rally points."""
    return RallyStorage(PX4, height="float")
