"""Power of an aircraft as the log of a past flight measured it."""

from __future__ import annotations

import numpy as np

from controller.app.planning.energy import PowerFigures
from controller.errors import UserError
from controller.logs.series.view import IN_AIR_M, Array, SeriesView

_LEVEL_M_S = 0.3  # climbs slower than this are level flight
_VERTICAL_M_S = 0.4  # climbs faster than this are climbs
_BIN_M_S = 2.0
_LEAST_ROWS = 3
_LEAST_USED = 0.05  # of the battery; less does not show its capacity
_HINT = "give --airframe, or --battery-minutes alone"


def power_of_flight(view: SeriesView, *, source: str) -> PowerFigures:
    """Return the mean power by phase: level at each speed, climbing, sinking. Raises UserError without a battery log.

    The speed is the airspeed where the log has it, else that over ground, which wind falsifies.
    """
    battery, speed, altitude = (view.channels.get(name) for name in ("battery", "speed", "altitude"))
    if battery is None or speed is None or altitude is None:
        raise UserError(
            "cannot use the flight: its log has no battery, speed or altitude", where=source, hint=_HINT
        )
    first = battery["number"] == battery["number"].min()
    times_us = battery.times_us[first]
    watts = battery["voltage_v"][first] * battery["current_a"][first]
    air = view.channels.get("airspeed")
    # Without a sensor it is not a number, or 0 all the time.
    if air is not None and np.any(air["air_m_s"] > 1.0):
        along = _at(times_us, air.times_us, air["air_m_s"])
    else:
        along = _at(times_us, speed.times_us, speed["ground_m_s"])
    climb = _at(times_us, speed.times_us, speed["climb_m_s"])
    flying = np.isfinite(watts) & (watts > 0.0) & np.isfinite(along) & np.isfinite(climb)
    flying &= _at(times_us, altitude.times_us, altitude["home_m"]) > IN_AIR_M
    level = _by_speed(along, watts, flying & (np.abs(climb) < _LEVEL_M_S))
    if not level:
        raise UserError(
            "cannot use the flight: its log has no current of level flight", where=source, hint=_HINT
        )
    mean_w = float(np.mean([power for _, power in level]))
    return PowerFigures(
        source=f"measured on {source}",
        level_w=level,
        climb_w=_mean(watts, flying & (climb > _VERTICAL_M_S), mean_w),
        sink_w=_mean(watts, flying & (climb < -_VERTICAL_M_S), mean_w),
        capacity_wh=_capacity_wh(
            battery["used_ah"][first], battery["left_share"][first], battery["voltage_v"][first]
        ),
    )


def _at(times_us: Array, from_us: Array, values: Array) -> Array:
    """Return values of another channel at these times, NaN where it has none at all."""
    good = np.isfinite(values)
    if not good.any():
        return np.full(len(times_us), np.nan)
    return np.asarray(np.interp(times_us, from_us[good], values[good]))


def _by_speed(along: Array, watts: Array, rows: Array) -> tuple[tuple[float, float], ...]:
    """Return the mean speed and power of each range of speeds that has enough rows."""
    bins = np.floor(along[rows] / _BIN_M_S)
    found = [(along[rows][bins == one], watts[rows][bins == one]) for one in np.unique(bins)]
    return tuple(
        (float(speeds.mean()), float(powers.mean())) for speeds, powers in found if len(speeds) >= _LEAST_ROWS
    )


def _mean(watts: Array, rows: Array, otherwise_w: float) -> float:
    return float(watts[rows].mean()) if rows.sum() >= _LEAST_ROWS else otherwise_w


def _capacity_wh(used_ah: Array, left: Array, volts: Array) -> float | None:
    """Return the battery's energy from what was used and what was left of it, Wh; None where that is not known."""
    good = np.isfinite(used_ah) & np.isfinite(left) & np.isfinite(volts)
    if good.sum() < 2:
        return None
    share = float(left[good][0] - left[good][-1])
    used = float(used_ah[good][-1] - used_ah[good][0])
    if share < _LEAST_USED or used <= 0.0:
        return None
    return used / share * float(volts[good].mean())
