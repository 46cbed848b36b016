"""The policy file: endpoints, programs and folders that a run may use beside those of its command line.

[[endpoint]]
url = "udpin:192.168.1.5:14550"

[programs]
allow = ["mpy-cross"]

[folders]
write = ["/srv/flights"]
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from controller.errors import UserError

_KNOWN = {"endpoint": "url", "programs": "allow", "folders": "write"}
_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class PolicyFile:
    """Contents of a policy file: link URLs with their lines, names of programs, folders from the root."""

    path: Path
    urls: tuple[tuple[str, int], ...] = ()
    programs: tuple[str, ...] = ()
    folders: tuple[Path, ...] = ()

    def place(self, line: int) -> str:
        """Return `FILE:LINE`."""
        return f"{self.path}:{line}"


def read_policy_file(path: Path) -> PolicyFile:
    """Read a policy file. Raises UserError with file and line."""
    try:
        data = path.read_bytes()[:_BYTES]
        text = data.decode("utf-8")
    except OSError as error:
        raise UserError(f"cannot read the policy file: {error.strerror or error}", where=str(path)) from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError("cannot read the policy file: not UTF-8", where=f"{path}:{line}") from None
    try:
        read = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        last = text.count("\n") + 1
        line, what = (int(found[1]), str(error)[: found.start()]) if found else (last, str(error))
        what = what.removesuffix(" (at end of document)")
        raise UserError(
            f"invalid policy file: {what[:1].lower()}{what[1:]}", where=f"{path}:{line}"
        ) from None
    return _Checked(path, text).contents(read)


class _Checked:
    """Contents of the file with a check of each value."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._lines = text.splitlines()

    def contents(self, read: dict[str, Any]) -> PolicyFile:
        for name in read:
            if name not in _KNOWN:
                self._wrong(f"no table '{name}'", name, f"use {', '.join(_KNOWN)}")
        tables = read.get("endpoint", [])
        if not isinstance(tables, list) or not all(isinstance(one, dict) for one in tables):
            self._wrong(
                "endpoint is not a list of tables", "endpoint", "write [[endpoint]] and url = below it"
            )
        urls = []
        for number, table in enumerate(tables):
            self._only(table, "endpoint")
            url = table.get("url")
            if not isinstance(url, str) or not url:
                self._wrong(
                    "an endpoint without url", "[[endpoint]]", 'write url = "udpin:127.0.0.1:14550"', number
                )
            urls.append((url, self._line(url)))
        folders = self._texts(read, "folders")
        for folder in folders:
            if not Path(folder).expanduser().is_absolute():
                self._wrong(
                    f"the folder '{folder}' does not begin at the root", folder, "write its whole path"
                )
        return PolicyFile(
            self._path,
            tuple(urls),
            tuple(self._texts(read, "programs")),
            tuple(Path(folder).expanduser() for folder in folders),
        )

    def _texts(self, read: dict[str, Any], name: str) -> list[str]:
        """Return the list of a table."""
        table = read.get(name, {})
        if not isinstance(table, dict):
            self._wrong(f"{name} is not a table", name, f"write [{name}] and {_KNOWN[name]} = [...] below it")
        self._only(table, name)
        values = table.get(_KNOWN[name], [])
        if not isinstance(values, list) or not all(isinstance(one, str) and one for one in values):
            self._wrong(
                f"{_KNOWN[name]} is not a list of texts", _KNOWN[name], f'write {_KNOWN[name]} = ["..."]'
            )
        return list(values)

    def _only(self, table: dict[str, Any], name: str) -> None:
        for key in table:
            if key != _KNOWN[name]:
                self._wrong(f"no key '{key}' in {name}", key, f"its only key is {_KNOWN[name]}")

    def _line(self, text: str, skip: int = 0) -> int:
        """Return the number of the line that has the text, 1 where it is written in another way."""
        found = [number for number, line in enumerate(self._lines, 1) if text in line.partition(" #")[0]]
        return found[min(skip, len(found) - 1)] if found else 1

    def _wrong(self, what: str, text: str, hint: str, skip: int = 0) -> NoReturn:
        place = f"{self._path}:{self._line(text, skip)}"
        raise UserError(f"invalid policy file: {what}", where=place, hint=hint)
