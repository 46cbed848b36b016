"""How many cells in series a battery has: set by the user, by the aircraft's parameters, measured, or guessed.

A count that the voltages contradict is not taken: parameters are copied from one aircraft to another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from controller.logs.review.flight import ReviewedFlight
from controller.logs.series.view import Array

# A LiPo cell is full at 4.2 V (a high-voltage one at 4.35); a little more for the error of measurement.
_FULL_CELL_V = 4.25
_CELL_SLACK = 0.1
# No aircraft takes off with less, and no autopilot is set to warn of less or more under load.
_EMPTY_CELL_V = 2.9
_CHARGED_V, _LOW_V, _CRITICAL_V = 4.2, 3.55, 3.45


@dataclass(frozen=True, slots=True)
class Cells:
    """Number of cells in series, and what it follows from."""

    number: int
    source: str


def cells_of(flight: ReviewedFlight, battery: int, volts: Array) -> Cells | None:
    """The cells of a battery by its number (from 0); None where it has no voltage."""
    known = volts[np.isfinite(volts)]
    if not len(known):
        return None
    if flight.cells:
        return Cells(flight.cells, "--cells")
    highest_v = float(known.max())
    for cells in _named(flight, battery):
        if _EMPTY_CELL_V <= highest_v / cells.number <= _FULL_CELL_V + _CELL_SLACK:
            return cells
    return Cells(
        max(1, math.ceil(highest_v / _FULL_CELL_V - _CELL_SLACK)), "guessed from the highest voltage"
    )


def _named(flight: ReviewedFlight, battery: int) -> list[Cells]:
    """What parameters and measured cells say, the most reliable first."""
    found = []
    if flight.log.px4:
        for name in (f"BAT{battery + 1}_N_CELLS", *(["BAT_N_CELLS"] if battery == 0 else [])):
            found.append((flight.parameters.get(name, 0.0), name))
    found.append((float(flight.health.measured_cells(battery)), "measured cells"))
    if not flight.log.px4:
        for name, cell_v in _voltages(battery):
            found.append((round(flight.parameters.get(name, 0.0) / cell_v), name))
    return [Cells(int(number), source) for number, source in found if number >= 1]


def _voltages(battery: int) -> list[tuple[str, float]]:
    """ArduPilot's parameters with a voltage of the whole battery, and the volts a cell that they stand for."""
    first = [("MOT_BAT_VOLT_MAX", _CHARGED_V), ("Q_M_BAT_VOLT_MAX", _CHARGED_V)] if battery == 0 else []
    return [
        *first,
        *((name, _LOW_V) for name in low_parameters(battery)),
        *((name, _CRITICAL_V) for name in critical_parameters(battery)),
    ]


def low_parameters(battery: int) -> list[str]:
    """ArduPilot's parameters for the voltage of the battery failsafe, today's name first."""
    return [f"{_prefix(battery)}LOW_VOLT", *(["FS_BATT_VOLTAGE", "LOW_VOLT"] if battery == 0 else [])]


def critical_parameters(battery: int) -> list[str]:
    """As `low_parameters`, for the second failsafe."""
    return [f"{_prefix(battery)}CRT_VOLT"]


def _prefix(battery: int) -> str:
    return "BATT_" if battery == 0 else f"BATT{battery + 1}_"
