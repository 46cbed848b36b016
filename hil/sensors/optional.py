"""Reader of `optional.toml`: rangefinder, optical flow and airspeed sensors, simulated outside the compiled loop."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

import numpy as np

from hil.airframes.toml_check import NumberRule, TomlChecker, at_least, between, positive

OPTIONAL = Path(__file__).parent / "optional.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class RangefinderRecord:
    """Rangefinder constants; noise (1 sigma) is `noise_m` plus the share `noise_share` of the distance."""

    least_m: float
    most_m: float
    resolution_m: float
    noise_m: float
    noise_share: float
    rate_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowRecord:
    """Optical flow constants: distance range, maximum flow rate, noise and scale error (both 1 sigma)."""

    least_m: float
    most_m: float
    most_rad_s: float
    noise_rad_s: float
    scale: float
    rate_hz: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AirspeedRecord:
    """Airspeed sensor constants: maximum pressure; offset and scale error after calibration, noise (1 sigma)."""

    most_pa: float
    resolution_pa: float
    noise_pa: float
    offset_pa: float
    scale: float
    rate_hz: float


RULES = {
    "most_pa": positive,
    "resolution_pa": positive,
    "noise_pa": at_least(0.0),
    "offset_pa": at_least(0.0),
    "least_m": at_least(0.0),
    "most_m": positive,
    "resolution_m": at_least(0.0),
    "noise_m": at_least(0.0),
    "noise_share": between(0.0, 0.5),
    "most_rad_s": positive,
    "noise_rad_s": at_least(0.0),
    "scale": between(0.0, 0.3),
    "rate_hz": between(1.0, 250.0),
}


@lru_cache
def rangefinder_record(file: Path = OPTIONAL) -> RangefinderRecord:
    """Return the constants of the rangefinder. Raises AirframeError for an invalid file."""
    return RangefinderRecord(**_numbers(file, "rangefinder", RangefinderRecord))


@lru_cache
def flow_record(file: Path = OPTIONAL) -> FlowRecord:
    """Return the constants of the optical flow sensor. Raises AirframeError for an invalid file."""
    return FlowRecord(**_numbers(file, "flow", FlowRecord))


@lru_cache
def airspeed_record(file: Path = OPTIONAL) -> AirspeedRecord:
    """Return the constants of the airspeed sensor. Raises AirframeError for an invalid file."""
    return AirspeedRecord(**_numbers(file, "airspeed", AirspeedRecord))


def _numbers(
    file: Path, name: str, record: type[RangefinderRecord | FlowRecord | AirspeedRecord]
) -> dict[str, float]:
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    with TomlChecker(str(file)) as check:
        check.known_keys(document, ("rangefinder", "flow", "airspeed"), "")
        table, place, row = check.table(document, name), f"{name}.", np.zeros(1)
        keys = [field.name for field in fields(record)]
        check.known_keys(table, ("source", *keys), place)
        check.text(table, "source", place)
        found = {}
        for key in keys:
            check.numbers(table, key, place, NumberRule(0, RULES[key]), row)
            found[key] = float(row[0])
        check.raise_mistakes()
        if "least_m" in found and found["most_m"] <= found["least_m"]:
            check.fail(f"{place}most_m", f"must be above least_m, {found['least_m']:g}")
        return found
