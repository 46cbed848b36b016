"""All MAVLink enums by name, as IntEnum without the common prefix: `enums.MAV_CMD.NAV_WAYPOINT`."""

from __future__ import annotations

from enum import IntEnum
from functools import cache
from os.path import commonprefix
from typing import Any

from controller.wire import dialect


@cache
def _prefix(enum: str) -> str:
    """Return the common prefix of all entries: the enum's name, or their longest common run of whole words."""
    entries = list(dialect.enum_tables()[enum])
    if all(entry.startswith(enum + "_") for entry in entries):
        return enum + "_"
    common = commonprefix(entries) if len(entries) > 1 else ""  # noqa: RUF071 - compares characters, not paths
    return common[: common.rfind("_") + 1]


def _short(enum: str, entry: str) -> str:
    """Return the short name: `MAV_RESULT_FAILED` of MAV_RESULT is FAILED.

    Keeps the prefix if the rest is no identifier.
    """
    cut = entry.removeprefix(_prefix(enum))
    return cut if cut.isidentifier() else entry


def __getattr__(name: str) -> Any:
    if not name.isupper():
        raise AttributeError(name)
    entries = dialect.enum_tables().get(name)
    if entries is None:
        raise AttributeError(f"cannot find MAVLink enum {name}: it is not in our dialects")
    cls = IntEnum(name, {_short(name, entry): value for entry, value in entries.items()})  # type: ignore[misc]
    globals()[name] = cls
    return cls


def describe(enum: str, value: int) -> str:
    """Return the short name of `value`, or the number as text if the enum has no such entry."""
    for entry, number in dialect.enum_tables().get(enum, {}).items():
        if number == value:
            return _short(enum, entry)
    return str(value)


def flag_names(enum: str, bits: int) -> list[str]:
    """Return the short names of the flags that are set in `bits`."""
    entries = dialect.enum_tables().get(enum, {})
    return [_short(enum, entry) for entry, flag in entries.items() if flag and bits & flag == flag]
