"""What may pass an endpoint, and which way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from controller.wire.frame import Frame

Direction = Literal["in", "out"]
_INDEX = {"msg_id": 1, "system": 3, "component": 4}


@dataclass(frozen=True, slots=True)
class Filter:
    """One rule: `allow` (None: everything) names what may pass, `block` what may not. `in` is what an endpoint brings us."""

    direction: Direction
    field: Literal["msg_id", "system", "component"]
    allow: frozenset[int] | None = None
    block: frozenset[int] = frozenset()

    def passes(self, frame: Frame) -> bool:
        value = frame[_INDEX[self.field]]
        return value not in self.block and (self.allow is None or value in self.allow)


def one_way(filters: Iterable[Filter], direction: Direction) -> tuple[Filter, ...]:
    """The rules for one direction."""
    return tuple(rule for rule in filters if rule.direction == direction)


def passes(filters: tuple[Filter, ...], frame: Frame) -> bool:
    """Whether every rule lets the frame pass."""
    return all(rule.passes(frame) for rule in filters)
