"""`landline audit data`: every kind of data on this machine, where it is, how protected, how old, what erases it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli.common import Output
from controller.cli.logs.shared import Flights, Json, counted

if TYPE_CHECKING:
    from controller.app.held.rows import DataRow

EXAMPLE = "Example: landline audit data"
_MOST_FOLDERS = 4


def data(flights: Flights = None, json: Json = False) -> int:
    """List every kind of data that this machine holds because of Landline.

    For each kind: what it tells, where it is, how much, how protected, how old, and what erases it. Folders of flights
    that an earlier run named with --out are listed too, as far as they still exist.
    """
    from controller.app.held.rows import data_rows
    from controller.app.held.survey import held_files, known_places
    from controller.cli.logs.find_log import folder_of

    out = Output(json)
    places = known_places(None if flights is None else folder_of(flights))
    rows = data_rows(held_files(places))
    out.result(f"data folder: {places.data}")
    for row in rows:
        out.emit("data", **row.plain())
        for line in _lines(row):
            out.result(line)
    files, size = sum(row.files for row in rows), sum(row.bytes for row in rows)
    empty = [row.kind.name for row in rows if not row.kind.where and not row.files + row.links]
    out.emit(
        "summary",
        files=files,
        bytes=size,
        data_folder=str(places.data),
        flights=[str(folder) for folder in places.flights],
        none_of=empty,
    )
    out.result("")
    if empty:
        out.result(f"nothing of: {', '.join(empty)}")
    out.result(f"{counted(files, 'file')}, {size / 1e6:,.1f} MB")
    return 0


def _lines(row: DataRow) -> list[str]:
    """Return the lines for a person; none for a kind of which there is nothing."""
    kind = row.kind
    if kind.where:
        amount, where = "not counted", kind.where
    elif row.files + row.links:
        folders = sorted(row.folders)
        amount, where = _amount(row), ", ".join(folders[:_MOST_FOLDERS])
        if len(folders) > _MOST_FOLDERS:
            where += f" and {len(folders) - _MOST_FOLDERS} more folders: --json lists all"
    else:
        return []
    lines = ["", f"{kind.name}: {amount}", f"  holds  {kind.holds}", f"  where  {where}"]
    if row.files:
        lines.append(f"  how    {_protection(row)}")
    if row.first_utc:
        span = row.first_utc if row.first_utc == row.last_utc else f"{row.first_utc} to {row.last_utc}"
        lines.append(f"  when   {span}")
    lines += [f"  erase  {kind.erased_by}", *(f"  file   {name}" for name in row.examples)]
    return lines


def _amount(row: DataRow) -> str:
    parts = [f"{counted(row.files, 'file')}, {row.bytes / 1e6:,.3f} MB"] if row.files else []
    if row.links:
        parts.append(f"{counted(row.links, 'link')}, not followed")
    return ", ".join(parts)


def _protection(row: DataRow) -> str:
    modes = ", ".join(f"{mode} ({number:,d})" for mode, number in sorted(row.modes.items()))
    readers = (
        f"{row.others_can_read:,d} readable by every user of this machine"
        if row.others_can_read
        else "not readable by every user"
    )
    encrypted = f"{row.encrypted:,d} encrypted" if row.encrypted else "not encrypted"
    return f"mode {modes}; {readers}; {encrypted}" + (f"; {row.signed:,d} signed" if row.signed else "")
