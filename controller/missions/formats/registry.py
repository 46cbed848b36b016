"""All mission file formats. A new format is one module with a `FORMAT`, and one line in `FORMATS`."""

from __future__ import annotations

from pathlib import Path

from controller.missions.errors import PlanError
from controller.missions.formats import qgc_plan, waypoints_txt
from controller.missions.formats.mission_format import ConversionLoss, MissionFormat
from controller.missions.formats.text_file import decode
from controller.missions.plan import Plan

FORMATS: tuple[MissionFormat, ...] = (
    qgc_plan.FORMAT,
    waypoints_txt.FORMAT,
)


def format_for(path: str | Path) -> MissionFormat:
    """Return the format of a file name by its ending. Raises PlanError for an unknown ending."""
    path = Path(path)
    for format_ in FORMATS:
        if path.name.lower().endswith(format_.endings):
            return format_
    known = " or ".join(f"{format_.endings[0]} ({format_.title})" for format_ in FORMATS)
    raise PlanError(
        f"cannot choose a mission format: the file name ends in {path.suffix or 'no suffix'}",
        where=str(path),
        hint=f"use {known}",
    )


def read(data: bytes, file: str) -> Plan:
    """Read a mission file of any format, recognized by its content; `file` is its name for errors. Raises PlanError."""
    for format_ in FORMATS:
        if format_.sniff(data):
            return format_.read(data, file)
    decode(data, file)  # raises the error of a file that is empty or no text
    known = " or ".join(format_.title for format_ in FORMATS)
    raise PlanError("invalid mission file: unknown format", where=file, hint=f"use {known}")


def losses(plan: Plan, format_: MissionFormat) -> tuple[ConversionLoss, ...]:
    """Return all parts of `plan` that a file of this format cannot hold."""
    return () if format_.unchanged(plan) else tuple(format_.losses(plan))
