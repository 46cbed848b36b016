"""Rows of the old fence and rally files: numbers separated by spaces or tabs, comments that begin with #."""

from __future__ import annotations

import re
from collections.abc import Iterator

from controller.missions.errors import PlanError

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.A)


def first_row(data: bytes) -> list[str]:
    """Return the words of the first row of a file, for recognizing it; none of a file that is no text."""
    for line in data[:4096].decode("utf-8-sig", errors="replace").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            return line.split()
    return []


def is_number(word: str) -> bool:
    """Return whether the word is a decimal number."""
    return _NUMBER.fullmatch(word) is not None


def rows(text: str, file: str) -> Iterator[tuple[list[str], str]]:
    """Yield the words of each row, and its place as file:line."""
    for number, line in enumerate(re.split("\r\n|\r|\n", text.removeprefix("\ufeff")), start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield line.split(), f"{file}:{number}"


def number(word: str, low: float, high: float, name: str, where: str) -> float:
    """Return a number in [low, high]. Raises PlanError."""
    if not is_number(word):
        raise PlanError(f"invalid point: {name} must be a number, not {word[:30]!r}", where=where)
    value = float(word)
    if not low <= value <= high:
        raise PlanError(f"invalid point: {name} {value:g} is not between {low:g} and {high:g}", where=where)
    return value


def position(lat: str, lon: str, where: str) -> tuple[float, float]:
    """Return latitude and longitude in degrees. Raises PlanError."""
    return number(lat, -90, 90, "latitude", where), number(lon, -180, 180, "longitude", where)
