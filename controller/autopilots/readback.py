"""Mission verification: compares the mission read back with the mission sent, field by field.

Autopilots store less than they receive: a delay as whole seconds, an altitude as centimetres, and no unused
parameters. A field passes if it reads back as sent, or as the rules of the stack's storage
(`controller.protocol.mission.storage`) allow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from controller.protocol.mission.items import COMPARED_FIELDS, MissionItem
from controller.protocol.mission.stored_values import AllowedChange, same_on_wire

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


def no_change_allowed(item: MissionItem) -> dict[str, AllowedChange]:  # noqa: ARG001 - signature of StorageRules
    """Rules of a storage that changes nothing."""
    return {}


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


def _number(value: float | None) -> str:
    return "nothing" if value is None else f"{value:.9g}"
