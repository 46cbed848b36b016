"""Lines of the report's plots, from the series of a log."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.logs.review.flight import ReviewedFlight
from controller.logs.review.link import link_signals
from controller.logs.series.rows import NoColumn
from controller.logs.series.view import Channel

Array = NDArray[np.float64]
MOTORS = "Motors"
_MOST_POINTS = 20_000
# The review compares means; the control activity around them would hide their difference.
_MOTOR_WINDOW_S = 2.0
_FIX_3D = 3


@dataclass(frozen=True, slots=True)
class PlotLine:
    """One line of a plot: name, unit, times and values."""

    name: str
    unit: str
    times_s: Array
    values: Array

    @property
    def empty(self) -> bool:
        return not np.isfinite(self.values).any()


def flight_series(flight: ReviewedFlight, first_us: int) -> dict[str, list[PlotLine]]:
    """The lines of each plot by its title; without data no line, or empty ones."""
    channels = flight.view.channels

    def line(name: str, unit: str, channel: str, column: str, scale: float = 1.0) -> list[PlotLine]:
        found = channels.get(channel)
        return [] if found is None else [_line(name, unit, found, first_us, found[column] * scale)]

    def numbered(name: str, unit: str, channel: str, column: str, scale: float = 1.0) -> list[PlotLine]:
        """A line for each battery or GPS receiver."""
        found = channels.get(channel)
        if found is None:
            return []
        values = found[column] * scale
        if column == "hdop":
            # Without a fix the value is meaningless.
            values = np.where(found["fix"] >= _FIX_3D, values, np.nan)
        numbers = np.unique(found["number"])
        names = {number: name if len(numbers) == 1 else f"{name} {int(number) + 1}" for number in numbers}
        return [
            _line(names[number], unit, found, first_us, values, found["number"] == number)
            for number in numbers
        ]

    volts = numbered("battery", "V", "battery", "voltage_v")
    height = line("above home", "m", "altitude", "home_m")
    air = flight.log.measures_airspeed
    return {
        "Altitude": height
        if height and not height[0].empty
        else line("above sea level", "m", "altitude", "msl_m"),
        "Speed": [
            *line("ground speed", "m/s", "speed", "ground_m_s"),
            *line("climb", "m/s", "speed", "climb_m_s"),
            *(line("airspeed", "m/s", "airspeed", "air_m_s") if air else []),
        ],
        "Attitude": [
            *line("roll", "°", "attitude", "roll_rad", 180 / np.pi),
            *line("pitch", "°", "attitude", "pitch_rad", 180 / np.pi),
        ],
        # Autopilots that do not measure it report 0.
        "Voltage": [volts_line for volts_line in volts if np.nanmax(volts_line.values, initial=0.0) > 0],
        "Current": numbered("battery", "A", "battery", "current_a"),
        "Charge": numbered("charge left", "%", "battery", "left_share", 100.0),
        MOTORS: _motors(flight, first_us),
        "Satellites": [
            *numbered("satellites", "", "gps", "satellites"),
            *numbered("HDOP", "", "gps", "hdop"),
        ],
        "Link": [
            PlotLine("frames lost", "%", (signal.times_us - first_us) / 1e6, signal.values)
            for signal in link_signals(flight)
        ],
    }


def _line(
    name: str, unit: str, channel: Channel, first_us: int, values: Array, rows: Array | slice = slice(None)
) -> PlotLine:
    return plot_line(name, unit, channel.times_us[rows], values[rows], first_us)


def plot_line(name: str, unit: str, times_us: NDArray[np.int64], values: Array, first_us: int) -> PlotLine:
    """A line of a plot; of a very long one the known values with each peak, so that a report holds little."""
    if len(times_us) > _MOST_POINTS:
        kept = _peaks(values)
        times_us, values = times_us[kept], values[kept]
    return PlotLine(name, unit, (times_us - first_us) / 1e6, values)


def _peaks(values: Array) -> NDArray[np.int64]:
    """The rows of the first, the last, and the lowest and highest known value of each of many stretches."""
    long = -(-len(values) * 2 // _MOST_POINTS)
    whole = len(values) // long * long
    with np.errstate(invalid="ignore"):
        table = values[:whole].reshape(-1, long)
        first = np.arange(0, whole, long)
        low = first + np.where(np.isnan(table), np.inf, table).argmin(1)
        high = first + np.where(np.isnan(table), -np.inf, table).argmax(1)
    known = np.flatnonzero(np.isfinite(values))[[0, -1]] if np.isfinite(values).any() else np.zeros(0, int)
    return np.unique(np.concatenate([low, high, np.arange(whole, len(values)), known]))


def _motors(flight: ReviewedFlight, first_us: int) -> list[PlotLine]:
    try:
        found = flight.health.motors()
    except NoColumn:
        return []
    if found is None or not len(found.times_us):
        return []
    times_s = (found.times_us - first_us) / 1e6
    _, window, came = np.unique(times_s // _MOTOR_WINDOW_S, return_inverse=True, return_counts=True)
    at_s = np.bincount(window, weights=times_s) / came
    return [
        PlotLine(f"motor {number}", "µs", at_s, np.bincount(window, weights=values) / came)
        for number, values in sorted(found.pulses_us.items())
    ]
