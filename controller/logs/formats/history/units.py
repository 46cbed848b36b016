"""Units in the headers of other programs' tables: `speed(mph)`, `OSD.height [ft]`."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEADER = re.compile(r"(.*?)\s*[(\[]\s*([^()\[\]]*?)\s*[)\]]\s*")
_LENGTHS = {
    "": 1.0,
    "m": 1.0,
    "meter": 1.0,
    "meters": 1.0,
    "metre": 1.0,
    "metres": 1.0,
    "ft": 0.3048,
    "feet": 0.3048,
    "km": 1000.0,
    "miles": 1609.344,
}
_SPEEDS = {
    "": 1.0,
    "m/s": 1.0,
    "mps": 1.0,
    "km/h": 1 / 3.6,
    "kmh": 1 / 3.6,
    "kph": 1 / 3.6,
    "mph": 0.44704,
    "knots": 1852 / 3600,
    "kts": 1852 / 3600,
    "kn": 1852 / 3600,
    "ft/s": 0.3048,
    "fps": 0.3048,
}
# By dimension: the factor to SI of each unit, in lower case.
FACTORS: dict[str, dict[str, float]] = {
    "length": _LENGTHS,
    "speed": _SPEEDS,
    "voltage": {"": 1.0, "v": 1.0, "volt": 1.0, "volts": 1.0, "mv": 1e-3},
    "current": {"": 1.0, "a": 1.0, "ma": 1e-3},
    "charge": {"": 1e-3, "mah": 1e-3, "ah": 1.0},
    "angle": {"": 1.0, "deg": 1.0, "degrees": 1.0, "°": 1.0},
    "share": {"": 0.01, "%": 0.01, "percent": 0.01},
    "time": {"": 1e-3, "millisecond": 1e-3, "milliseconds": 1e-3, "ms": 1e-3, "s": 1.0},
    "number": {"": 1.0},
}


@dataclass(frozen=True, slots=True)
class Header:
    """A column's name in lower case without its unit, its unit in lower case, and the whole as the file has it."""

    base: str
    unit: str
    text: str


def header_of(text: str) -> Header:
    """Split the header of a column."""
    found = _HEADER.fullmatch(text)
    base, unit = (found[1], found[2]) if found else (text, "")
    return Header(base.strip().lower(), unit.lower(), text.strip())
