"""Opening and saving mission files. The content determines the format of a file, the name that of a new one."""

from __future__ import annotations

from pathlib import Path

from controller.missions.formats import registry
from controller.missions.formats.mission_format import MissionFormat
from controller.missions.formats.text_file import read_bytes, read_input, save_bytes
from controller.missions.plan import Plan

STANDARD_INPUT = "-"


def open_plan(path: str | Path, *, home_row: bool | None = None) -> Plan:
    """Read a mission, fence or rally file of any known format. Raises PlanError with file, and line or field.

    The path - is standard input. `home_row` says of QGC WPL text whether its row 0 is the home position; None: if it
    looks like one.
    """
    path = Path(path)
    if str(path) == STANDARD_INPUT:
        return registry.read(read_input(), "standard input", home_row=home_row)
    return registry.read(read_bytes(path), str(path), home_row=home_row)


def save_plan(plan: Plan, path: str | Path, *, format_: MissionFormat | None = None) -> None:
    """Write the plan in `format_`, by default that of the file name's ending. Raises PlanError."""
    path = Path(path)
    format_ = format_ or registry.format_for(path)
    save_bytes(path, format_.write(plan))
