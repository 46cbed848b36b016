"""Columns for plots: times and values of any series or message field, from Parquet tables beside the flight.

A column is named `TABLE.field`, or `TABLE.field@SENDER` for one of several senders (`ATTITUDE.roll@1/1`), instances or
batteries. `review/TITLE/NUMBER` is a line that the review has computed.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from controller.errors import UserError
from controller.logs.query.parquet_tables import ensure_tables
from controller.web.flights.jobs.arrays import Array, unpack
from controller.web.flights.jobs.source import CHECKED, Source

_KEPT_BYTES = 400_000_000
_LINE = "review/"


@dataclass(frozen=True, slots=True)
class Column:
    """Times (microseconds on the clock of the series, ascending) and values."""

    times_us: Array
    values: Array


@dataclass(frozen=True, slots=True)
class ColumnName:
    """A parsed name."""

    table: str
    field: str
    sender: str = ""


def parse_column(name: str) -> ColumnName:
    """Parse the name of a column. Raises UserError."""
    table, dot, rest = name.partition(".")
    field, _, sender = rest.partition("@")
    if not (table and dot and field) or len(name) > 200:
        raise UserError("invalid name of a series", where=name[:80], hint="choose one of the list")
    return ColumnName(table, field, sender)


def senders_of(columns: Mapping[str, Any]) -> list[str]:
    """Return the senders in a table: `system/component`, or the instance; empty without either."""
    if "frame_system" in columns:
        codes = np.asarray(columns["frame_system"], np.int64) << 8 | np.asarray(columns["frame_component"])
        return [f"{code >> 8}/{code & 255}" for code in np.unique(codes).tolist()]
    if "instance" in columns:
        return [str(one) for one in np.unique(columns["instance"]).tolist()]
    return []


class ColumnStore:
    """Columns in memory, the ones used last kept up to a limit."""

    def __init__(self, kept_bytes: int = _KEPT_BYTES) -> None:
        self._kept_bytes = kept_bytes
        self._kept: OrderedDict[tuple[str, str, str], Column] = OrderedDict()

    def read(self, source: Source, names: Collection[str]) -> dict[str, Column]:
        """Return the columns of these names; tables that are missing are written first. Raises UserError."""
        place, stamp = str(source.folder), source.stamp
        missing = [name for name in names if (place, stamp, name) not in self._kept]
        tables = {parse_column(name).table for name in missing if not name.startswith(_LINE)}
        if tables:
            ensure_tables(source.folder, {table.lower() for table in tables})
        for name in missing:
            column = (
                _line(source, name) if name.startswith(_LINE) else _from_table(source, parse_column(name))
            )
            self._kept[place, stamp, name] = column
        found = {}
        for name in names:
            self._kept.move_to_end((place, stamp, name))
            found[name] = self._kept[place, stamp, name]
        while len(self._kept) > len(names) and self._size() > self._kept_bytes:
            self._kept.popitem(last=False)
        return found

    def _size(self) -> int:
        return sum(one.times_us.nbytes + one.values.nbytes for one in self._kept.values())


def _line(source: Source, name: str) -> Column:
    path = source.cached(CHECKED)
    if path is None:
        raise UserError("cannot plot: the review is not made yet", where=name, hint="try again")
    _, arrays = unpack(path.read_bytes())
    key = name.removeprefix(_LINE)
    if f"{key}/t" not in arrays:
        raise UserError(
            "cannot plot: no such line in the review", where=name[:80], hint="choose one of the list"
        )
    return Column(arrays[f"{key}/t"] * 1e6, arrays[f"{key}/v"])


def _from_table(source: Source, name: ColumnName) -> Column:
    import pyarrow.parquet as pq

    files = ensure_tables(source.folder, {name.table.lower()})
    paths = [path for path in files.paths(name.table) if path.is_file()] if name.table in files.tables else []
    parts = []
    for path in paths:
        schema = pq.read_schema(path).names
        if name.field not in schema or "time_us" not in schema:
            continue
        keys = [key for key in ("frame_system", "frame_component", "instance", "number") if key in schema]
        read = pq.read_table(path, columns=list(dict.fromkeys(["time_us", name.field, *keys])))
        parts.append({key: read[key].to_numpy() for key in read.column_names})
    if not parts:
        where = f"{name.table}.{name.field}"
        raise UserError(
            "cannot plot: the log has no such series", where=where[:80], hint="choose one of the list"
        )
    columns = {key: np.concatenate([part[key] for part in parts]) for key in parts[0]}
    return _chosen(columns, name)


def _chosen(columns: dict[str, Array], name: ColumnName) -> Column:
    """The rows of the named sender (of the first one without a name) in order of time."""
    times_us, values = columns["time_us"], columns[name.field]
    if values.dtype.kind not in "iufb":
        raise UserError("cannot plot: it is no number", where=f"{name.table}.{name.field}")
    rows = _sender_rows(columns, name.sender)
    if rows is not None:
        times_us, values = times_us[rows], values[rows]
    if len(times_us) > 1 and (times_us[1:] < times_us[:-1]).any():
        order = np.argsort(times_us, kind="stable")
        times_us, values = times_us[order], values[order]
    return Column(times_us, values)


def _sender_rows(columns: dict[str, Array], sender: str) -> Array | None:
    """Which rows are the sender's (the first one's without a name); None for all."""
    if "frame_system" in columns:
        codes: Array = columns["frame_system"].astype(np.int64) << 8 | columns["frame_component"]
        system, _, component = sender.partition("/")
        number = int(system) << 8 | int(component) if system.isdigit() and component.isdigit() else None
    elif "instance" in columns or "number" in columns:
        codes = columns["instance"] if "instance" in columns else columns["number"]
        number = int(sender) if sender.isdigit() else None
    else:
        return None
    rows: Array = codes == (codes[:1] if number is None else number)
    return None if rows.all() else rows
