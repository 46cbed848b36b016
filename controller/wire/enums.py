"""All MAVLink enums by name, as IntEnum with the common prefix cut: `enums.MAV_CMD.NAV_WAYPOINT`."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

from controller.wire import dialect


def _short(enum: str, entry: str) -> str:
    """`MAV_RESULT_FAILED` of MAV_RESULT is FAILED; names that would begin with a digit keep the last word of the prefix."""
    cut = entry.removeprefix(enum + "_")
    return cut if cut.isidentifier() and cut != "mro" else entry


def __getattr__(name: str) -> Any:
    if not name.isupper():
        raise AttributeError(name)
    entries = dialect.enum_tables().get(name)
    if entries is None:
        raise AttributeError(f"no MAVLink enum is called {name}")
    cls = IntEnum(name, {_short(name, entry): value for entry, value in entries.items()})  # type: ignore[misc]
    globals()[name] = cls
    return cls


def describe(enum: str, value: int) -> str:
    """The short name of `value`, or the number itself where the enum has none."""
    for entry, number in dialect.enum_tables().get(enum, {}).items():
        if number == value:
            return _short(enum, entry)
    return str(value)
