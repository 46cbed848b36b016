"""On-board logs: their names on this disk, and their order in time as far as it is known.

A path comes from the aircraft and is not trusted: a name made from it is one plain file name on every system.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from controller.errors import UserError
from controller.protocol.logs.client import LogEntry

_EARLIEST_S = 1_262_304_000  # before 2010: the clock was not set
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SESSION = re.compile(r"sess\d+", re.ASCII)
# Windows opens a device by these names, whatever the ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OnboardLog:
    """An on-board log."""

    number: int
    """Number of the log, as the log list shows it."""
    utc_s: int
    """Time of the last write, seconds since 1970 UTC; 0 if unknown, as for files."""
    size_bytes: int
    """Size, bytes."""
    path: str = ""
    """Path on board, for MAVLink FTP; "" for a log of the log service."""
    placed: bool = True
    """Whether its place in the list is its place in time."""

    @property
    def dated(self) -> bool:
        """Whether the time is known."""
        return self.utc_s > _EARLIEST_S

    @property
    def resumable(self) -> bool:
        """Whether a partial download can be continued: a file is compared at the end, a time is unique."""
        return bool(self.path) or self.dated

    @property
    def name(self) -> str:
        """File name on this disk; for a log of the log service without its ending, which follows from the content."""
        if self.path:
            *_, folder, file = PurePosixPath("/", self.path).parts
            # PX4 names a folder by the day and the file by the time; ArduPilot numbers its files.
            name = file if file[:1].isdigit() and "_" not in file else f"{folder}_{file}"
            name = re.sub(r"[^A-Za-z0-9._-]", "-", name)
            return f"log-{name}" if _DEVICE.match(name) else name
        return f"log{self.number}" + (
            f"-{datetime.fromtimestamp(self.utc_s, UTC):%Y%m%dT%H%M%SZ}" if self.dated else ""
        )


def logs_of_service(entries: Iterable[LogEntry], *, in_order: bool) -> list[OnboardLog]:
    """Return the logs that the log service lists, the newest last.

    With `in_order` the numbers are in the order of time, else the logs are sorted by their times.
    """
    logs = [OnboardLog(entry.id, entry.utc_s, entry.size_bytes) for entry in entries]
    if in_order:
        return logs
    known = all(log.dated for log in logs)
    logs.sort(key=lambda log: log.utc_s)
    return [OnboardLog(log.number, log.utc_s, log.size_bytes, placed=known) for log in logs]


def logs_of_files(found: Iterable[tuple[str, int]], newest: int | None = None) -> list[OnboardLog]:
    """Return the logs of a list of files (path, bytes), the newest last.

    `newest` is the number that ArduPilot gave last: after its highest number it starts again with 1. PX4 uses a
    folder `sessNNN` while it has no time: those flights are in order among each other, but their days are unknown.
    """
    files = sorted(found, key=lambda file: _natural(file[0]))
    stems = [PurePosixPath(path).stem for path, _ in files]
    if all(stem.isascii() and stem.isdigit() for stem in stems):
        numbered = [(int(stem), *file) for stem, file in zip(stems, files, strict=True)]
        numbered.sort(key=lambda file: (newest is not None and file[0] <= newest, file[0]))
        return [OnboardLog(number, 0, size, path, newest is not None) for number, path, size in numbered]
    folders = [PurePosixPath(path).parent.name for path, _ in files]
    known = any(all(map(kind.fullmatch, folders)) for kind in (_DAY, _SESSION))
    files.sort(key=lambda file: not _SESSION.fullmatch(PurePosixPath(file[0]).parent.name))
    return [OnboardLog(at, 0, size, path, known) for at, (path, size) in enumerate(files, 1)]


def newest_log(logs: list[OnboardLog], where: str) -> OnboardLog:
    """Return the newest log. Raises UserError where there is none, or the order is unknown."""
    if not logs:
        raise UserError("cannot find the newest log: there is no log on board", where=where)
    if len(logs) > 1 and not logs[-1].placed:
        raise UserError(
            "cannot find the newest log: the aircraft did not record the time or the last log number",
            where=where,
            hint="list the logs and give one by its number",
        )
    return logs[-1]


def _natural(path: str) -> list[tuple[str, int]]:
    """Sort key that puts 10 after 9."""
    parts = re.findall(r"(\D*)(\d*)", path, re.ASCII)
    return [(text, int(digits or 0)) for text, digits in parts]
