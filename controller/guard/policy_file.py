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
_FORM = "the form is on the page of settings, under 'Policy file'"


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
    text = _text(path)
    try:
        read = tomllib.loads(text)
    except RecursionError:
        raise UserError("invalid policy file: lists within lists", where=f"{path}:1", hint=_FORM) from None
    except tomllib.TOMLDecodeError as error:
        found = re.search(r" \(at line (\d+), column \d+\)$", str(error))
        last = text.count("\n") + 1
        line, what = (int(found[1]), str(error)[: found.start()]) if found else (last, str(error))
        what = what.removesuffix(" (at end of document)")
        raise UserError(
            f"invalid policy file: {what[:1].lower()}{what[1:]}", where=f"{path}:{line}", hint=_FORM
        ) from None
    return _Checked(path, text).contents(read)


def _text(path: Path) -> str:
    """Return the contents of the file, without the mark that some editors put before UTF-8. Raises UserError."""
    try:
        with path.open("rb") as file:
            data = file.read(_BYTES + 1)
        if len(data) > _BYTES:
            what = "cannot read the policy file: it has more than 1 MB"
            raise UserError(what, where=str(path), hint=_FORM)
        return data.decode("utf-8-sig")
    except OSError as error:
        what = f"cannot read the policy file: {error.strerror or error}"
        raise UserError(what, where=str(path), hint="name a file that you may read") from None
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        what = "cannot read the policy file: not UTF-8"
        raise UserError(what, where=f"{path}:{line}", hint="save it as UTF-8") from None


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
            if not url.isprintable():
                self._wrong(
                    f"url has characters that cannot be printed: {url!r}", "url", "write it anew", number
                )
            urls.append((url, self._line(url)))
        programs = self._texts(read, "programs")
        for program in programs:
            if "/" in program or "\\" in program:
                self._wrong(
                    f"'{program}' is not the name of a program", program, "write it without its folder"
                )
        folders = tuple(self._folder(folder) for folder in self._texts(read, "folders"))
        return PolicyFile(self._path, tuple(urls), tuple(programs), folders)

    def _folder(self, named: str) -> Path:
        try:
            folder = Path(named).expanduser()
        except RuntimeError:
            self._wrong(f"the folder '{named}' is of an unknown user", named, "write its whole path")
        if not named.isprintable():
            self._wrong(
                f"a folder with characters that cannot be printed: {named!r}", "write", "write it anew"
            )
        if not folder.is_absolute():
            self._wrong(f"the folder '{named}' does not begin at the root", named, "write its whole path")
        if folder.exists() and not folder.is_dir():
            self._wrong(f"'{named}' is not a folder", named, "name the folder that it is in")
        return folder

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
