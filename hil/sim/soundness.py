"""Finds where a number was lost: a copy of an aircraft's arrays from before, stepped again a millisecond at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Watched:
    """A stretch of an array that a stage fills."""

    stage: str
    name: str
    row: NDArray[np.float64]
    first: int
    count: int = 1


class Rewind:
    """Keeps the arrays as they are at `mark`, to go back there."""

    def __init__(self) -> None:
        self._kept: list[NDArray[Any]] = []

    def mark(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Remember these."""
        if [kept.shape for kept in self._kept] != [array.shape for array in arrays]:
            self._kept = [array.copy() for array in arrays]
            return
        for kept, array in zip(self._kept, arrays, strict=True):
            np.copyto(kept, array)

    def back(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Make them what they were."""
        for kept, array in zip(self._kept, arrays, strict=True):
            np.copyto(array, kept)


def lost(watched: Sequence[Watched]) -> str | None:
    """The first that is no number, in words; None if all are. The order is that of the stages in a step."""
    for part in watched:
        values = part.row[part.first : part.first + part.count]
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            which = f" {int(bad[0]) + 1}" if part.count > 1 else ""
            return f"in {part.stage}, {part.name}{which} is {float(values[bad[0]])}"
    return None


def where_lost(
    watched: Sequence[Watched], step_to: Callable[[int], None], first: int, last: int
) -> tuple[int, str]:
    """Step from `first` on until a number is lost; the step and what was lost in it."""
    for step in range(first + 1, last + 1):
        step_to(step)
        found = lost(watched)
        if found:
            return step, found
    return last, "and could not be found again"
