"""The settings in their file: the newest that can be used, the last good one to fall back on, and changes put into it.

A wrong file never half applies: the last good one is used, and without one the defaults, which bridge and nothing else.
"""

import json

from firmware.config import ConfigError, parse
from firmware.core.compat import Any
from firmware.core.files import Files

DEFAULT_TEXT = '{"version": 1, "laptop": {"port": "default"}, "radios": [{"port": "default"}]}'


def with_changes(text: str, changes: dict[str, Any]) -> str:
    """The file `text` with settings put in by path, as `dead_man.hold_ms`; the rest of it stays as somebody wrote it, to the
    blank. Raises ConfigError when that makes it wrong."""
    for path, value in changes.items():
        text = _put(text, _skip(text, 0), path.split("."), json.dumps(value))
    parse(text)
    return text


def _put(text: str, at: int, names: list[str], value: str) -> str:
    """The object that begins at `at` is given `value`. MicroPython's own objects forget the order they were read in, so the
    text is changed, not what was read from it."""
    first = i = _skip(text, at + 1)
    end = start = -1
    while text[i] != "}":
        key_end = _end(text, i)
        key = json.loads(text[i:key_end])
        i = _skip(text, _skip(text, key_end) + 1)
        last = _end(text, i)
        if key == names[0]:  # of two that are called the same the last one counts
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
    """Where the value that begins at `at` ends. The text is JSON."""
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
    """The configuration in files: `load` on start, `keep` once the box has run well with it, `change` single settings."""

    def __init__(self, files: Files, name: str = "config.json", good: str = "config.good.json") -> None:
        self._files = files
        self._name = name
        self._good = good
        self.problem = ""
        self.text = ""
        self._used = name

    def load(self, use: Any = None) -> Any:
        """The newest configuration that is right, or what `use` makes of it: one that `use` refuses - a port that this board
        has not, a package or a part of MicroPython that is missing, more than its memory holds - is wrong as well. `problem`
        says what was wrong with a newer one.

        Raises ConfigError when even the defaults cannot be used, as on a computer, which has no ports by default.
        """
        for name in (self._name, self._good, ""):
            try:
                text = self._files.read(name) if name else DEFAULT_TEXT
            except (OSError, ValueError):  # not there, or no text
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
        """What is running is good."""
        try:
            if self._files.read(self._good) == self.text:
                return
        except (OSError, ValueError):  # not there, or no text
            pass
        self._files.replace(self._good, self.text)

    def change(self, changes: dict[str, Any]) -> None:
        """Put single settings into the file that is running, and take that at the next start. Raises ConfigError.

        A newer file with a mistake in it stays as it is, for whoever wrote it to mend.
        """
        text = with_changes(self.text, changes)
        self._files.replace(self._used, text)
        self.text = text
