"""Frame filters of an endpoint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from controller.wire.frame import Frame

Direction = Literal["in", "out"]
_INDEX = {"msg_id": 1, "system": 3, "component": 4}


@dataclass(frozen=True, slots=True)
class Filter:
    """Filter rule: `allow` lists the values that pass (None: all), `block` the values that do not.

    Direction `in` applies to frames received on the endpoint, `out` to frames sent to it.
    """

    direction: Direction
    field: Literal["msg_id", "system", "component"]
    allow: frozenset[int] | None = None
    block: frozenset[int] = frozenset()

    def passes(self, frame: Frame) -> bool:
        """Return whether this rule lets the frame pass."""
        value = frame[_INDEX[self.field]]
        return value not in self.block and (self.allow is None or value in self.allow)


def one_way(filters: Iterable[Filter], direction: Direction) -> tuple[Filter, ...]:
    """Return the rules of one direction."""
    return tuple(rule for rule in filters if rule.direction == direction)


def passes(filters: tuple[Filter, ...], frame: Frame) -> bool:
    """Return whether all rules let the frame pass."""
    return all(rule.passes(frame) for rule in filters)
