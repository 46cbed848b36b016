"""Checks of a TOML document's tables and numbers, each failing with one line that names file and key."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from hil.errors import AirframeError

Limit = Callable[[float], str | None]


def between(low: float, high: float) -> Limit:
    return lambda value: (
        None if low <= value <= high else f"must be between {low:g} and {high:g}, is {value:g}"
    )


def at_least(low: float) -> Limit:
    return lambda value: None if value >= low else f"must be at least {low:g}, is {value:g}"


def positive(value: float) -> str | None:
    return None if value > 0.0 else f"must be above 0, is {value:g}"


def finite(value: float) -> bool:
    """Also of whole numbers too long for a float."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def short(value: object) -> str:
    """What stands there, cut to what fits a line."""
    try:
        text = repr(value)
    except ValueError:  # Python writes no numbers of thousands of digits
        return "a number too long to write"
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


@dataclass(frozen=True, slots=True)
class Rule:
    """Where a key's numbers go in the row, how many they are, and what each must satisfy."""

    slot: int
    limit: Limit
    count: int = 1
    rows: int = 1
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class Checker:
    """Knows the file, so that every failure can name it."""

    file: str

    def fail(self, key: str, what: str) -> NoReturn:
        raise AirframeError(f"{key} {what}", where=self.file)

    def known_keys(self, table: Any, known: Iterable[str], place: str) -> None:
        if not isinstance(table, dict):
            self.fail(place.rstrip("."), "must be a table")
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, list(known), 1)
                self.fail(place + key, f"is unknown; did you mean {near[0]}?" if near else "is unknown")

    def table(self, document: dict[str, Any], key: str) -> dict[str, Any]:
        found = document.get(key)
        if not isinstance(found, dict):
            self.fail(f"[{key}]", "is missing" if found is None else "must be a table")
        return found

    def one_of(self, table: dict[str, Any], key: str, known: tuple[Any, ...]) -> Any:
        found = table.get(key)
        # A number may stand for no text, and True for no 1.
        if not any(found == one and type(found) is type(one) for one in known):
            which = (
                f"must be {known[0]}" if len(known) == 1 else f"must be one of {', '.join(map(str, known))}"
            )
            self.fail(key, f"is missing: it {which}" if found is None else f"{which}, is {short(found)}")
        return found

    def text(self, table: dict[str, Any], key: str, place: str) -> str:
        found = table.get(key)
        if not isinstance(found, str) or not found.strip():
            self.fail(place + key, "is missing" if found is None else "must be a text that says something")
        return found

    def numbers(
        self, table: dict[str, Any], key: str, place: str, rule: Rule, row: NDArray[np.float64]
    ) -> None:
        """Read the key's numbers into the row."""
        name = place + key
        if key not in table:
            self.fail(name, "is missing")
        values = [table[key]] if rule.count == 1 else self._flat(table[key], name, rule)
        for i, value in enumerate(values):
            # A bool is an int to Python, and never a quantity here.
            if isinstance(value, bool) or not isinstance(value, int | float):
                self.fail(name, f"must be {'numbers' if rule.count > 1 else 'a number'}, has {short(value)}")
            if not finite(value):
                self.fail(name, f"must be finite, is {short(value)}")
            complaint = rule.limit(float(value))
            if complaint:
                self.fail(name, complaint)
            row[rule.slot + i] = float(value) * rule.scale

    def _flat(self, found: Any, name: str, rule: Rule) -> list[Any]:
        each = rule.count // rule.rows
        if rule.rows == 1:
            found = [found]
        shape = f"{each} numbers" if rule.rows == 1 else f"{rule.rows} lists of {each} numbers"
        if not isinstance(found, list) or len(found) != rule.rows:
            self.fail(name, f"must be a list of {shape}")
        for part in found:
            if not isinstance(part, list) or len(part) != each:
                self.fail(name, f"must be a list of {shape}")
        return [value for part in found for value in part]
