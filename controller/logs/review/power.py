"""The battery under load and the board's own supply: resistance, sag, how low and how restless the voltage was."""

from __future__ import annotations

import math

import numpy as np

from controller.logs.review.evidence import Measured, Signal
from controller.logs.review.flight import Flight
from controller.logs.series.view import Array

# A LiPo cell is full at 4.2 V (a high-voltage one at 4.35); a little more for how the voltage is measured.
_FULL_CELL_V = 4.25
_CELL_SLACK = 0.1
_LEAST_ROWS = 50
# A current that stands still tells no resistance.
_LEAST_CURRENT_SPAN_A = 1.0
_MILLIVOLT = 1000.0


def power_signals(flight: Flight) -> list[Signal]:
    """Volts a cell for each battery, and the board's voltage."""
    found = []
    for number, times_us, volts, _ in _batteries(flight):
        cells = _cells(flight, number, volts)
        if cells:
            found.append(Signal("cell", f"battery[{number}], {cells} cells", times_us, volts / cells))
    found += [Signal("vcc_low", source, times_us, volts) for source, times_us, volts in _boards(flight)]
    return found


def power_measured(flight: Flight) -> list[Measured]:
    """The batteries' internal resistance, and how far the board's voltage moved."""
    found = [one for battery in _batteries(flight) if (one := _resistance(flight, *battery)) is not None]
    for source, times_us, volts in _boards(flight):
        armed = flight.armed(times_us)
        if armed.sum() < 2:
            continue
        lowest, highest = float(volts[armed].min()), float(volts[armed].max())
        found.append(
            Measured(
                "vcc_swing",
                source,
                highest - lowest,
                int(times_us[armed][0]),
                int(times_us[armed][-1]),
                int(armed.sum()),
                f"{lowest:.2f} V to {highest:.2f} V",
            )
        )
    return found


def fit_resistance(times_us: Array, volts: Array, amps: Array) -> float:
    """Ohms, from a least-squares fit of the voltage to a constant, the charge used so far, and the current.

    The charge takes away what the battery loses by emptying, which is not resistance. Negative where noise wins.
    """
    seconds = (times_us - times_us[0]) / 1e6
    steps = np.diff(seconds, prepend=seconds[0])
    used = np.cumsum(amps * steps)
    terms = np.stack([np.ones_like(volts), used, -amps], 1)
    return float(np.linalg.lstsq(terms, volts, rcond=None)[0][2])


def _resistance(flight: Flight, number: int, times_us: Array, volts: Array, amps: Array) -> Measured | None:
    armed = flight.armed(times_us) & np.isfinite(volts) & np.isfinite(amps)
    times_us, volts, amps = times_us[armed], volts[armed], amps[armed]
    cells = _cells(flight, number, volts)
    if len(times_us) < _LEAST_ROWS or not cells:
        return None
    low_a, high_a = np.percentile(amps, (2, 98))
    # A simulator's battery without any sag is no battery to judge.
    if high_a - low_a < _LEAST_CURRENT_SPAN_A or np.ptp(volts) == 0:
        return None
    ohms = fit_resistance(times_us, volts, amps)
    sag_v = ohms * float(high_a)
    return Measured(
        "resistance",
        f"battery[{number}], {cells} cells",
        ohms / cells * _MILLIVOLT,
        int(times_us[0]),
        int(times_us[-1]),
        len(times_us),
        f"{ohms * _MILLIVOLT:.0f} mΩ in all: {sag_v:.2f} V of sag at {high_a:.0f} A",
    )


def _batteries(flight: Flight) -> list[tuple[int, Array, Array, Array]]:
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


def _cells(flight: Flight, number: int, volts: Array) -> int:
    """Cells in series: PX4's parameter where it fits the voltage, otherwise as many as the highest voltage needs; 0 where
    nobody knows."""
    known = volts[np.isfinite(volts)]
    if not len(known):
        return 0
    highest_v = float(known.max())
    told = flight.params.get(f"BAT{number + 1}_N_CELLS", 0.0) if flight.px4 else 0.0
    if told > 0 and highest_v / told <= _FULL_CELL_V + _CELL_SLACK:
        return int(told)
    return max(1, math.ceil(highest_v / _FULL_CELL_V - _CELL_SLACK))


def _boards(flight: Flight) -> list[tuple[str, Array, Array]]:
    """Source, times and volts of what feeds the autopilot's board."""
    names = {
        "dataflash": (("POWR", "Vcc", 1.0), ("CURR", "Vcc", _MILLIVOLT)),
        "tlog": (("POWER_STATUS", "Vcc", _MILLIVOLT), ("HWSTATUS", "Vcc", _MILLIVOLT)),
        "ulog": (("system_power", "voltage5v_v", 1.0), ("system_power", "voltage5V_v", 1.0)),
    }
    for name, column, scale in names[flight.read.format]:
        rows = flight.records.first(name)
        if rows is not None and column in rows:
            volts = rows[column] / scale
            measured = volts > 0
            return (
                [(f"{rows.source}.{column}", flight.times_us(rows.times_us)[measured], volts[measured])]
                if measured.any()
                else []
            )
    return []
