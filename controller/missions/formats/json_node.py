"""JSON reader whose errors name the line and the field: each value carries its path in the document."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from controller.missions.errors import PlanError
from controller.missions.formats.gentle_json import MAX_VALUES, TooManyValues, gentle_loads
from controller.missions.formats.json_lines import duplicate_line, line_of, literal_line, syntax_error


@dataclass(frozen=True, slots=True)
class JsonNode:
    """JSON value at `path` in `file`, whose whole text is `document`.

    Its methods return a value of one type, or raise PlanError with file:line and field.
    """

    value: Any
    file: str
    document: str = field(repr=False)
    path: str = ""

    def error(self, reason: str, hint: str | None = None) -> PlanError:
        """Return the error of an invalid field, to be raised."""
        line = line_of(self.document, self.path)
        where = f"{self.file}:{line}: {self.path}" if self.path else f"{self.file}:{line}"
        return PlanError(f"invalid field: {reason}", where=where, hint=hint)

    def has(self, key: str) -> bool:
        """Return whether this object has the field `key`."""
        return key in self.members()

    def __getitem__(self, key: str) -> JsonNode:
        members = self.members()
        if key not in members:
            raise self._child(key, None).error("it is missing")
        return self._child(key, members[key])

    def elements(self, *, length: int | None = None) -> Iterator[JsonNode]:
        """Yield the elements of an array, which must have `length` elements if given."""
        if not isinstance(self.value, list):
            raise self.error(f"must be a list, not {_kind(self.value)}")
        if length is not None and len(self.value) != length:
            raise self.error(f"must hold {length} values, not {len(self.value)}")
        for index, value in enumerate(self.value):
            yield JsonNode(value, self.file, self.document, f"{self.path}[{index}]")

    def members(self) -> dict[str, Any]:
        """Return the fields of an object."""
        if not isinstance(self.value, dict):
            raise self.error(f"must be an object, not {_kind(self.value)}")
        return self.value

    def text(self) -> str:
        """Return a string."""
        if not isinstance(self.value, str):
            raise self.error(f"must be a text, not {_kind(self.value)}")
        if not self.value.isascii() and any("\ud800" <= letter <= "\udfff" for letter in self.value):
            # Half of a pair of surrogates, which no file can hold.
            raise self.error("has a character that is no Unicode")
        return self.value

    def boolean(self) -> bool:
        """Return true or false."""
        if not isinstance(self.value, bool):
            raise self.error(f"must be true or false, not {_kind(self.value)}")
        return self.value

    def number(self, low: float = -3.4e38, high: float = 3.4e38, *, null: bool = False) -> float:
        """Return a number in [low, high] (default: the range of a 32-bit float); with `null`, JSON's null is NaN."""
        if null and self.value is None:
            return math.nan
        if isinstance(self.value, bool) or not isinstance(self.value, int | float):
            raise self.error(f"must be a number, not {_kind(self.value)}")
        if not low <= self.value <= high:
            raise self.error(f"{_short(self.value)} is not between {low:g} and {high:g}")
        return float(self.value)

    def integer(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        if self.number(low, high) != int(self.value):
            raise self.error(f"must be an integer, not {self.value}")
        return int(self.value)

    def version(self, *supported: int) -> int:
        """Return the field "version" of this object, which must be one of `supported`."""
        node = self["version"]
        version = node.integer(0, 2**31)
        if version not in supported:
            supported_text = " or ".join(map(str, supported))
            raise node.error(
                f"version {version} is not supported, only {supported_text}",
                "save the plan again with a current planner",
            )
        return version

    def _child(self, key: str, value: Any) -> JsonNode:
        return JsonNode(value, self.file, self.document, f"{self.path}.{key}" if self.path else key)


def parse(text: str, file: str) -> JsonNode:
    """Parse JSON text. Raises PlanError for invalid JSON, and for NaN, infinities and duplicate keys."""

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(members)
        if len(result) != len(members):
            seen: set[str] = set()
            twice = next(key for key, _ in members if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            where = f"{file}:{duplicate_line(text, twice)}"
            raise PlanError(f"invalid JSON: duplicate field {_short(twice)} in one object", where=where)
        return result

    def number(literal: str) -> float:
        value = float(literal)
        if not math.isfinite(value):
            where = f"{file}:{literal_line(text, literal)}"
            raise PlanError(f"invalid JSON: the number {_short(literal)} is too large", where=where)
        return value

    def constant(literal: str) -> float:
        where = f"{file}:{literal_line(text, literal)}"
        raise PlanError(
            f"invalid JSON: {literal} is not allowed in a plan", where=where, hint="an open value is null"
        )

    try:
        value = gentle_loads(text, object_pairs_hook=pairs, parse_float=number, parse_constant=constant)
    except TooManyValues:
        raise PlanError(f"invalid JSON: more than {MAX_VALUES} values", where=file) from None
    except json.JSONDecodeError as error:
        reason, hint = syntax_error(error)
        raise PlanError(f"invalid JSON: {reason}", where=f"{file}:{error.lineno}", hint=hint) from None
    except RecursionError:
        raise PlanError("invalid JSON: nested too deeply", where=file, hint="export the file again") from None
    except ValueError:  # an integer of thousands of digits
        raise PlanError("invalid JSON: a number has too many digits", where=file) from None
    return JsonNode(value, file, text)


def _kind(value: Any) -> str:
    return {type(None): "null", bool: "true or false", str: "a text", list: "a list", dict: "an object"}.get(
        type(value), "a number"
    )


def _short(value: Any) -> str:
    shown = f"{value:g}" if isinstance(value, float) else repr(value) if abs_fits(value) else "a huge number"
    return shown if len(shown) <= 40 else shown[:37] + "..."


def abs_fits(value: Any) -> bool:
    """Return whether `value` can be printed; integers of many thousand digits cannot."""
    return not isinstance(value, int) or value.bit_length() < 1000
