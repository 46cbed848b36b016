"""Lines of the values of a JSON text, for errors; and JSON syntax errors in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+|\n', re.S)

# Python's parser messages, and what they mean for the writer of the file.
_REASONS = (
    ("Expecting value", "a value is missing"),
    ("Expecting property name", "a field name in double quotes is missing"),
    ("Expecting ':'", "a colon is missing after a field name"),
    ("Expecting ','", "a comma or a closing bracket is missing"),
    ("Illegal trailing comma", "a comma stands before a closing bracket"),
    ("Unterminated string", "a text has no closing quote"),
    ("Invalid control character", "a text has a line break or another control character in it"),
    ("Invalid \\", "a text has an invalid escape after a backslash"),
    ("Extra data", "something follows after the end"),
)


def syntax_error(error: json.JSONDecodeError) -> tuple[str, str | None]:
    """Return the reason of a syntax error in words, and the next step if it is known."""
    if not error.doc[error.pos :].strip() and not error.msg.startswith("Extra data"):
        return "the file ends too early", "check whether the file is truncated"
    for begin, reason in _REASONS:
        if error.msg.startswith(begin):
            return reason, None
    return "it is not valid", None


def line_of(text: str, path: str) -> int:
    """Return the line (from 1) of the value at a path such as `mission.items[3].params`, or of its parent.

    1 if neither is found.
    """
    lines: dict[str, int] = {}
    for found, line, _ in _values(text):
        lines.setdefault(found, line)
        if found == path:
            return line
    while path and path not in lines:
        path = path[: max(path.rfind("."), path.rfind("["), 0)]
    return lines.get(path, 1)


def duplicate_line(text: str, key: str) -> int:
    """Return the line of the first field `key` that is repeated in one object, 1 if there is none."""
    repeated = (line for path, line, again in _values(text) if again and path.rpartition(".")[2] == key)
    return next(repeated, 1)


def literal_line(text: str, literal: str) -> int:
    """Return the line of the first number or constant with this text, 1 if there is none."""
    line = 1
    for token in _TOKEN.finditer(text):
        if token[0] == literal:
            return line
        line += token[0].count("\n")
    return 1


def _values(text: str) -> Iterator[tuple[str, int, bool]]:
    """Yield path and line of each value in order, and whether its field stood in its object before."""
    line = 1
    prefixes: list[str] = []  # path of each open object or list
    indexes: list[int | None] = []  # next index of each open list, None for an object
    keys: list[set[str]] = []
    key: str | None = None
    for token in _TOKEN.finditer(text):
        word, here = token[0], line
        line += word.count("\n")
        if word in ("\n", ",", ":"):
            continue
        if word in "}]":
            if prefixes:
                prefixes.pop(), indexes.pop(), keys.pop()
            continue
        in_object = bool(indexes) and indexes[-1] is None
        if in_object and key is None and word.startswith('"'):
            key = _unquoted(word)
            continue
        path, again = "", False
        if in_object and key is not None:
            path = f"{prefixes[-1]}.{key}" if prefixes[-1] else key
            again = key in keys[-1]
            keys[-1].add(key)
            key = None
        elif indexes:
            index = indexes[-1] or 0
            path = f"{prefixes[-1]}[{index}]"
            indexes[-1] = index + 1
        yield path, here, again
        if word in "{[":
            prefixes.append(path)
            indexes.append(0 if word == "[" else None)
            keys.append(set())


def _unquoted(word: str) -> str:
    try:
        return str(json.loads(word))
    except ValueError:
        return word[1:-1]
