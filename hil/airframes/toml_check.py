"""Checks of a TOML document's tables and numbers: one line for each mistake, which names file and key."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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
class NumberRule:
    """Where a key's numbers go in the row, how many they are, and what each must satisfy."""

    slot: int
    limit: Limit
    count: int = 1
    rows: int = 1
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class AirframeChecker:
    """Knows the file, so that every mistake can name it, and gathers those that stand apart from each other."""

    file: str
    _mistakes: list[AirframeError] = field(default_factory=list)

    def wrong(self, key: str, what: str) -> None:
        """A mistake; others may be found yet."""
        self._mistakes.append(AirframeError(f"{key} {what}", where=self.file))

    def end(self) -> None:
        """Raises the first mistake, with the others as its notes, if there is one."""
        if self._mistakes:
            first, *others = self._mistakes
            for other in others:
                first.add_note(str(other))
            raise first

    def fail(self, key: str, what: str) -> NoReturn:
        """A mistake after which nothing can be said of what comes. Raises AirframeError."""
        self.wrong(key, what)
        self.end()
        raise AssertionError

    def known_keys(self, table: Any, known: Iterable[str], place: str) -> None:
        if not isinstance(table, dict):
            self.fail(place.rstrip("."), "must be a table")
        for key in table:
            if key not in known:
                near = difflib.get_close_matches(key, list(known), 1)
                self.wrong(place + key, f"is unknown; did you mean {near[0]}?" if near else "is unknown")

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
            self.wrong(place + key, "is missing" if found is None else "must be a text that says something")
            return ""
        return found

    def numbers(
        self, table: dict[str, Any], key: str, place: str, rule: NumberRule, row: NDArray[np.float64]
    ) -> None:
        """Read the key's numbers into the row; one that is wrong is left out."""
        values = _flat(table.get(key), rule) if rule.count > 1 else [table.get(key)]
        complaint = "is missing" if key not in table else _complaint(values, rule)
        if complaint:
            self.wrong(place + key, complaint)
            return
        row[rule.slot : rule.slot + rule.count] = np.array(values, dtype=float) * rule.scale


def _flat(found: Any, rule: NumberRule) -> list[Any]:
    """All numbers of lists of them; nothing where the lists are not as they should be."""
    each = rule.count // rule.rows
    parts = [found] if rule.rows == 1 else found
    if not isinstance(parts, list) or len(parts) != rule.rows:
        return []
    if not all(isinstance(part, list) and len(part) == each for part in parts):
        return []
    return [value for part in parts for value in part]


def _complaint(values: list[Any], rule: NumberRule) -> str | None:
    if len(values) != rule.count:
        each = rule.count // rule.rows
        shape = f"{each} numbers" if rule.rows == 1 else f"{rule.rows} lists of {each} numbers"
        return f"must be a list of {shape}"
    for value in values:
        # A bool is an int to Python, and never a quantity here.
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be {'numbers' if rule.count > 1 else 'a number'}, has {short(value)}"
        if not finite(value):
            return f"must be finite, is {short(value)}"
        complaint = rule.limit(float(value))
        if complaint:
            return complaint
    return None
