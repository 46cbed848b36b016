"""Checks of the tables and numbers in a TOML document: one error line per mistake, with file and key."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from controller.near_names import did_you_mean, near_names
from hil.errors import AirframeError

Limit = Callable[[float], str | None]


def between(low: float, high: float) -> Limit:
    """Return a limit from `low` to `high`, both included."""
    return lambda value: (
        None if low <= value <= high else f"must be between {low:g} and {high:g}, is {value:g}"
    )


def at_least(low: float) -> Limit:
    """Return a limit that allows `low` and above."""
    return lambda value: None if value >= low else f"must be at least {low:g}, is {value:g}"


def positive(value: float) -> str | None:
    """Allow values above 0."""
    return None if value > 0.0 else f"must be above 0, is {value:g}"


def finite(value: float) -> bool:
    """Return whether a number is finite; an integer too large for a float is not."""
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


def short(value: object) -> str:
    """Return the value as text for an error line, shortened to 60 characters."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print integers of thousands of digits
        return "a number too long to write"
    return text if len(text) <= 60 else f"{text[:40]}... ({len(text)} characters)"


@dataclass(frozen=True, slots=True)
class NumberRule:
    """Numbers of one key: their place in the parameter row, their count, limit and scale.

    `rows` above 1 is a list of so many lists.
    """

    slot: int
    limit: Limit
    count: int = 1
    rows: int = 1
    scale: float = 1.0


@dataclass(frozen=True, slots=True)
class TomlChecker:
    """Checks of one TOML file, which gather independent mistakes so that all are reported at once.

    Use it in a `with` block, whose end raises AirframeError for the mistakes found; `raise_mistakes` raises them
    earlier.
    """

    file: str
    _mistakes: list[AirframeError] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.raise_mistakes()

    def wrong(self, key: str, what: str) -> None:
        """Note a mistake and go on."""
        self._mistakes.append(AirframeError(f"{key} {what}", where=self.file))

    def raise_mistakes(self) -> None:
        """Raise the first mistake found so far as AirframeError, with the others as its notes."""
        if self._mistakes:
            first, *others = self._mistakes
            for other in others:
                first.add_note(str(other))
            raise first

    def fail(self, key: str, what: str) -> NoReturn:
        """Raise AirframeError for a mistake that makes further checks useless."""
        self.wrong(key, what)
        self.raise_mistakes()
        raise AssertionError

    def known_keys(self, table: Any, known: Iterable[str], place: str) -> None:
        """Note each key that is not in `known`. Raises AirframeError for a table that is not one."""
        if not isinstance(table, dict):
            self.fail(place.rstrip("."), "must be a table")
        for key in table:
            if key not in known:
                self.wrong(place + key, f"is unknown{did_you_mean(near_names(key, known))}")

    def table(self, document: dict[str, Any], key: str) -> dict[str, Any]:
        """Return the table of this key. Raises AirframeError."""
        found = document.get(key)
        if not isinstance(found, dict):
            self.fail(f"[{key}]", "is missing" if found is None else "must be a table")
        return found

    def one_of(self, table: dict[str, Any], key: str, known: tuple[Any, ...]) -> Any:
        """Return the value of this key, which must be one of `known`. Raises AirframeError."""
        found = table.get(key)
        # The types are compared as well: True equals 1 in Python.
        if not any(found == one and type(found) is type(one) for one in known):
            which = (
                f"must be {known[0]}" if len(known) == 1 else f"must be one of {', '.join(map(str, known))}"
            )
            self.fail(key, f"is missing: it {which}" if found is None else f"{which}, is {short(found)}")
        return found

    def text(self, table: dict[str, Any], key: str, place: str) -> str:
        """Return the text of this key, or note that it is missing or empty."""
        found = table.get(key)
        if not isinstance(found, str) or not found.strip():
            self.wrong(place + key, "is missing" if found is None else "must be a text that is not empty")
            return ""
        return found

    def numbers(
        self, table: dict[str, Any], key: str, place: str, rule: NumberRule, row: NDArray[np.float64]
    ) -> None:
        """Read the numbers of this key into the row; invalid ones are noted and left out."""
        values = _flat(table.get(key), rule) if rule.count > 1 else [table.get(key)]
        complaint = "is missing" if key not in table else _complaint(values, rule)
        if complaint:
            self.wrong(place + key, complaint)
            return
        row[rule.slot : rule.slot + rule.count] = np.array(values, dtype=float) * rule.scale


def _flat(found: Any, rule: NumberRule) -> list[Any]:
    """Return the numbers of a list or of lists; an empty list where the shape is wrong."""
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
        # A bool is an int in Python, but no quantity in a file.
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"must be {'numbers' if rule.count > 1 else 'a number'}, has {short(value)}"
        if not finite(value):
            return f"must be finite, is {short(value)}"
        complaint = rule.limit(float(value))
        if complaint:
            return complaint
    return None
