"""Reading, decoding and saving the bytes of mission files, with an error for each failure."""

from __future__ import annotations

import sys
from pathlib import Path

from controller.missions.errors import PlanError

#: The largest real plans (surveys of tens of thousands of items) stay under this.
MAX_BYTES = 32 * 1024 * 1024
#: MISSION_COUNT has 16 bits.
MAX_ITEMS = 65_535


def read_bytes(path: Path) -> bytes:
    """Return the content of a mission file. Raises PlanError."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise PlanError(
            "cannot read mission file: this is a folder", where=where, hint="give the file in it"
        ) from None
    except FileNotFoundError:
        raise PlanError(
            "cannot read mission file: no such file", where=where, hint="check the path"
        ) from None
    except (OSError, ValueError) as error:
        if path.is_dir():  # Windows reports "permission denied" for folders
            raise PlanError(
                "cannot read mission file: this is a folder", where=where, hint="give the file in it"
            ) from None
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise PlanError(
            f"cannot read mission file: {why}", where=where, hint="check the path and the permissions"
        ) from None
    return _limited(data, where)


def read_input() -> bytes:
    """Return a mission file from standard input. Raises PlanError."""
    if sys.stdin is None or sys.stdin.isatty():
        raise PlanError(
            "cannot read mission file: standard input is a terminal", hint="pipe a plan into the command"
        )
    return _limited(sys.stdin.buffer.read(MAX_BYTES + 1), "standard input")


def _limited(data: bytes, where: str) -> bytes:
    if len(data) > MAX_BYTES:
        raise PlanError(
            f"cannot read mission file: larger than {MAX_BYTES // 1024**2} MiB",
            where=where,
            hint="export a part of it",
        )
    return data


def decode(data: bytes, where: str) -> str:
    """Decode the text of a mission file: UTF-8 without zero bytes, not empty. Raises PlanError."""
    if not data.strip():
        raise PlanError("invalid mission file: it is empty", where=where, hint="save or export it again")
    if not data.strip(b"\0"):
        raise PlanError(
            "invalid mission file: it holds only zeros",
            where=where,
            hint="saving was probably interrupted; save it again",
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PlanError("invalid mission file: the text is UTF-16", where=where, hint="save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlanError(
            "invalid mission file: not UTF-8 text", where=f"{where}:{line}", hint="save it as UTF-8"
        ) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise PlanError(
            "invalid mission file: a zero byte in the text",
            where=f"{where}:{line}",
            hint="the file is damaged",
        )
    return text


def save_bytes(path: Path, data: bytes) -> None:
    """Write a mission file atomically. Raises PlanError."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise PlanError(
            f"cannot write mission file: {error.strerror or error}",
            where=str(path),
            hint="check the folder and its permissions, or give another file name",
        ) from None
