"""Text tables of other programs: comma, semicolon or tab between the cells, a point or a comma in the numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from controller.missions.errors import PlanError
from controller.missions.formats.text_file import MAX_ITEMS, decode
from controller.spreadsheet_text import beginning, text_of

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.A)
_DELIMITERS = ";\t,"
_HEAD_BYTES = 16_384
_MOST_COLUMNS = 300
_MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its cells by the name of their column, its place as file:line, and its line."""

    cells: dict[str, str]
    where: str
    line: int

    def text(self, column: str) -> str:
        """Return a cell, "" where the table or the row does not have it."""
        return self.cells.get(column, "")

    def number(self, column: str, low: float, high: float, default: float | None = None) -> float:
        """Return a number in [low, high]; `default` is that of an empty cell. Raises PlanError."""
        word = self.text(column)
        if not word and default is not None:
            return default
        # A thousands separator beside the decimal comma leaves two points, which are refused.
        plain = word.replace(",", ".")
        if not _NUMBER.fullmatch(plain):
            shown = repr(word[:30]) if word else "an empty cell"
            raise PlanError(f"invalid row: {column} must be a number, not {shown}", where=self.where)
        value = float(plain)
        if not low <= value <= high:
            raise PlanError(
                f"invalid row: {column} {word[:30]} is not between {low:g} and {high:g}", where=self.where
            )
        return value


@dataclass(frozen=True, slots=True)
class Table:
    """A table with a header: `columns` are its names as they stand in the file."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def shown_columns(self) -> str:
        """The names of the columns, for errors."""
        shown = ", ".join(name[:30] for name in self.columns if name)
        return shown if len(shown) <= _MOST_SHOWN else f"{shown[:_MOST_SHOWN]}..."


def header_of(data: bytes) -> tuple[str, ...]:
    """Return the columns of a table in lower case, () for a file that does not begin with a header."""
    return _header(text_of(beginning(data, _HEAD_BYTES)).lstrip())


def _header(head: str) -> tuple[str, ...]:
    if not head or head[0] in "{[<#" or "\0" in head:
        return ()
    cells = [one.strip().strip('"').lower() for one in _cells(head.splitlines()[0])]
    if len(cells) < 2 or any(_NUMBER.fullmatch(one.replace(",", ".")) for one in cells):
        return ()
    return tuple(cells)


def read_table(data: bytes, file: str) -> Table:
    """Read a table; the names of its columns are in lower case in its rows. Raises PlanError."""
    text = _text(data, file)
    first = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(first))
    try:
        return _table(reader, file)
    except csv.Error as error:
        raise PlanError(f"invalid table: {error}", where=f"{file}:{reader.line_num}") from None


def _text(data: bytes, file: str) -> str:
    """Return the text of a table. Raises PlanError for bytes that are no text."""
    text = text_of(data) if data.strip() else ""
    return decode(text.encode("utf-8"), file)


def _table(reader: Iterator[list[str]], file: str) -> Table:
    columns: tuple[str, ...] = ()
    rows: list[Row] = []
    for cells in reader:
        line = reader.line_num  # type: ignore[attr-defined]
        where = f"{file}:{line}"
        words = [one.strip() for one in cells]
        if not any(words):
            continue
        if not columns:
            columns = _columns(words, where)
            continue
        if len(words) > len(columns) and any(words[len(columns) :]):
            raise PlanError(
                f"invalid row: {len(words)} cells under {len(columns)} columns",
                where=where,
                hint="a file with decimal commas needs semicolons between its cells",
            )
        named = zip((one.lower() for one in columns), words, strict=False)
        rows.append(Row(dict(named), where, line))
        if len(rows) > MAX_ITEMS:
            raise PlanError(f"invalid table: more than {MAX_ITEMS} rows", where=where)
    if not rows:
        raise PlanError("invalid table: it has no rows under its header", where=file)
    return Table(columns, tuple(rows))


def _columns(words: list[str], where: str) -> tuple[str, ...]:
    if len(words) > _MOST_COLUMNS:
        raise PlanError(f"invalid table: more than {_MOST_COLUMNS} columns", where=where)
    lower = [one.lower() for one in words if one]
    twice = next((one for one in lower if lower.count(one) > 1), None)
    if twice is not None:
        raise PlanError(f"invalid table: two columns are called {twice[:40]!r}", where=where)
    return tuple(words)


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=line.count)


def _cells(line: str) -> list[str]:
    return line.split(_delimiter(line))
