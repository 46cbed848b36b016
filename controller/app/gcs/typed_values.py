"""Values that an operator types for a command: the prompts, and the check of each value."""

from __future__ import annotations

import math
import re

from controller.errors import UserError
from controller.vehicle import safety_checks
from controller.vehicle.vehicle import Vehicle

TAKEOFF_M = 10.0


def takeoff_prompt(vehicle: Vehicle) -> str:  # noqa: ARG001 - signature of ValueAction.prompt
    """Return the prompt for a takeoff height."""
    return f"takeoff height, m above home [{TAKEOFF_M:g}]"


def takeoff_height(typed: str, vehicle: Vehicle) -> float:  # noqa: ARG001 - signature of ValueAction.parse
    """Return the height, m above home; nothing typed is 10 m. Raises UserError, SafetyRefused."""
    alt_m = _number(typed, "takeoff height") if typed.strip() else TAKEOFF_M
    safety_checks.check_height(alt_m)
    return alt_m


def goto_prompt(vehicle: Vehicle) -> str:
    """Return the prompt for a position."""
    at = vehicle.state.position
    height = f" [{at.alt_rel_m:.0f} m]" if at is not None else ""
    return f"go to LATITUDE LONGITUDE HEIGHT{height}, or a height alone, m above home"


def target(typed: str, vehicle: Vehicle) -> tuple[float, float, float]:
    """Return latitude and longitude in degrees and the height, m above home.

    Without a height the present one is kept; a height alone keeps the present position. Raises UserError,
    SafetyRefused.
    """
    if re.fullmatch(r"[+-]?\d+,\d+", typed.strip()):  # read as two values, 30,5 is a place in Africa
        raise UserError(
            f"invalid height: {typed.strip()} has a decimal comma",
            hint="type a decimal point; a space or `, ` separates latitude and longitude",
        )
    values = [_number(word, "position") for word in re.split(r"[,;\s]+", typed.strip()) if word]
    at = vehicle.state.position
    if at is None or len(values) not in (1, 2, 3):
        raise UserError(
            "cannot go there: "
            + ("the aircraft's position is not known" if at is None else "not a position"),
            hint="type latitude, longitude and height, such as 47.3977 8.5456 30",
        )
    lat_deg, lon_deg = values[:2] if len(values) > 1 else (at.lat_deg, at.lon_deg)
    alt_m = values[-1] if len(values) != 2 else round(at.alt_rel_m, 1)
    safety_checks.check_place(lat_deg, lon_deg)
    safety_checks.check_height(alt_m)
    return lat_deg, lon_deg, alt_m


def speed_prompt(vehicle: Vehicle) -> str:
    """Return the prompt for a speed."""
    at = vehicle.state.position
    return "speed, m/s" + (f" (now {at.ground_speed_m_s:.1f} over ground)" if at is not None else "")


def speed(typed: str, vehicle: Vehicle) -> float:  # noqa: ARG001 - signature of ValueAction.parse
    """Return the speed, m/s. Raises UserError, SafetyRefused."""
    speed_m_s = _number(typed, "speed")
    safety_checks.check_speed(speed_m_s)
    return speed_m_s


def mode_prompt(vehicle: Vehicle) -> str:
    """Return the prompt for a flight mode, with the names of the modes."""
    return f"flight mode: {', '.join(sorted(vehicle.autopilot.modes))}"


def _number(typed: str, what: str) -> float:
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UserError(
            f"invalid {what}: {typed.strip() or 'nothing typed'} is not a number", hint="try again"
        )
    return value
