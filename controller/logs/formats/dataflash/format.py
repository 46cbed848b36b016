"""ArduPilot's on-board logs (DataFlash, `.bin`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from controller.logs.formats.base import Log, LogFormat
from controller.logs.formats.contents import CameraMessage, ExportTable, GimbalMessage, LoggedText
from controller.logs.formats.cutting import AHEAD, Chunk, last_sure, stretches
from controller.logs.formats.dataflash.modes import vehicle_of
from controller.logs.formats.dataflash.reader import (
    MAGIC,
    DataFlash,
    RecordMap,
    find_records,
    read_dataflash,
)
from controller.logs.formats.dataflash.series import dataflash_channels
from controller.logs.formats.dataflash.tables import DataFlashTable
from controller.logs.formats.record_kernels import FMT
from controller.logs.series.rows import Rows, last_values
from controller.logs.series.view import Array, Channel, SeriesView, numeric

if TYPE_CHECKING:
    from controller.logs.formats.dataflash.health import DataFlashHealth
    from controller.logs.privacy.anonymize_rules import Mover

# The columns that tell the sensors, cores and instances of a record apart.
_INSTANCES = ("IMU", "C", "I", "Inst", "Instance")
# The records that describe others.
_DESCRIPTIONS = ("FMT", "FMTU", "UNIT", "MULT")
_PLACE = ("Lat", "Lng", "Alt", "RelAlt", "R", "P", "Y")
_SCALES = (1.0, 1.0, 1.0, 1.0, *[float(np.radians(1.0))] * 3)


@dataclass(frozen=True, kw_only=True)
class DataFlashLog(Log):
    """The records of a DataFlash log."""

    data: DataFlash

    camera_messages: ClassVar[tuple[CameraMessage, ...]] = (
        CameraMessage("CAM", _PLACE, _SCALES, ("I", "Img")),
        CameraMessage("TRIG", _PLACE, _SCALES, ("I", "Img")),
    )
    gimbal_messages: ClassVar[tuple[GimbalMessage, ...]] = (
        GimbalMessage("MNT", angles_deg=("Roll", "Pitch"), yaws_deg=("YawB", "YawE")),
    )

    @property
    def tables(self) -> Mapping[str, Mapping[str, Array]]:
        return self.data.tables

    def export_tables(self, shift_us: int) -> Iterator[ExportTable]:
        for name, table in self.data.tables.items():
            rows = table.count if table or table.times_us is not None else 0
            yield ExportTable(self.format.table_prefix + name, rows, partial(_exported, table, shift_us))

    def channels(self, aircraft: tuple[int, int] | None) -> tuple[list[Channel], int]:  # noqa: ARG002
        return dataflash_channels(self.data)

    def rows(self, name: str) -> list[Rows]:
        table = self.data.tables.get(name)
        if table is None or table.times_us is None or not table.count:
            return []
        times_us = table.times_us
        label = next((label for label in _INSTANCES if numeric(table, label, "iuf")), None)
        if label is None:
            return [Rows(name, 0, times_us, list(table), table.__getitem__)]
        numbers = np.asarray(table[label])
        return [
            Rows(
                f"{name}[{int(number)}]",
                int(number),
                times_us[numbers == number],
                list(table),
                _part(table, numbers == number),
            )
            for number in np.unique(numbers)
        ]

    def table(self, name: str) -> Rows | None:
        table = self.data.tables.get(name)
        if table is None or table.times_us is None or not table.count:
            return None
        return Rows(name, 0, table.times_us, list(table), table.__getitem__)

    @property
    def parameters(self) -> dict[str, float]:
        return last_values(self.first("PARM"), "Name", "Value")

    def texts(self) -> list[LoggedText]:
        rows = self.first("MSG")
        if rows is None or "Message" not in rows:
            return []
        return [
            LoggedText(time_us, None, raw.decode("utf-8", "replace") if isinstance(raw, bytes) else str(raw))
            for time_us, raw in zip(rows.times_us.tolist(), rows.raw("Message").tolist(), strict=True)
        ]

    def health(self, view: SeriesView) -> DataFlashHealth:
        from controller.logs.formats.dataflash.health import DataFlashHealth

        return DataFlashHealth(self, vehicle_of(self.data.tables), view)


def _part(table: Mapping[str, Any], rows: Array) -> Callable[[str], Any]:
    return lambda name: table[name][rows]


def _exported(table: DataFlashTable, shift_us: int) -> tuple[dict[str, Array], Mapping[str, Array]]:
    """Columns and fields of an `ExportTable`."""
    return {} if table.times_us is None else {"time_us": table.times_us + shift_us}, table


class DataFlashFormat(LogFormat):
    """A DataFlash log begins with the head of its first record."""

    name = "dataflash"
    title = "ArduPilot's on-board log (DataFlash)"
    endings = (".bin",)
    table_prefix = "bin_"
    own_endings = True
    onboard = True

    def recognizes(self, data: memoryview) -> bool:
        return bytes(data[: len(MAGIC)]) == MAGIC

    def read(self, data: memoryview, name: str, *, ahead: int = 0) -> DataFlashLog:
        log = read_dataflash(data, name=name, ahead=ahead)
        return DataFlashLog(
            format=self,
            size_bytes=len(data) - ahead,
            messages=log.messages,
            bad_bytes=log.bad_bytes,
            rows_by_message=_rows(log),
            problems=tuple(
                f"{name}: its format record (FMT) is broken, its records are left out" for name in log.broken
            ),
            lost=log.lost,
            data=log,
        )

    def read_chunk(self, chunk: Chunk, name: str) -> DataFlashLog:
        log = self.read(chunk.raw, name, ahead=chunk.ahead)
        tables = {}
        for table_name, table in log.data.tables.items():
            own = table.after(chunk.known_counts.get(table_name, 0))
            if own.count:
                tables[table_name] = own
        data = replace(log.data, tables=tables, bytes=chunk.size_bytes)
        return replace(log, messages=data.messages, rows_by_message=_rows(data), data=data)

    def cut(self, data: memoryview, name: str, chunk_bytes: int) -> Iterator[Chunk]:  # noqa: ARG002
        known = b""
        counts: dict[str, int] = {}

        def last(window: memoryview) -> int:
            return last_sure(find_records(known + bytes(window)).starts - 3 - len(known), len(window))

        for begin, end in stretches(data, 0, len(data), chunk_bytes, last):
            beyond = bytes(data[end : end + AHEAD])
            raw = known + bytes(data[begin:end]) + beyond
            yield Chunk(begin, end, memoryview(raw), len(known), len(beyond), dict(counts))
            for record_name, record in _needed_later(
                find_records(raw, ahead=len(beyond)), len(known), raw, counts
            ):
                counts[record_name] = counts.get(record_name, 0) + 1
                known += record

    def anonymize(self, chunk: Chunk, mover: Mover) -> bytes:
        from controller.logs.formats.dataflash.anonymize import anonymize_dataflash

        return anonymize_dataflash(chunk.raw, mover, ahead=chunk.ahead)[chunk.own]


def _rows(log: DataFlash) -> dict[tuple[str, int], int]:
    return {(name, 0): table.count for name, table in log.tables.items()}


def _needed_later(
    records: RecordMap, begin: int, raw: bytes, before: Mapping[str, int]
) -> Iterator[tuple[str, bytes]]:
    """The records from `begin` on that later chunks need, each with its type's name: descriptions of others, in the
    order of the log, and the first of each type not yet in `before`, which settles its description."""
    own = records.starts - 3 >= begin
    names = {number: record_format.name for number, record_format in records.formats.items()}
    describing = [number for number, name in names.items() if name in _DESCRIPTIONS]
    needed = own & np.isin(records.types, describing)
    needed &= (records.types != FMT) | np.isin(records.starts - 3, records.described)
    for number in np.unique(records.types[own]).tolist():
        if number not in describing and names.get(number, str(number)) not in before:
            needed[np.argmax(own & (records.types == number))] = True
    for at, number in zip(records.starts[needed].tolist(), records.types[needed].tolist(), strict=True):
        yield names.get(number, str(number)), raw[at - 3 : at - 3 + int(records.lengths[number])]


FORMAT = DataFlashFormat()
