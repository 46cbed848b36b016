"""Facts about real autopilots, read from the TOML files beside this module.

A file holds one topic of one stack: `stack`, `topic` and `version` first, then one table a fact. A fact has

* `does`: what the autopilot does, one or two sentences of Markdown,
* `source`: where that was seen (a recording, a probe on the wire, a source file of the autopilot),
* `version`: where it differs from that of the file,
* `vehicles`: where it does not hold for all vehicle classes,
* `value`: where code uses it.

Read-back rules, emulated stacks and tests take their values from here, and `docs/autopilots` is made from it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent
ARDUPILOT, PX4 = "ardupilot", "px4"
_FILE_KEYS = frozenset(("stack", "topic", "version"))
_FACT_KEYS = frozenset(("does", "source", "version", "vehicles", "value"))


@dataclass(frozen=True, slots=True)
class Fact:
    """One row: what a stack does, where that was seen, and the value that code uses (None: none)."""

    stack: str
    id: str
    topic: str
    does: str
    version: str
    source: str
    vehicles: tuple[str, ...] = ()
    value: Any = None


@cache
def all_facts(stack: str) -> Mapping[str, Fact]:
    """Return the facts of a stack (`ardupilot` or `px4`) by id, in the order of the files.

    Raises ValueError for a file with unknown keys or an id used twice.
    """
    found: dict[str, Fact] = {}
    for path in sorted(FOLDER.glob(f"{stack}_*.toml")):
        for fact in _facts_of(path):
            if fact.id in found:
                raise ValueError(f"{path.name}: {fact.id} is used twice")
            found[fact.id] = fact
    return found


def _facts_of(path: Path) -> Iterator[Fact]:
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    for name, row in document.items():
        if name in _FILE_KEYS:
            continue
        if not isinstance(row, dict) or not {"does", "source"} <= row.keys() <= _FACT_KEYS:
            raise ValueError(f"{path.name}: {name} needs `does` and `source`; keys are {sorted(_FACT_KEYS)}")
        yield Fact(
            stack=document["stack"],
            id=name,
            topic=document["topic"],
            does=row["does"],
            version=row.get("version", document["version"]),
            source=row["source"],
            vehicles=tuple(row.get("vehicles", ())),
            value=row.get("value"),
        )


class StackFacts:
    """Values of the facts of one stack. A missing id or a value of another type raises KeyError or TypeError."""

    def __init__(self, stack: str) -> None:
        self.stack = stack

    def _typed(self, name: str, *types: type) -> Any:
        value = all_facts(self.stack)[name].value
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            wanted = " or ".join(one.__name__ for one in types)
            raise TypeError(f"fact {self.stack}.{name}: {value!r} is no {wanted}")
        return value

    def flag(self, name: str) -> bool:
        """Return a value that is true or false."""
        return bool(self._typed(name, bool))

    def integer(self, name: str) -> int:
        """Return a whole number."""
        return int(self._typed(name, int))

    def number(self, name: str) -> float:
        """Return a number."""
        return float(self._typed(name, int, float))

    def text(self, name: str) -> str:
        """Return a text."""
        return str(self._typed(name, str))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        return tuple(str(one) for one in self._typed(name, list))

    def integers(self, name: str) -> frozenset[int]:
        """Return a list of whole numbers as a set."""
        return frozenset(int(one) for one in self._typed(name, list))

    def table(self, name: str) -> Mapping[str, Any]:
        """Return a table by its keys."""
        table: Mapping[str, Any] = self._typed(name, dict)
        return table
