"""Divergence check: finds the step and stage of the first NaN or infinity by repeating steps one at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.physics import state as ps


@dataclass(frozen=True, slots=True)
class WatchedValues:
    """Values in an array that one stage computes; `stage` and `name` are used in the error."""

    stage: str
    name: str
    row: NDArray[np.float64]
    first: int
    count: int = 1


def watched_values(
    state: NDArray[np.float64], inputs: NDArray[np.float64], readings: NDArray[np.float64], *, rotors: int | None,
    control: tuple[WatchedValues, ...] = (),
) -> tuple[WatchedValues, ...]:  # fmt: skip
    """Return the values to check in an aircraft, in the order of the stages.

    `rotors` is the number of rotors of a multirotor, None for other kinds. `control` are the values of the
    controllers between sensors and motors.
    """
    actuators = WatchedValues("the rotors, wheels and surfaces", "state", state, ps.ROTOR, ps.MAX_ROTORS)
    if rotors is not None:
        actuators = WatchedValues("the rotors", "the speed of rotor", state, ps.ROTOR, rotors)
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
        actuators,
        WatchedValues("the forces", "force axis", state, ps.FORCE, 3),
        WatchedValues("the forces", "torque axis", state, ps.TORQUE, 3),
        WatchedValues("the motion", "the body rate about axis", state, ps.RATE, 3),
        WatchedValues("the motion", "velocity axis", state, ps.VEL, 3),
        WatchedValues("the motion", "position axis", state, ps.POS, 3),
        WatchedValues("the motion", "attitude part", state, ps.QUAT, 4),
    )


class Checkpoint:
    """Copy of arrays, to which `restore` sets them back."""

    def __init__(self) -> None:
        self._copies: list[NDArray[Any]] = []

    def save(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Copy the arrays."""
        if [copy.shape for copy in self._copies] != [array.shape for array in arrays]:
            self._copies = [array.copy() for array in arrays]
            return
        for copy, array in zip(self._copies, arrays, strict=True):
            np.copyto(copy, array)

    def restore(self, arrays: Sequence[NDArray[Any]]) -> None:
        """Set the arrays back to the copy."""
        for copy, array in zip(self._copies, arrays, strict=True):
            np.copyto(array, copy)


def first_non_finite(watched: Sequence[WatchedValues]) -> str | None:
    """Return a description of the first value that is not finite, None if all are. The order is that of the stages."""
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
    """Step from `first` until a value is not finite; return the step and the description of the value."""
    for step in range(first + 1, last + 1):
        step_to(step)
        found = first_non_finite(watched)
        if found:
            return step, found
    return last, "in a stage that could not be found"
