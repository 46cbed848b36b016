"""A scenario as a TOML file: weather, terrain and faults, for whoever flies the same conditions again.

wind_ned_m_s = [3, -2, 0]
gust_m_s = 1.0
turbulence_m_s = 7.7
temperature_c = 30
terrain = "N47E008.hgt"                # beside this file
faults = ["gps jam 60 20", { part = "motor", instance = 2, kind = "weak", amount = 0.7, start_s = 30 }]
"""

from __future__ import annotations

import difflib
import math
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Kind, Part

Vector3 = tuple[float, float, float]
FAULT_KEYS = ("part", "kind", "instance", "start_s", "duration_s", "amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """What a file says; what it leaves out is calm, standard and flat."""

    wind_ned_m_s: Vector3 = (0.0, 0.0, 0.0)
    gust_m_s: float = 0.0
    turbulence_m_s: float = 0.0
    temperature_c: float | None = None
    terrain: Path | None = None
    faults: tuple[Fault, ...] = ()


NUMBERS = ("gust_m_s", "turbulence_m_s", "temperature_c")
KEYS = ("wind_ned_m_s", *NUMBERS, "terrain", "faults")


def read_scenario(path: Path) -> Scenario:
    """Raises ScenarioError with file and key."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ScenarioError(f"cannot be read: {error.strerror}", where=str(path)) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"is not TOML: {error}", where=str(path)) from None
    found: dict[str, Any] = {}
    for key, value in document.items():
        if key not in KEYS:
            near = difflib.get_close_matches(key, KEYS, 1)
            raise ScenarioError(
                f"{key} is unknown{f'; did you mean {near[0]}?' if near else ''}", where=str(path)
            )
        if key == "wind_ned_m_s":
            if not isinstance(value, list) or len(value) != 3:
                raise ScenarioError(f"{key} must be three numbers: north, east, down", where=str(path))
            north, east, down = (_number(part, key, path) for part in value)
            found[key] = north, east, down
        elif key in NUMBERS:
            found[key] = _number(value, key, path)
        elif key == "terrain":
            if not isinstance(value, str):
                raise ScenarioError(f"{key} must be a file's name", where=str(path))
            found[key] = path.parent / value
        else:
            if not isinstance(value, list):
                raise ScenarioError(f"{key} must be a list", where=str(path))
            found[key] = tuple(_fault(one, f"{key}[{i}]", path) for i, one in enumerate(value))
    return Scenario(**found)


def _number(value: Any, key: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ScenarioError(f"{key} must be a finite number, has {value!r}", where=str(path))
    return float(value)


def _fault(value: Any, key: str, path: Path) -> Fault:
    if isinstance(value, str):
        return Fault.parse(value)
    if not isinstance(value, dict) or not {"part", "kind", "start_s"} <= set(value) <= set(FAULT_KEYS):
        raise ScenarioError(
            f"{key} must be a text or a table of {', '.join(FAULT_KEYS)}; part, kind and start_s at least",
            where=str(path),
        )
    try:
        part, kind = Part[str(value["part"]).upper()], Kind[str(value["kind"]).upper()]
    except KeyError as error:
        raise ScenarioError(f"{key}: there is no {error.args[0].lower()}", where=str(path)) from None
    numbers = {name: _number(value[name], f"{key}.{name}", path) for name in FAULT_KEYS[2:] if name in value}
    return Fault(part=part, kind=kind, instance=int(numbers.pop("instance", 0)), **numbers)
