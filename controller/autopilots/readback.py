"""Comparing a mission read back with the one sent, field by field.

Autopilots store less than the wire carries: a delay as whole seconds, an altitude as centimetres, an unused parameter not at
all. So a field that comes back is right when it is what was sent, or what this stack's storage makes of it; each stack's
rules (`ardupilot_storage`, `px4_storage`) name the second, nothing else passes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from controller.protocol.mission.items import COMPARED_FIELDS, MissionItem, float32
from controller.wire.enums import MAV_CMD, MAV_FRAME

_RELATIVE = frozenset((MAV_FRAME.GLOBAL_RELATIVE_ALT, MAV_FRAME.GLOBAL_RELATIVE_ALT_INT))
_AMSL = frozenset((MAV_FRAME.GLOBAL, MAV_FRAME.GLOBAL_INT))


@dataclass(frozen=True, slots=True)
class AllowedChange:
    """What a storage may make of one field: test of the value received, and the reason to tell."""

    allows: Callable[[float], bool]
    why: str


StorageRules: TypeAlias = Callable[[MissionItem], dict[str, AllowedChange]]
"""For an item sent: the fields that may come back changed. Fields not named must come back as they were."""


@dataclass(frozen=True, slots=True)
class ReadbackDifference:
    """One field that came back changed. `why` is None when nothing allows it: then the mission aboard is not the one sent."""

    seq: int
    field: str
    sent: float | None
    received: float | None
    why: str | None

    def __str__(self) -> str:
        return f"{self.field} sent as {_number(self.sent)}, read back as {_number(self.received)}"


def same_on_wire(one: float, two: float) -> bool:
    """Equal at the 32 bits that floats travel with; NaN equals NaN."""
    if isinstance(one, int) and isinstance(two, int):
        return one == two
    one, two = float32(one), float32(two)
    return one == two or (math.isnan(one) and math.isnan(two))


def stored_as(value: float, why: str) -> AllowedChange:
    """It may come back as exactly this value."""
    return AllowedChange(lambda received: same_on_wire(received, value), why)


def no_change_allowed(item: MissionItem) -> dict[str, AllowedChange]:  # noqa: ARG001 - it is a Rules
    """For a storage that must give back every bit."""
    return {}


DROPPED = stored_as(0.0, "not stored by this autopilot")


def compare_items(
    sent: Sequence[MissionItem], received: Sequence[MissionItem], rules: StorageRules, *, first_seq: int = 0
) -> tuple[ReadbackDifference, ...]:
    """All differences, in order. A missing or surplus item is one difference of the field `items`."""
    found = []
    if len(sent) != len(received):
        found.append(
            ReadbackDifference(
                min(len(sent), len(received)) + first_seq, "items", len(sent), len(received), None
            )
        )
    for seq, (ours, theirs) in enumerate(zip(sent, received, strict=False), first_seq):
        kept: dict[str, AllowedChange] | None = None
        for name in COMPARED_FIELDS:
            before, after = getattr(ours, name), getattr(theirs, name)
            if same_on_wire(before, after):
                continue
            kept = rules(ours) if kept is None else kept
            rule = kept.get(name)
            why = rule.why if rule is not None and rule.allows(after) else None
            found.append(ReadbackDifference(seq, name, before, after, why))
    return tuple(found)


def area_rules(item: MissionItem) -> dict[str, AllowedChange]:
    """Fences and rally points. A fence has no altitude, so its frame says nothing; rally points are stored in whole metres
    (ArduPilot) and may come back in the other number of their frame (PX4)."""
    is_rally = item.command == MAV_CMD.NAV_RALLY_POINT
    frames = _RELATIVE if is_rally and item.frame in _RELATIVE else _RELATIVE | _AMSL
    rules = {
        "frame": AllowedChange(lambda got: got in frames, "the same frame by its other number"),
        "autocontinue": stored_as(1, "this autopilot always continues"),
        "z": AllowedChange(lambda got: abs(got - item.z) < 1, "stored as whole metres")
        if is_rally
        else DROPPED,
    }
    for n in range(1, 5):
        if n > 1 or is_rally:
            rules[f"param{n}"] = DROPPED
    return rules


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.9g}"
