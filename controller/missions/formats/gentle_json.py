"""JSON in small steps, for a process that must do other work meanwhile.

The standard library reads and writes a whole document without letting another thread run: some seconds for one of
100 MB, while telemetry waits. Here a step is a text, or a few kilobytes of anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from json.decoder import JSONArray, JSONObject  # type: ignore[attr-defined]
from typing import Any

STEP_CHARACTERS = 4096
# Up to here the faster decoder of the standard library needs some 20 ms.
LARGE_CHARACTERS = 500_000
MAX_VALUES = 500_000
_STEP_VALUES = 500


class TooManyValues(ValueError):
    """A document has more values than any plan needs; reading it would take minutes."""


class GentleDecoder(json.JSONDecoder):
    """A `json.JSONDecoder` that works in small steps. Raises TooManyValues, too."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        step: Any = json.JSONDecoder(**options)
        self._scan_step: Callable[[str, int], tuple[Any, int]] = step.scan_once
        self._names: dict[str, str] = {}
        self._left = MAX_VALUES
        self.scan_once = self._scan

    def _scan(self, text: str, at: int) -> tuple[Any, int]:
        """Return the value that begins at `at`, and where it ends."""
        self._left -= 1
        if self._left < 0:
            raise TooManyValues
        first = text[at : at + 1]
        if first not in ("{", "["):
            return self._scan_step(text, at)
        try:
            value, length = self._scan_step(text[at : at + STEP_CHARACTERS], 0)
        except (StopIteration, json.JSONDecodeError):
            # It is longer than a step, or invalid: value by value, which also finds the place of an error.
            inside = text, at + 1
            if first == "[":
                found = JSONArray(inside, self._scan)
            else:
                hooks = self.object_hook, self.object_pairs_hook
                found = JSONObject(inside, self.strict, self._scan, *hooks, self._names)
            return found[0], found[1]
        return value, at + length


def gentle_loads(text: str, **options: Any) -> Any:
    """Return the value of a JSON text; `options` are those of `json.JSONDecoder`. Raises as it, and TooManyValues."""
    decoder = GentleDecoder if len(text) > LARGE_CHARACTERS else json.JSONDecoder
    return decoder(**options).decode(text)


def gentle_dumps(value: Any) -> bytes:
    """Return a value as JSON. Raises ValueError for NaN and infinities."""
    return "".join(_pieces(value)).encode()


def _pieces(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield "{"
        for index, (name, member) in enumerate(value.items()):
            yield f"{',' if index else ''}{json.dumps(name)}:"
            yield from _pieces(member)
        yield "}"
    elif isinstance(value, list) and len(value) > _STEP_VALUES:
        for at in range(0, len(value), _STEP_VALUES):
            yield "," if at else "["
            yield json.dumps(value[at : at + _STEP_VALUES], allow_nan=False)[1:-1]
        yield "]"
    else:
        yield json.dumps(value, allow_nan=False)
