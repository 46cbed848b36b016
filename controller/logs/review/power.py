"""The battery under load and the board's supply: internal resistance, voltage sag, lowest voltage and its swing."""

from __future__ import annotations

import numpy as np

from controller.logs.formats.health import Column
from controller.logs.review.cells import cells_of, critical_parameters, low_parameters
from controller.logs.review.evidence import Measurement, Signal
from controller.logs.review.flight import ReviewedFlight
from controller.logs.series.view import Array

_LEAST_ROWS = 50
# A constant current does not show the resistance.
_LEAST_CURRENT_SPAN_A = 1.0
_MILLIVOLT = 1000.0


def power_signals(flight: ReviewedFlight) -> list[Signal]:
    """Volts a cell for each battery, what is left of it against the aircraft's own limits, and the board's voltage."""
    found = []
    for number, times_us, volts, _ in _batteries(flight):
        cells = cells_of(flight, number, volts)
        if cells is not None:
            source = f"battery[{number}], {cells.number} cells ({cells.source})"
            found.append(Signal("cell", source, times_us, volts / cells.number))
        found += _against_failsafe(flight, number, times_us, volts)
    found += _against_charge(flight)
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
    cells = cells_of(flight, number, volts)
    if len(times_us) < _LEAST_ROWS or cells is None:
        return None
    low_a, high_a = np.percentile(amps, (2, 98))
    # A simulated battery without sag has no resistance to measure.
    if high_a - low_a < _LEAST_CURRENT_SPAN_A or np.ptp(volts) == 0:
        return None
    ohms = fit_resistance(times_us, volts, amps)
    sag_v = ohms * float(high_a)
    return Measurement(
        "resistance",
        f"battery[{number}], {cells.number} cells ({cells.source})",
        ohms / cells.number * _MILLIVOLT,
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


def _against_failsafe(flight: ReviewedFlight, number: int, times_us: Array, volts: Array) -> list[Signal]:
    """The voltage against ArduPilot's failsafe voltages, where they are set in this aircraft."""
    if flight.log.px4:
        return []
    low, critical = (
        next(
            ((name, flight.parameters[name]) for name in names if flight.parameters.get(name, 0.0) > 0), None
        )
        for names in (low_parameters(number), critical_parameters(number))
    )
    limit = low or critical
    if limit is None:
        return []
    source = f"battery[{number}] against {limit[0]}"
    bad = critical[1] if critical else None
    return [Signal("failsafe_voltage", source, times_us, volts, limit[1], bad)]


def _against_charge(flight: ReviewedFlight) -> list[Signal]:
    """The charge left against PX4's failsafe, which takes the battery with the least."""
    channel = flight.view.channels.get("battery")
    low = flight.parameters.get("BAT_LOW_THR", 0.0) if flight.log.px4 else 0.0
    if channel is None or low <= 0:
        return []
    left = channel["left_share"]
    bad = flight.parameters.get("BAT_CRIT_THR") or None
    return [Signal("failsafe_charge", "battery against BAT_LOW_THR", channel.times_us, left, low, bad)]


def _board_voltage(flight: ReviewedFlight) -> Column | None:
    """Volts of the autopilot board's supply, where it was measured."""
    found = flight.health.board_voltage()
    measured = found.values > 0 if found is not None else np.zeros(0, np.bool_)
    if found is None or not measured.any():
        return None
    return Column(found.source, found.times_us[measured], found.values[measured])
