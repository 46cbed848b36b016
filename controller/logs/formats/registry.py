"""The log formats that Landline reads. A new format is one module here and one line below."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path

from controller.logs.formats.base import LogFormat

# In the order in which they are tried; a telemetry log has no signature, so it is the last one.
_MODULES = (
    "controller.logs.formats.ulog.format",
    "controller.logs.formats.dataflash.format",
    "controller.logs.formats.qgc_csv.format",
    "controller.logs.formats.history.airdata",
    "controller.logs.formats.history.litchi",
    "controller.logs.formats.history.dji_csv",
    "controller.logs.formats.history.srt",
    "controller.logs.formats.history.gpx",
    "controller.logs.formats.history.dji_txt",
    "controller.logs.formats.tlog.format",
)

_HEAD_BYTES = 65536


@cache
def log_formats() -> tuple[LogFormat, ...]:
    """All formats, in the order in which they are tried."""
    formats: list[LogFormat] = [import_module(module).FORMAT for module in _MODULES]
    return tuple(formats)


def recognized(data: memoryview) -> LogFormat | None:
    """The format that recognizes a file's first bytes, if any."""
    return next((log_format for log_format in log_formats() if log_format.recognizes(data)), None)


def format_of(data: memoryview) -> LogFormat:
    """The format of a file by its first bytes; the last one where none recognizes them."""
    return recognized(data) or log_formats()[-1]


def format_of_file(path: Path) -> LogFormat | None:
    """The format of a file by its name's ending; None for a file that is no log, and one that cannot be read."""
    named = (log_format for log_format in log_formats() if path.suffix.lower() in log_format.endings)
    return next((one for one in named if one.own_endings or one.recognizes(_first_bytes(path))), None)


def _first_bytes(path: Path) -> memoryview:
    try:
        with path.open("rb") as file:
            return memoryview(file.read(_HEAD_BYTES))
    except OSError:
        return memoryview(b"")


def endings() -> tuple[str, ...]:
    """File name endings of all formats, in lower case and with their dot, sorted."""
    return tuple(sorted({ending for log_format in log_formats() for ending in log_format.endings}))


def listed_endings() -> str:
    """The endings for an error message: `.bin, .tlog or .ulg`."""
    *others, last = endings()
    return f"{', '.join(others)} or {last}"


def imported_endings() -> tuple[str, ...]:
    """File name endings of the flights of other programs, which `logs import` takes."""
    found = {ending for log_format in log_formats() if log_format.imported for ending in log_format.endings}
    return tuple(sorted(found))


def onboard_endings() -> tuple[str, ...]:
    """File name endings of the logs that autopilots write."""
    return tuple(
        ending for log_format in log_formats() if log_format.onboard for ending in log_format.endings
    )
