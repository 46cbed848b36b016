"""All mission file formats. A new format is one module with a `FORMAT`, and one line in `FORMATS`.

`READ_ONLY` are formats that are read and not written: routes of UgCS, old files of a fence or rally points, and tables
of points.
"""

from __future__ import annotations

from pathlib import Path

from controller.missions.errors import PlanError
from controller.missions.formats import fence_txt, qgc_plan, rally_txt, ugcs_json, waypoints_txt
from controller.missions.formats.foreign import refuse_foreign
from controller.missions.formats.litchi import format as litchi
from controller.missions.formats.mission_format import ConversionLoss, MissionFormat, ReadFormat
from controller.missions.formats.paths import geojson, gpx, kml_out, points_csv
from controller.missions.formats.text_file import decode
from controller.missions.formats.wpml import format as wpml
from controller.missions.plan import Plan

FORMATS: tuple[MissionFormat, ...] = (
    qgc_plan.FORMAT,
    waypoints_txt.FORMAT,
    litchi.FORMAT,
    kml_out.FORMAT,
    gpx.FORMAT,
    geojson.FORMAT,
    wpml.FORMAT,
)
READ_ONLY: tuple[ReadFormat, ...] = (
    ugcs_json.FORMAT,
    fence_txt.FORMAT,
    rally_txt.FORMAT,
    points_csv.FORMAT,
)
_READ: tuple[MissionFormat | ReadFormat, ...] = (*FORMATS, *READ_ONLY)


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


def read(data: bytes, file: str, *, home_row: bool | None = None) -> Plan:
    """Read a mission file of any format, recognized by its content; `file` is its name for errors.

    `home_row` is for formats with a home row (see `MissionFormat`). Raises PlanError.
    """
    for format_ in _READ:
        if format_.sniff(data):
            if home_row is None:
                return format_.read(data, file)
            if format_.has_home_row:
                return format_.read(data, file, home_row=home_row)
            raise PlanError(
                f"cannot say which row is home: a {format_.title} file has no home row",
                where=file,
                hint=f"leave out {'--home-row' if home_row else '--no-home-row'}",
            )
    refuse_foreign(data, file)
    decode(data, file)  # raises the error of a file that is empty or no text
    known = " or ".join(format_.title for format_ in _READ)
    raise PlanError("invalid mission file: unknown format", where=file, hint=f"use {known}")


def losses(plan: Plan, format_: MissionFormat) -> tuple[ConversionLoss, ...]:
    """Return all parts of `plan` that a file of this format cannot hold."""
    return () if format_.unchanged(plan) else tuple(format_.losses(plan))
