"""Any log, by its content: a telemetry log, a DataFlash log or a ULog, as columns."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from controller.errors import UserError
from controller.logs.box.merged_log import read_merged_log
from controller.wire.damage import NO_DAMAGE, DamageSummary


class LogUnreadable(UserError):
    """Nothing in the file is a message of any format."""


Format = Literal["tlog", "dataflash", "ulog"]


@dataclass(frozen=True)
class ReadLog:
    """`log` is what the format's own reader gives; `counts` are messages by name, `problems` lines for people, `lost` what could
    not be read and where."""

    format: Format
    bytes: int
    messages: int
    bad_bytes: int
    counts: dict[str, int]
    problems: tuple[str, ...]
    log: Any
    lost: DamageSummary = NO_DAMAGE


def open_log(path: str | Path) -> ReadLog:
    """Read a whole log; a flight's own with what a ground box merged into it.

    Raises LogFileError where it cannot be opened and LogUnreadable where nothing in it makes sense.
    """
    path = Path(path)
    merged = read_merged_log(path)
    return read_bytes(merged.data, path, told=merged.notes)


def read_bytes(
    data: memoryview,
    path: Path,
    *,
    told: tuple[str, ...] = (),
    form: Format | None = None,
    may_be_empty: bool = False,
    ahead: int = 0,
) -> ReadLog:
    """The same of what is in memory or mapped; `path` is for errors, `form` where the first bytes do not tell it.

    Of a piece of a log the last `ahead` bytes are not read: they show that its last record is followed by another.
    """
    form = form or form_of(data)
    if form == "ulog":
        return _ulog(data, path, ahead)
    if form == "dataflash":
        return _dataflash(data, path, ahead)
    return _tlog(data, path, told, ahead, may_be_empty=may_be_empty)


def form_of(data: memoryview) -> Format:
    """A log's format, by its first bytes."""
    head = bytes(data[:4])
    return "ulog" if head == b"ULog" else "dataflash" if head.startswith(b"\xa3\x95") else "tlog"


def _tlog(data: memoryview, path: Path, told: tuple[str, ...], ahead: int, *, may_be_empty: bool) -> ReadLog:
    from controller.wire.columns import read_tlog

    log = read_tlog(data, ahead=ahead)
    if not log.messages and not may_be_empty:
        raise LogUnreadable(
            "no message of any log format is in it", where=str(path), hint="is it a .tlog, .bin or .ulg file?"
        )
    counts = {name: table.count for name, table in log.tables.items()}
    counts |= {f"UNKNOWN_{number}": count for number, count in log.unknown.items()}
    return ReadLog("tlog", len(data) - ahead, log.messages, log.bad_bytes, counts, told, log, log.lost)


def _dataflash(data: memoryview, path: Path, ahead: int) -> ReadLog:
    from controller.logs.formats.dataflash_reader import read_dataflash

    log = read_dataflash(data, name=str(path), ahead=ahead)
    counts = {name: table.count for name, table in log.tables.items()}
    problems = tuple(f"{name}: its description is broken, its records are left out" for name in log.odd)
    return ReadLog(
        "dataflash", len(data) - ahead, log.messages, log.bad_bytes, counts, problems, log, log.lost
    )


def _ulog(data: memoryview, path: Path, ahead: int) -> ReadLog:
    from controller.logs.formats.ulog_reader import read_ulog

    log = read_ulog(data, name=str(path), ahead=ahead)
    counts = instance_counts({key: table.count for key, table in log.tables.items()})
    problems = list(log.odd)
    if log.dropouts_ms:
        many = len(log.dropouts_ms)
        problems.append(f"{many} gap{'' if many == 1 else 's'} in logging, {sum(log.dropouts_ms)} ms in all")
    return ReadLog(
        "ulog", len(data) - ahead, log.messages, log.bad_bytes, counts, tuple(problems), log, log.lost
    )


def instance_counts(rows: dict[tuple[str, int], int]) -> dict[str, int]:
    """A ULog's topics by name, with the instance where a topic has several."""
    several = {topic for topic, instance in rows if instance}
    return {
        f"{topic}.{instance}" if topic in several else topic: count
        for (topic, instance), count in rows.items()
    }
