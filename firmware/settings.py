"""Settings file: loading with a fallback to the last good file, and changing single values.

An invalid file is never applied in part: the last good file is used, or the defaults, with which the box only bridges.
"""

import json

from firmware.config import ConfigError, parse
from firmware.core.compat import Any
from firmware.core.files import Files

DEFAULT_TEXT = '{"version": 1, "laptop": {"port": "default"}, "radios": [{"port": "default"}]}'


def with_changes(text: str, changes: dict[str, Any]) -> str:
    """Return the file `text` with values set by path (as `dead_man.hold_ms`), all else unchanged to the character.

    Raises ConfigError when the result is invalid.
    """
    for path, value in changes.items():
        text = _put(text, _skip(text, 0), path.split("."), json.dumps(value))
    parse(text)
    return text


def _put(text: str, at: int, names: list[str], value: str) -> str:
    """Set a value in the object that begins at `at`.

    Edits the text, as MicroPython's dictionaries do not keep the order of the file.
    """
    first = i = _skip(text, at + 1)
    end = start = -1
    while text[i] != "}":
        key_end = _end(text, i)
        key = json.loads(text[i:key_end])
        i = _skip(text, _skip(text, key_end) + 1)
        last = _end(text, i)
        if key == names[0]:  # of duplicate keys the last one counts
            start, end = i, last
        i = _skip(text, last)
        if text[i] == ",":
            i = _skip(text, i + 1)
    if start >= 0:
        if len(names) > 1:
            return _put(text, start, names[1:], value)
        return text[:start] + value + text[end:]
    for name in reversed(names[1:]):
        value = "{" + json.dumps(name) + ": " + value + "}"
    value = json.dumps(names[0]) + ": " + value
    if text[first] == "}":
        return text[: at + 1] + value + text[first:]
    between = text[at + 1 : first] or " "
    return text[:last] + "," + between + value + text[last:]


def _skip(text: str, at: int) -> int:
    while text[at] in " \t\r\n":
        at += 1
    return at


def _end(text: str, at: int) -> int:
    """Return the end of the JSON value that begins at `at`."""
    depth = 0
    while True:
        if text[at] == '"':
            at += 1
            while text[at] != '"':
                at += 2 if text[at] == "\\" else 1
            at += 1
        elif text[at] in "{[":
            depth += 1
            at += 1
        elif text[at] in "}]":
            depth -= 1
            at += 1
        else:
            at += 1
        if not depth and text[at - 1] in '"}]':
            return at
        if not depth and text[at] in ",}] \t\r\n":
            return at


class Settings:
    """Settings files: `load` at start, `keep` after a good run, `change` single values."""

    def __init__(self, files: Files, name: str = "config.json", good: str = "config.good.json") -> None:
        self._files = files
        self._name = name
        self._good = good
        self.problem = ""
        self.text = ""
        self._used = name

    def load(self, use: Any = None) -> Any:
        """Return the newest valid configuration, or the result of `use` on it.

        A configuration is invalid, too, when `use` raises: the board lacks a port, a package or memory. `problem`
        holds the error of a newer, rejected file.

        Raises ConfigError when the defaults fail as well, as on a computer, which has no default ports.
        """
        for name in (self._name, self._good, ""):
            try:
                text = self._files.read(name) if name else DEFAULT_TEXT
            except (OSError, ValueError):  # missing, or not text
                self.problem = self.problem or name + ": cannot be read"
                continue
            try:
                config = parse(text)
                used = use(config) if use else config
            except (ValueError, OSError, MemoryError, ImportError, AttributeError) as error:
                self.problem = self.problem or (name or "the defaults") + ": " + (str(error) or repr(error))
            else:
                self.text = text
                self._used = name or self._good
                return used
        raise ConfigError(self.problem)

    def keep(self) -> None:
        """Save the running configuration as the last good one."""
        try:
            if self._files.read(self._good) == self.text:
                return
        except (OSError, ValueError):  # missing, or not text
            pass
        self._files.replace(self._good, self.text)

    def change(self, changes: dict[str, Any]) -> None:
        """Write values into the file in use, for the next start. Raises ConfigError.

        A newer, invalid file is left unchanged for its author to correct.
        """
        text = with_changes(self.text, changes)
        self._files.replace(self._used, text)
        self.text = text
