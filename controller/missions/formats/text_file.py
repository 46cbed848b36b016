"""Getting the text of a mission file from the disk, or one line saying why not."""

from __future__ import annotations

from pathlib import Path

from controller.missions.errors import PlanError

#: The largest real plans (surveys of tens of thousands of items) stay under this.
MAX_BYTES = 32 * 1024 * 1024
#: Items are counted in 16 bits on the wire.
MAX_ITEMS = 65_535


def read_text(path: Path) -> str:
    """The file's text, line ends and byte order mark kept. Raises PlanError."""
    where = str(path)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except IsADirectoryError:
        raise PlanError("this is a folder, not a mission file", where=where) from None
    except FileNotFoundError:
        raise PlanError("there is no such file", where=where) from None
    except (OSError, ValueError) as error:
        if path.is_dir():  # Windows says "permission denied" of folders
            raise PlanError("this is a folder, not a mission file", where=where) from None
        why = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise PlanError(f"cannot be read: {why}", where=where) from None
    if len(data) > MAX_BYTES:
        raise PlanError(f"larger than {MAX_BYTES // 1024**2} MiB, which no mission is", where=where)
    return decode(data, where)


def decode(data: bytes, where: str) -> str:
    """Bytes of a mission file as text: UTF-8, and nothing that is no text."""
    if not data.strip():
        raise PlanError("the file is empty", where=where)
    if not data.strip(b"\0"):
        raise PlanError(
            "the file holds nothing but zeros", where=where, hint="it was probably cut off while being saved"
        )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PlanError("the text is UTF-16", where=where, hint="save it as UTF-8")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise PlanError("not UTF-8 text", where=f"{where}:{line}", hint="save it as UTF-8") from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise PlanError("a zero byte in the text", where=f"{where}:{line}", hint="the file is damaged")
    return text


def save_bytes(path: Path, data: bytes) -> None:
    """Write a mission file; a half-written one never takes the place of a whole one. Raises PlanError."""
    part = path.with_name(path.name + ".part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        raise PlanError(f"cannot be written: {error.strerror or error}", where=str(path)) from None
