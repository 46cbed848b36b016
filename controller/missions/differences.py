"""Differences between a plan and the mission on board, item by item; items that were inserted or left out are found."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from controller.missions import commands
from controller.protocol.mission.items import MissionItem

_PLACE_NAMES = {"x": "latitude", "y": "longitude", "z": "altitude"}
_PARAM_NAMES = {"x": "param5", "y": "param6", "z": "param7"}


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """Field of an item with other values: `planned` in the plan, `onboard` on the aircraft; degrees for a place."""

    name: str
    planned: float
    onboard: float


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """Item that differs. `number` is its number in the plan, `onboard_number` on the aircraft, None where it is not."""

    kind: Literal["changed", "only planned", "only on board"]
    number: int | None
    onboard_number: int | None
    command: int
    fields: tuple[FieldDifference, ...] = ()


def item_differences(
    planned: Sequence[MissionItem],
    onboard: Sequence[MissionItem],
    changed_fields: Callable[[MissionItem, MissionItem], Sequence[str]],
) -> Iterator[ItemDifference]:
    """Yield the differences of two missions without home items, in order.

    `changed_fields(planned, onboard)` names the fields that differ by more than the autopilot's storage does.
    """
    matcher = SequenceMatcher(None, [*map(_key, planned)], [*map(_key, onboard)], autojunk=False)
    for _, first, last, begin, end in matcher.get_opcodes():
        both = min(last - first, end - begin)
        for step in range(both):
            one, two = planned[first + step], onboard[begin + step]
            if fields := changed_fields(one, two):
                values = tuple(_field(name, one, two) for name in fields)
                yield ItemDifference("changed", first + step + 1, begin + step + 1, one.command, values)
        for index in range(first + both, last):
            yield ItemDifference("only planned", index + 1, None, planned[index].command)
        for index in range(begin + both, end):
            yield ItemDifference("only on board", None, index + 1, onboard[index].command)


def _key(item: MissionItem) -> tuple[int, int, int, int]:
    return item.command, item.x, item.y, round(item.z) if abs(item.z) < 1e6 else 0


def _field(name: str, one: MissionItem, two: MissionItem) -> FieldDifference:
    planned, onboard = float(getattr(one, name)), float(getattr(two, name))
    placed = commands.has_position(one.command) and commands.has_position(two.command)
    if name in ("x", "y") and placed and one.frame in commands.GLOBAL_FRAMES:
        planned, onboard = planned / 1e7, onboard / 1e7
    names = _PLACE_NAMES if placed else _PARAM_NAMES
    return FieldDifference(names.get(name, name), planned, onboard)
