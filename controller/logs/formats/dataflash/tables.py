"""The records of one type as a table, and two types of one name as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

# Letter: (numpy type, scale or None). LogStructure.h, "Format characters in the format string".
LETTERS: dict[str, tuple[Any, float | None]] = {
    "a": (("<i2", (32,)), None),
    "b": ("i1", None),
    "B": ("u1", None),
    "h": ("<i2", None),
    "H": ("<u2", None),
    "i": ("<i4", None),
    "I": ("<u4", None),
    "f": ("<f4", None),
    "d": ("<f8", None),
    "g": ("<f2", None),
    "n": ("S4", None),
    "N": ("S16", None),
    "Z": ("S64", None),
    "c": ("<i2", 0.01),
    "C": ("<u2", 0.01),
    "e": ("<i4", 0.01),
    "E": ("<u4", 0.01),
    "L": ("<i4", 1e-7),
    "M": ("u1", None),
    "q": ("<i8", None),
    "Q": ("<u8", None),
}
# Texts and arrays.
_NO_NUMBERS = frozenset("nNZa")
# Bytes of a record before its contents.
HEAD_BYTES = 3


@dataclass(frozen=True, slots=True)
class RecordFormat:
    """The description of a record type by its FMT record. `units` are FMTU's letters, empty if the log has none."""

    name: str
    number: int
    length: int
    letters: str
    labels: tuple[str, ...]
    units: str = ""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The record after its header, as packed numpy fields."""
        fields: list[Any] = []
        for label, letter in zip(self.labels, self.letters, strict=False):
            kind = LETTERS[letter][0]
            fields.append((label, *kind) if isinstance(kind, tuple) else (label, kind))
        return np.dtype(fields)


class DataFlashTable(Mapping[str, Any]):
    """All records of one type in the order of the log; a column is made on first use, scaled as its letter says."""

    def __init__(self, record_format: RecordFormat, rows: Any, times_us: Any = None) -> None:
        self.format = record_format
        self.rows = rows
        self.times_us = times_us
        """Microseconds since the autopilot's start (int64); None where the log does not tell."""
        self._columns: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.format.labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.format.labels)

    def __getitem__(self, label: str) -> Any:
        column = self._columns.get(label)
        if column is None:
            if label not in self.format.labels:
                raise KeyError(label)
            letter = self.format.letters[self.format.labels.index(label)]
            scale = LETTERS[letter][1]
            raw = self.rows[label]
            column = np.ascontiguousarray(raw) if scale is None else raw * scale
            self._columns[label] = column
        return column

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self.rows)

    def after(self, first: int) -> DataFlashTable:
        """The records from `first` on."""
        times_us = None if self.times_us is None else self.times_us[first:]
        return DataFlashTable(self.format, self.rows[first:], times_us)


def merged(parts: Sequence[DataFlashTable], places: Sequence[Any]) -> DataFlashTable:
    """The records of several types with the same name, in the order of the log; `places` are their numbers in it.

    A column that not all of them have, or not with the same letter, becomes one of floats (NaN where it is missing),
    or of texts.
    """
    if len(parts) == 1:
        return parts[0]
    order = np.argsort(np.concatenate([*places]), kind="stable")
    first = parts[0].format
    if all((part.format.letters, part.format.labels) == (first.letters, first.labels) for part in parts):
        return DataFlashTable(first, np.concatenate([part.rows for part in parts])[order])
    labels = tuple(dict.fromkeys(label for part in parts for label in part.format.labels))
    letters = "".join(_common_letter(parts, label) for label in labels)
    length = HEAD_BYTES + RecordFormat(first.name, first.number, 0, letters, labels).dtype.itemsize
    joined = RecordFormat(first.name, first.number, length, letters, labels)
    rows = np.zeros(sum(part.count for part in parts), joined.dtype)
    at = 0
    for part in parts:
        for label, letter in zip(labels, letters, strict=True):
            if label in part:
                rows[label][at : at + part.count] = part[label] if letter == "d" else part.rows[label]
            elif letter == "d":
                rows[label][at : at + part.count] = np.nan
        at += part.count
    return DataFlashTable(joined, rows[order])


def _common_letter(parts: Sequence[DataFlashTable], label: str) -> str:
    """The letter of a column of several types: their own if all have the same one."""
    letters = {part.format.letters[part.format.labels.index(label)] for part in parts if label in part}
    if len(letters) == 1 and (letters <= _NO_NUMBERS or all(label in part for part in parts)):
        return letters.pop()
    return "Z" if letters & _NO_NUMBERS else "d"
