"""Calibrations that each autopilot offers, with their commands and the way in which it leads through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.autopilots.base import Autopilot
from controller.wire.enums import MAV_CMD

Way = Literal["answer", "positions", "compasses", "texts"]
_PREFLIGHT = int(MAV_CMD.PREFLIGHT_CALIBRATION)


@dataclass(frozen=True, slots=True)
class CalibrationRecipe:
    """Command of a calibration. `streams` are messages that must be requested before."""

    name: str
    way: Way
    command: int
    params: tuple[float, ...]
    streams: tuple[str, ...] = ()


def _preflight(name: str, way: Way, number: int, value: float = 1.0) -> CalibrationRecipe:
    """Return the recipe that sets one parameter (from 1) of MAV_CMD_PREFLIGHT_CALIBRATION."""
    params = tuple(value if at == number else 0.0 for at in range(1, 8))
    return CalibrationRecipe(name, way, _PREFLIGHT, params)


_ARDUPILOT = (
    _preflight("accel", "positions", 5),
    _preflight("accel_simple", "answer", 5, 4.0),
    CalibrationRecipe(
        "compass",
        "compasses",
        int(MAV_CMD.DO_START_MAG_CAL),
        (0.0, 0.0, 1.0),  # all compasses, no second try, saved by itself
        ("MAG_CAL_PROGRESS", "MAG_CAL_REPORT"),
    ),
    _preflight("gyro", "answer", 1),
    _preflight("level", "answer", 5, 2.0),
    _preflight("pressure", "answer", 3),
)
_PX4 = (
    _preflight("accel", "texts", 5),
    _preflight("compass", "texts", 2),
    _preflight("gyro", "texts", 1),
    _preflight("level", "texts", 5, 2.0),
    _preflight("pressure", "texts", 3),
    _preflight("airspeed", "texts", 6),
)
_OFFERED = {"ArduPilot": _ARDUPILOT, "PX4": _PX4}


def calibrations(autopilot: Autopilot) -> tuple[CalibrationRecipe, ...]:
    """Return what the autopilot offers, in the order of a new aircraft."""
    return _OFFERED.get(autopilot.name, ())
