"""Scenario file (TOML): weather, terrain and faults of a repeatable simulation.

wind_ned_m_s = [3, -2, 0]
gust_m_s = 1.0
roughness_m = 0.05                     # roughness of the ground: wind grows with height, and is given for 20 ft
turbulence_m_s = 7.7
temperature_c = 30
terrain = "N47E008.hgt"                # beside this file
faults = ["gps jam 60 20", { part = "motor", instance = 2, kind = "weak", amount = 0.7, start_s = 30 }]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.near_names import did_you_mean, near_names
from hil.airframes.toml_check import finite, short
from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Kind, Part, parse_name, supported_kinds
from hil.sim.scenario import check_air, check_wind, naming_place
from hil.toml_file import read_toml

Vector3 = tuple[float, float, float]
FAULT_KEYS = ("part", "kind", "instance", "start_s", "duration_s", "amount")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """Contents of a scenario file; without entries air is calm and standard, and the ground is flat."""

    wind_ned_m_s: Vector3 = (0.0, 0.0, 0.0)
    gust_m_s: float = 0.0
    roughness_m: float | None = None
    turbulence_m_s: float = 0.0
    temperature_c: float | None = None
    terrain: Path | None = None
    faults: tuple[Fault, ...] = ()


NUMBERS = ("gust_m_s", "roughness_m", "turbulence_m_s", "temperature_c")
KEYS = ("wind_ned_m_s", *NUMBERS, "terrain", "faults")
CALM = (0.0, 0.0, 0.0)
CHECKS: Mapping[str, Callable[[Any], None]] = {
    "wind_ned_m_s": lambda wind: check_wind(wind, 0.0),
    "gust_m_s": lambda gust: check_wind(CALM, gust),
    "turbulence_m_s": lambda turbulence: check_air(turbulence, 0.0, 0.0),
    "roughness_m": lambda roughness: check_air(0.0, roughness, 0.0),
}


def read_scenario(path: Path) -> Scenario:
    """Read and check a scenario file. Raises ScenarioError with file and key."""
    document = read_toml(path, ScenarioError)
    found: dict[str, Any] = {}
    for key, value in document.items():
        if key not in KEYS:
            raise ScenarioError(f"{key} is unknown{did_you_mean(near_names(key, KEYS))}", where=str(path))
        if key == "wind_ned_m_s":
            if not isinstance(value, list) or len(value) != 3:
                raise ScenarioError(f"{key} must be three numbers: north, east, down", where=str(path))
            north, east, down = (_number(part, key, path) for part in value)
            found[key] = north, east, down
        elif key in NUMBERS:
            found[key] = _number(value, key, path)
        elif key == "terrain":
            if not isinstance(value, str):
                raise ScenarioError(f"{key} must be a file name", where=str(path))
            found[key] = path.parent / value
        else:
            if not isinstance(value, list):
                raise ScenarioError(f"{key} must be a list", where=str(path))
            found[key] = tuple(_fault(one, f"{key}[{i}]", path) for i, one in enumerate(value))
    for key, check in CHECKS.items():
        if key in found:
            with naming_place(f"{path}: {key}"):
                check(found[key])
    return Scenario(**found)


def _number(value: Any, key: str, path: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not finite(value):
        raise ScenarioError(f"{key} must be a finite number, has {short(value)}", where=str(path))
    return float(value)


def _fault(value: Any, key: str, path: Path) -> Fault:
    where = f"{path}: {key}"
    try:
        return Fault.parse(value) if isinstance(value, str) else _fault_of_table(value, key, path)
    except ScenarioError as error:
        if error.where is not None and error.where.startswith(str(path)):
            raise
        raise ScenarioError(error.what, where=f"{where}: {error.where}", hint=error.hint) from None


def _fault_of_table(value: Any, key: str, path: Path) -> Fault:
    if not isinstance(value, dict) or not {"part", "kind", "start_s"} <= set(value) <= set(FAULT_KEYS):
        raise ScenarioError(
            f"{key} must be a text or a table of {', '.join(FAULT_KEYS)}; part, kind and start_s at least",
            where=str(path),
        )
    part = parse_name(str(value["part"]), Part, f"{path}: {key}")
    kind = parse_name(str(value["kind"]), Kind, f"{path}: {key}", supported_kinds(part))
    numbers = {name: _number(value[name], f"{key}.{name}", path) for name in FAULT_KEYS[2:] if name in value}
    instance = numbers.pop("instance", 0.0)
    if instance != int(instance):
        raise ScenarioError(f"{key}.instance must be a whole number, is {instance:g}", where=str(path))
    return Fault(part=part, kind=kind, instance=int(instance), **numbers)
