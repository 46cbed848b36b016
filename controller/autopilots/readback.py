"""Mission verification: compares the mission read back with the mission sent, field by field.

Autopilots store less than they receive: a delay as whole seconds, an altitude as centimetres, and no unused
parameters. A field passes if it reads back as sent, or as the autopilot's storage rules (`ardupilot_storage`,
`px4_storage`) allow.
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
    """Allowed change of one field by the storage: a test of the received value, and the reason for the user."""

    allows: Callable[[float], bool]
    why: str


StorageRules: TypeAlias = Callable[[MissionItem], dict[str, AllowedChange]]
"""Returns the fields of a sent item that may read back changed. All other fields must read back unchanged."""


@dataclass(frozen=True, slots=True)
class ReadbackDifference:
    """Field that reads back changed. `why` is the reason, None if the change is not allowed and the missions differ."""

    seq: int
    field: str
    sent: float | None
    received: float | None
    why: str | None

    def __str__(self) -> str:
        return f"{self.field} sent as {_number(self.sent)}, read back as {_number(self.received)}"


def same_on_wire(one: float, two: float) -> bool:
    """Return whether two values are equal with 32-bit float precision; NaN equals NaN."""
    if isinstance(one, int) and isinstance(two, int):
        return one == two
    one, two = float32(one), float32(two)
    return one == two or (math.isnan(one) and math.isnan(two))


def stored_as(value: float, why: str) -> AllowedChange:
    """Return a rule that allows exactly this value."""
    return AllowedChange(lambda received: same_on_wire(received, value), why)


def no_change_allowed(item: MissionItem) -> dict[str, AllowedChange]:  # noqa: ARG001 - signature of StorageRules
    """Rules of a storage that changes nothing."""
    return {}


DROPPED = stored_as(0.0, "not stored by this autopilot")


def compare_items(
    sent: Sequence[MissionItem], received: Sequence[MissionItem], rules: StorageRules, *, first_seq: int = 0
) -> tuple[ReadbackDifference, ...]:
    """Return all differences, in order. A different item count is one difference of the field `items`."""
    found = []
    if len(sent) != len(received):
        found.append(
            ReadbackDifference(
                min(len(sent), len(received)) + first_seq, "items", len(sent), len(received), None
            )
        )
    for seq, (sent_item, received_item) in enumerate(zip(sent, received, strict=False), first_seq):
        allowed: dict[str, AllowedChange] | None = None
        for name in COMPARED_FIELDS:
            before, after = getattr(sent_item, name), getattr(received_item, name)
            if same_on_wire(before, after):
                continue
            allowed = rules(sent_item) if allowed is None else allowed
            rule = allowed.get(name)
            why = rule.why if rule is not None and rule.allows(after) else None
            found.append(ReadbackDifference(seq, name, before, after, why))
    return tuple(found)


def area_rules(item: MissionItem) -> dict[str, AllowedChange]:
    """Return the rules of fence and rally items.

    A fence has no altitude, so any global frame is equivalent. Rally points are stored in whole metres (ArduPilot),
    and may read back in the equivalent frame (PX4).
    """
    is_rally = item.command == MAV_CMD.NAV_RALLY_POINT
    frames = _RELATIVE if is_rally and item.frame in _RELATIVE else _RELATIVE | _AMSL
    rules = {
        "frame": AllowedChange(lambda got: got in frames, "equivalent frame"),
        "autocontinue": stored_as(1, "autocontinue is always on"),
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
