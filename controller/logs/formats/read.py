"""Read a log of any format; its content decides which."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from controller.logs.box.merged_log import read_merged_log
from controller.logs.formats.base import Log, LogUnreadable
from controller.logs.formats.history.csv_format import unknown_table
from controller.logs.formats.registry import format_of, listed_endings, log_formats

# Mission Planner and ArduPilot's command line write a DataFlash log as text: FMT, 128, 89, FMT, BBnNZ, Type,Length,...
_TEXT_LOG = re.compile(rb"(?m)^FMT, ?\d+, ?\d+, ?\w+,")
_HEAD_BYTES = 4096


def open_log(path: str | Path, *, system: int | None = None) -> Log:
    """Read a whole log of any format; its content decides which.

        log = open_log("00000012.BIN")
        log.tables["ATT"]["Roll"]                       # a message's field, as the log has it
        log.series().channels["altitude"]["home_m"]     # the same names and units for every format

    A flight's `frames.tlog` includes the frames that were merged from a ground box. `system` chooses one of several
    aircraft in a telemetry log by its system id; without it the log is read as the first one's. Raises LogFileError if
    the file cannot be opened, LogUnreadable if no format finds a message in it, and NoSuchAircraft.
    """
    path = Path(path)
    merged = read_merged_log(path)
    log = read_bytes(merged.data, path, notes=merged.notes)
    return log if system is None else log.of_system(system)


def read_bytes(data: memoryview, path: Path, *, notes: tuple[str, ...] = ()) -> Log:
    """Read a log that is in memory or mapped. `path` is for errors; `notes` go before the log's own problems."""
    log_format = format_of(data)
    log = log_format.read(data, str(path))
    if not log.messages and not log_format.recognizes(data):
        raise no_message(path, bytes(data[:_HEAD_BYTES]))
    return replace(log, problems=(*notes, *log.problems)) if notes else log


def no_message(path: Path, begin: bytes = b"") -> LogUnreadable:
    """The error for a file without a message; `begin` are its first bytes."""
    if _TEXT_LOG.search(begin):
        return LogUnreadable(
            "cannot read the log: it is the text of a DataFlash log",
            where=str(path),
            hint="use the .bin file that it was made from",
        )
    why = log_formats()[-1].why_empty(memoryview(begin))
    if why:
        return LogUnreadable(
            f"cannot read the log: {why}", where=str(path), hint="use the .tlog file beside it"
        )
    table = unknown_table(memoryview(begin), str(path))
    if table is not None:
        return table
    return LogUnreadable(
        "cannot read the log: no message of any log format in it",
        where=str(path),
        hint=f"is it a {listed_endings()} file?",
    )
