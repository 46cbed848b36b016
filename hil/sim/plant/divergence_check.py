"""Finds where a number was lost: a copy of an aircraft's arrays from before, stepped again a millisecond at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.physics import state as ps


@dataclass(frozen=True, slots=True)
class WatchedValues:
    """A stretch of an array that a stage fills."""

    stage: str
    name: str
    row: NDArray[np.float64]
    first: int
    count: int = 1


def watched_values(
    state: NDArray[np.float64], inputs: NDArray[np.float64], readings: NDArray[np.float64], *, rotors: int | None,
    control: tuple[WatchedValues, ...] = (),
) -> tuple[WatchedValues, ...]:  # fmt: skip
    """What may be lost in an aircraft, in the order of the stages; `control` by who thinks between sensors and motors.

    `rotors` are a multirotor's, None of what has wheels and surfaces, too.
    """
    turning = WatchedValues("the rotors, wheels and surfaces", "state", state, ps.ROTOR, ps.MAX_ROTORS)
    if rotors is not None:
        turning = WatchedValues("the rotors", "the speed of rotor", state, ps.ROTOR, rotors)
    return (
        WatchedValues("the air", "wind axis", inputs, ps.WIND, 3),
        WatchedValues("the air", "density", inputs, ps.DENSITY),
        WatchedValues("the sensors", "reading", readings, 0, len(readings)),
        *control,
        WatchedValues(
            "the motor commands",
            "the duty of motor",
            inputs,
            ps.DUTY,
            min(ps.MAX_ROTORS, len(inputs) - ps.DUTY),
        ),
        WatchedValues("the battery", "the voltage", state, ps.VOLTAGE),
        turning,
        WatchedValues("the forces", "force axis", state, ps.FORCE, 3),
        WatchedValues("the forces", "torque axis", state, ps.TORQUE, 3),
        WatchedValues("the motion", "the turn rate about axis", state, ps.RATE, 3),
        WatchedValues("the motion", "velocity axis", state, ps.VEL, 3),
        WatchedValues("the motion", "position axis", state, ps.POS, 3),
        WatchedValues("the motion", "attitude part", state, ps.QUAT, 4),
    )


class Checkpoint:
    """Keeps the arrays as they are at `save`, to go back there."""

    def __init__(self) -> None:
        self._kept: list[NDArray[Any]] = []

    def save(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Remember these."""
        if [kept.shape for kept in self._kept] != [array.shape for array in arrays]:
            self._kept = [array.copy() for array in arrays]
            return
        for kept, array in zip(self._kept, arrays, strict=True):
            np.copyto(kept, array)

    def restore(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Make them what they were."""
        for kept, array in zip(self._kept, arrays, strict=True):
            np.copyto(array, kept)


def first_non_finite(watched: Sequence[WatchedValues]) -> str | None:
    """The first that is no number, in words; None if all are. The order is that of the stages in a step."""
    for part in watched:
        values = part.row[part.first : part.first + part.count]
        bad = np.flatnonzero(~np.isfinite(values))
        if bad.size:
            which = f" {int(bad[0]) + 1}" if part.count > 1 else ""
            return f"in {part.stage}, {part.name}{which} is {float(values[bad[0]])}"
    return None


def find_divergence(
    watched: Sequence[WatchedValues], step_to: Callable[[int], None], first: int, last: int
) -> tuple[int, str]:
    """Step from `first` on until a number is lost; the step and what was lost in it."""
    for step in range(first + 1, last + 1):
        step_to(step)
        found = first_non_finite(watched)
        if found:
            return step, found
    return last, "and could not be found again"
