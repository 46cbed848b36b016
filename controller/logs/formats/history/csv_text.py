"""Tables of other programs as text: separator, decimal commas."""

from __future__ import annotations

import csv
import io
import itertools
import math
from collections.abc import Iterator

import numpy as np

from controller.logs.series.view import Array
from controller.spreadsheet_text import UTF_16, beginning, text_of

_HEAD_BYTES = 65_536
_SEPARATORS = ",;\t"
_MOST_COLUMNS = 1000


def header_cells(data: memoryview) -> list[str]:
    """The column names of a table with these first bytes; none for a file that is no table."""
    head = beginning(bytes(data[: _HEAD_BYTES + 1]), _HEAD_BYTES)
    if not head or (b"\0" in head and not head.startswith(UTF_16)):
        return []
    lines, separator = _lines(text_of(head))
    cells = next(_rows(lines, separator), [])
    return [cell.strip() for cell in cells] if 2 <= len(cells) <= _MOST_COLUMNS else []


def table(data: memoryview) -> tuple[list[str], list[list[str]], int]:
    """Column names, the values of each column, and the number of lines that were left out (too few values)."""
    lines, separator = _lines(text_of(bytes(data)))
    rows = _rows(lines, separator)
    names = [cell.strip() for cell in next(rows, [])]
    kept, left = [], 0
    for row in rows:
        if not any(row):
            continue
        # A line may end with a separator more, or lack the last values.
        if len(row) >= max(2, len(names) // 2):
            kept.append((row + [""] * len(names))[: len(names)])
        else:
            left += 1
    columns = [list(column) for column in zip(*kept, strict=True)] if kept else [[] for _ in names]
    return names, columns, left


def _lines(text: str) -> tuple[Iterator[str], str]:
    """The lines from the column names on, and the separator of values. Excel's `sep=,` line names it."""
    stream = io.StringIO(text.lstrip("\ufeff").replace("\0", ""), newline=None)
    first = stream.readline()
    if first.lower().startswith("sep=") and len(first) <= 7:
        separator = first[4:5] if first[4:5] in _SEPARATORS and first[4:5] != "\n" else ","
        return stream, separator or ","
    separator = max(_SEPARATORS, key=first.count)
    return itertools.chain([first], stream), separator


def _rows(lines: Iterator[str], separator: str) -> Iterator[list[str]]:
    reader = csv.reader(lines, delimiter=separator)
    while True:
        try:
            yield next(reader)
        except StopIteration:
            return
        except csv.Error:  # a value that is too long
            continue


def number(text: str) -> float | None:
    """A number, with a decimal point or a decimal comma; NaN for an empty text, None for one that is no number."""
    text = text.strip()
    if not text:
        return math.nan
    try:
        return float(text)
    except ValueError:
        pass
    try:
        return float(text.replace(",", ".")) if text.count(",") == 1 and "." not in text else None
    except ValueError:
        return None


def numbers(texts: list[str]) -> Array:
    """A column as float64, NaN where a text is no number."""
    try:
        return np.array(texts, np.float64)
    except ValueError:
        found = [number(text) for text in texts]
        return np.array([math.nan if one is None else one for one in found], np.float64)


def flags(texts: list[str]) -> Array:
    """A column of yes and no: 1, True, Yes, Recording, ... against 0, False, No and nothing."""
    return np.array([text.strip().lower() not in ("", "0", "0.0", "false", "no", "off") for text in texts])


def column(texts: list[str]) -> Array:
    """A column for tables: numbers where most of its values are, else texts."""
    values = numbers(texts)
    filled = sum(1 for text in texts if text.strip())
    if np.isfinite(values).sum() * 2 > filled or not filled:
        return values
    return np.array(texts, dtype=object)
