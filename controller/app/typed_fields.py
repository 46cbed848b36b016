"""Typed fields of a JSON object from outside: each is checked for its type, range and length before it is used.

    fields = Fields.parse(text, of="the message")
    alt_m = fields.number("alt_m", 0.5, 10_000)
    fields.end()

Every error is one line, a UserError: `invalid message: alt_m is missing`. A field is required unless a `default` is
given; null counts as missing.
"""

from __future__ import annotations

import json
import math
from collections.abc import Collection
from typing import Any, NoReturn

from controller.errors import UserError

MOST_TEXT = 200
_SHOWN = 60
_LARGEST = 1e300


class Fields:
    """Fields of a JSON object; `of` names the object in errors. Call `end` after the last field."""

    def __init__(self, value: object, *, of: str = "message", path: str = "") -> None:
        self.of = of
        self._path = path
        if not isinstance(value, dict):
            self._refuse(f"{path or 'it'} must be an object, not {_kind(value)}")
        self._values: dict[str, Any] = value
        self._asked: set[str] = set()

    @classmethod
    def parse(cls, text: str | bytes, *, of: str = "message") -> Fields:
        """Parse a JSON object. Raises UserError, also for NaN, infinities and a field that is there twice."""

        def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
            found = dict(members)
            if len(found) != len(members):
                raise ValueError("a field is there twice")
            return found

        def constant(name: str) -> NoReturn:
            raise ValueError(f"{name} is no JSON number")

        try:
            value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant)
        except RecursionError:
            raise UserError(f"invalid {of}: nested too deeply") from None
        except ValueError as error:
            why = "no JSON" if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else str(error)
            raise UserError(f"invalid {of}: {why[:_SHOWN]}") from None
        return cls(value, of=of)

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def text(self, name: str, *, most: int = MOST_TEXT, default: str | None = None) -> str:
        """Return a text of at most `most` characters."""
        value = self._take(name, default)
        if not isinstance(value, str):
            self._refuse(f"{self._at(name)} must be a text, not {_kind(value)}")
        if len(value) > most:
            self._refuse(f"{self._at(name)} is too long: {len(value)} characters, at most {most}")
        if not is_unicode(value):
            self._refuse(f"{self._at(name)} has a character that is no Unicode")
        return value

    def one_of(self, name: str, names: Collection[str], *, default: str | None = None) -> str:
        """Return one of `names`."""
        value = self.text(name, default=default)
        if value not in names:
            self._refuse(f"{self._at(name)} is {_shown(value)}, not one of {', '.join(sorted(names))}")
        return value

    def number(self, name: str, low: float, high: float, *, default: float | None = None) -> float:
        """Return a finite number from `low` to `high`."""
        value = self._take(name, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            self._refuse(f"{self._at(name)} must be a number, not {_kind(value)}")
        if not low <= value <= high or not math.isfinite(value):
            self._refuse(f"{self._at(name)} is {_shown(value)}, not between {low:g} and {high:g}")
        return float(value)

    def integer(self, name: str, low: int, high: int, *, default: int | None = None) -> int:
        """Return a whole number from `low` to `high`."""
        value = self.number(name, low, high, default=default)
        if not isinstance(value, float) or value != int(value):
            self._refuse(f"{self._at(name)} must be a whole number, not {_shown(value)}")
        return int(value)

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        """Return true or false."""
        value = self._take(name, default)
        if not isinstance(value, bool):
            self._refuse(f"{self._at(name)} must be true or false, not {_kind(value)}")
        return value

    def fields(self, name: str) -> Fields:
        """Return the object in a field; a missing one is empty."""
        value = self._take(name, {})
        return Fields(value, of=self.of, path=self._at(name))

    def items(self, name: str, *, most: int) -> list[Fields]:
        """Return a list of at most `most` objects."""
        found = self._list(name, most)
        return [Fields(one, of=self.of, path=f"{self._at(name)}[{i}]") for i, one in enumerate(found)]

    def texts(self, name: str, *, most: int, most_text: int = MOST_TEXT) -> list[str]:
        """Return a list of at most `most` texts of at most `most_text` characters."""
        found = self._list(name, most)
        if any(not isinstance(one, str) or len(one) > most_text for one in found):
            self._refuse(f"{self._at(name)} must be a list of texts of at most {most_text} characters")
        return found

    def pairs(self, name: str, *, most: int) -> list[tuple[float, float]]:
        """Return a list of at most `most` pairs of finite numbers, such as places in degrees."""
        found = []
        for index, value in enumerate(self._list(name, most)):
            pair = value if isinstance(value, list) else []
            numbers = [one for one in pair if isinstance(one, int | float) and not isinstance(one, bool)]
            if len(pair) != 2 or len(numbers) != 2 or not all(abs(one) <= _LARGEST for one in numbers):
                self._refuse(f"{self._at(name)}[{index}] must be two numbers")
            found.append((float(numbers[0]), float(numbers[1])))
        return found

    def end(self) -> None:
        """Refuse fields that no call has asked for: a misspelt one would be ignored."""
        unknown = sorted(set(self._values) - self._asked)
        if unknown:
            self._refuse(f"unknown field {self._at(_shown(unknown[0]))}")

    def _list(self, name: str, most: int) -> list[Any]:
        value = self._take(name)
        if not isinstance(value, list):
            self._refuse(f"{self._at(name)} must be a list, not {_kind(value)}")
        if len(value) > most:
            self._refuse(f"{self._at(name)} is too long: {len(value)} entries, at most {most}")
        return value

    def _take(self, name: str, default: object = None) -> Any:
        self._asked.add(name)
        value = self._values.get(name)
        if value is None:
            if default is None:
                self._refuse(f"{self._at(name)} is missing")
            return default
        return value

    def _at(self, name: str) -> str:
        return f"{self._path}.{name}" if self._path else name

    def _refuse(self, why: str) -> NoReturn:
        raise UserError(f"invalid {self.of}: {why}")


def is_unicode(text: str) -> bool:
    """Whether a text can be written as UTF-8: JSON can hold half of a pair of surrogates, which cannot."""
    return text.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in text)


def _kind(value: object) -> str:
    names = {type(None): "null", bool: "true or false", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), "a number")


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, int):
        return str(value) if value.bit_length() < 100 else "a huge number"
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
