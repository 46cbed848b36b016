"""Parts of a mission that a file format, or the reading of one, cannot carry over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from controller.missions.checks.findings import item_ranges


@dataclass(frozen=True, slots=True)
class ConversionLoss:
    """Part of a plan that cannot be carried over: its item (0: the plan as a whole), the part, and the reason.

    `instead` is the nearest thing that flies, "" for nothing.
    """

    item: int
    what: str
    why: str
    instead: str = ""

    def __str__(self) -> str:
        place = f"item {self.item}: " if self.item else ""
        return f"{place}{self.what} ({self.reason})"

    @property
    def reason(self) -> str:
        """The reason, and what flies instead."""
        return f"{self.why}; instead: {self.instead}" if self.instead else self.why

    def as_json(self) -> dict[str, Any]:
        """Return the loss as an object for `--json` and the web page."""
        return {"item": self.item, "what": self.what, "why": self.why, "instead": self.instead}


def grouped_losses(losses: Iterable[ConversionLoss]) -> Iterator[ConversionLoss]:
    """Join more than five losses for one reason into the first of them and the numbers of the others."""
    together: dict[str, list[ConversionLoss]] = {}
    for loss in losses:
        together.setdefault(loss.reason, []).append(loss)
    for alike in together.values():
        of_items = [loss for loss in alike if loss.item]
        if len(of_items) <= 5:
            yield from alike
            continue
        yield from (loss for loss in alike if not loss.item)
        first = of_items[0]
        others = item_ranges({loss.item for loss in of_items[1:]})
        yield replace(first, what=f"{first.what}; the same for {others}")
