"""The battery under load and the board's supply: internal resistance, voltage sag, lowest voltage and its swing."""

from __future__ import annotations

import math

import numpy as np

from controller.logs.formats.health import Column
from controller.logs.review.evidence import Measurement, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.series.view import Array

# A LiPo cell is full at 4.2 V (a high-voltage one at 4.35); a little more for the error of measurement.
_FULL_CELL_V = 4.25
_CELL_SLACK = 0.1
_LEAST_ROWS = 50
# A constant current does not show the resistance.
_LEAST_CURRENT_SPAN_A = 1.0
_MILLIVOLT = 1000.0


def power_signals(flight: ReviewedFlight) -> list[Signal]:
    """Volts a cell for each battery, and the board's voltage."""
    found = []
    for number, times_us, volts, _ in _batteries(flight):
        cells = _cells(flight, number, volts)
        if cells:
            found.append(Signal("cell", f"battery[{number}], {cells} cells", times_us, volts / cells))
    board = _board_voltage(flight)
    if board is not None:
        found.append(Signal("vcc_low", board.source, board.times_us, board.values))
    return found


def power_measurements(flight: ReviewedFlight) -> list[Measurement]:
    """The batteries' internal resistance, and the swing of the board's voltage."""
    found = [one for battery in _batteries(flight) if (one := _resistance(flight, *battery)) is not None]
    board = _board_voltage(flight)
    armed = flight.view.armed(board.times_us) if board is not None else np.zeros(0, np.bool_)
    if board is not None and armed.sum() >= 2:
        times_us, volts = board.times_us[armed], board.values[armed]
        lowest, highest = float(volts.min()), float(volts.max())
        found.append(
            Measurement(
                "vcc_swing",
                board.source,
                highest - lowest,
                int(times_us[0]),
                int(times_us[-1]),
                len(times_us),
                f"{lowest:.2f} V to {highest:.2f} V",
            )
        )
    return found


def fit_resistance(times_us: Array, volts: Array, amps: Array) -> float:
    """Ohms, from a least-squares fit of the voltage to a constant, the charge used so far, and the current.

    The charge accounts for the voltage that falls as the battery empties, which is not resistance. Negative if noise
    prevails.
    """
    seconds = (times_us - times_us[0]) / 1e6
    steps = np.diff(seconds, prepend=seconds[0])
    used = np.cumsum(amps * steps)
    terms = np.stack([np.ones_like(volts), used, -amps], 1)
    return float(np.linalg.lstsq(terms, volts, rcond=None)[0][2])


def _resistance(
    flight: ReviewedFlight, number: int, times_us: Array, volts: Array, amps: Array
) -> Measurement | None:
    armed = flight.view.armed(times_us) & np.isfinite(volts) & np.isfinite(amps)
    times_us, volts, amps = times_us[armed], volts[armed], amps[armed]
    cells = _cells(flight, number, volts)
    if len(times_us) < _LEAST_ROWS or not cells:
        return None
    low_a, high_a = np.percentile(amps, (2, 98))
    # A simulated battery without sag has no resistance to measure.
    if high_a - low_a < _LEAST_CURRENT_SPAN_A or np.ptp(volts) == 0:
        return None
    ohms = fit_resistance(times_us, volts, amps)
    sag_v = ohms * float(high_a)
    return Measurement(
        "resistance",
        f"battery[{number}], {cells} cells",
        ohms / cells * _MILLIVOLT,
        int(times_us[0]),
        int(times_us[-1]),
        len(times_us),
        f"{ohms * _MILLIVOLT:.0f} mΩ in all: {sag_v:.2f} V of sag at {high_a:.0f} A",
    )


def _batteries(flight: ReviewedFlight) -> list[tuple[int, Array, Array, Array]]:
    """Number, times, volts and amperes of each battery that has a voltage."""
    channel = flight.view.channels.get("battery")
    if channel is None:
        return []
    found = []
    for number in np.unique(channel["number"]):
        rows = channel["number"] == number
        volts = np.where(channel["voltage_v"][rows] > 0, channel["voltage_v"][rows], np.nan)
        if np.isfinite(volts).any():
            found.append((int(number), channel.times_us[rows], volts, channel["current_a"][rows]))
    return found


def _cells(flight: ReviewedFlight, number: int, volts: Array) -> int:
    """Cells in series: PX4's parameter where it fits the voltage, otherwise as many as the highest voltage needs; 0
    where there is no voltage."""
    known = volts[np.isfinite(volts)]
    if not len(known):
        return 0
    highest_v = float(known.max())
    set_to = flight.parameters.get(f"BAT{number + 1}_N_CELLS", 0.0) if flight.log.px4 else 0.0
    if set_to > 0 and highest_v / set_to <= _FULL_CELL_V + _CELL_SLACK:
        return int(set_to)
    return max(1, math.ceil(highest_v / _FULL_CELL_V - _CELL_SLACK))


def _board_voltage(flight: ReviewedFlight) -> Column | None:
    """Volts of the autopilot board's supply, where it was measured."""
    found = flight.health.board_voltage()
    measured = found.values > 0 if found is not None else np.zeros(0, np.bool_)
    if found is None or not measured.any():
        return None
    return Column(found.source, found.times_us[measured], found.values[measured])
