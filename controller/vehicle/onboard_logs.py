"""A log on board: what it is called here, and its place among the others, as far as anybody knows it.

Every word of its path is the aircraft's. A name made of it is one plain file name on every system.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import PurePosixPath

from controller.errors import UserError
from controller.protocol.logs.client import LogEntry

_EARLIEST_S = 1_262_304_000  # before 2010 a clock was never set
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SESSION = re.compile(r"sess\d+", re.ASCII)
# Windows opens a device by these, whatever the ending.
_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class OnboardLog:
    """A log on board: its number, when it began (seconds of UTC, 0 where nobody knows), and over FTP its path there.

    `placed` says that its place in the list is its place in time.
    """

    number: int
    utc_s: int
    size_bytes: int
    path: str = ""
    placed: bool = True

    @property
    def dated(self) -> bool:
        """Whether it is known when it began."""
        return self.utc_s > _EARLIEST_S

    @property
    def resumable(self) -> bool:
        """Whether what was begun under its name is surely of it: a file is compared in the end, a time happens once."""
        return bool(self.path) or self.dated

    @property
    def name(self) -> str:
        """What it is called here; of the log service's the ending is that of its content."""
        if self.path:
            *_, folder, file = PurePosixPath("/", self.path).parts
            # PX4 has a folder a day, and in it times; ArduPilot numbers.
            name = file if file[:1].isdigit() and "_" not in file else f"{folder}_{file}"
            name = re.sub(r"[^A-Za-z0-9._-]", "-", name)
            return f"log-{name}" if _DEVICE.match(name) else name
        return f"log{self.number}" + (
            f"-{datetime.fromtimestamp(self.utc_s, UTC):%Y%m%dT%H%M%SZ}" if self.dated else ""
        )


def of_service(entries: Iterable[LogEntry], *, in_order: bool) -> list[OnboardLog]:
    """What the log service lists, the newest last.

    `in_order`: the numbers are in the order of time; else the times are asked.
    """
    logs = [OnboardLog(entry.id, entry.utc_s, entry.size_bytes) for entry in entries]
    if in_order:
        return logs
    known = all(log.dated for log in logs)
    logs.sort(key=lambda log: log.utc_s)
    return [OnboardLog(log.number, log.utc_s, log.size_bytes, placed=known) for log in logs]


def of_files(found: Iterable[tuple[str, int]], newest: int | None = None) -> list[OnboardLog]:
    """Files (path, bytes), the newest last. `newest` is the number that ArduPilot gave last.

    Behind its highest number ArduPilot begins again with 1. PX4 has a folder `sessNNN` while it does not know
    the time: such flights are in order among each other, but nobody knows between which days they were.
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


def newest_of(logs: list[OnboardLog], where: str) -> OnboardLog:
    """Raises UserError where there is none, or nobody knows which it is."""
    if not logs:
        raise UserError("no log", where=where, hint="there is none on board")
    if len(logs) > 1 and not logs[-1].placed:
        raise UserError(
            "which log is the newest cannot be told: the aircraft did not know the time, or not its last number",
            where=where,
            hint="list them, and name one by its number",
        )
    return logs[-1]


def _natural(path: str) -> list[tuple[str, int]]:
    """So that 10 comes behind 9, and nothing is of two kinds."""
    parts = re.findall(r"(\D*)(\d*)", path, re.ASCII)
    return [(text, int(digits or 0)) for text, digits in parts]
