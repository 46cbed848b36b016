"""ArduPilot's on-board logs (DataFlash `.bin`) as columns.

The log describes itself: FMT records give each type's name, field letters and labels, FMTU their units and
multipliers (ArduPilot, libraries/AP_Logger/LogStructure.h). Some letters carry a scale; columns are in the unit of
the letter (degrees for positions, units for centi-units), as other readers show them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from controller.errors import UserError
from controller.logs.formats.record_kernels import FMT, FMT_LENGTH, HEAD_1, HEAD_2, find_dataflash, gather
from controller.wire.damage import NO_DAMAGE, DamageSummary, damage_between

# Letter: (numpy type, scale or None). LogStructure.h, "Format characters in the format string".
_LETTERS: dict[str, tuple[Any, float | None]] = {
    "a": (("<i2", (32,)), None),
    "b": ("i1", None),
    "B": ("u1", None),
    "h": ("<i2", None),
    "H": ("<u2", None),
    "i": ("<i4", None),
    "I": ("<u4", None),
    "f": ("<f4", None),
    "d": ("<f8", None),
    "g": ("<f2", None),
    "n": ("S4", None),
    "N": ("S16", None),
    "Z": ("S64", None),
    "c": ("<i2", 0.01),
    "C": ("<u2", 0.01),
    "e": ("<i4", 0.01),
    "E": ("<u4", 0.01),
    "L": ("<i4", 1e-7),
    "M": ("u1", None),
    "q": ("<i8", None),
    "Q": ("<u8", None),
}
MAGIC = bytes((HEAD_1, HEAD_2))


class DataFlashError(UserError):
    """A file that is no DataFlash log."""


@dataclass(frozen=True, slots=True)
class RecordFormat:
    """The description of a record type by its FMT record. `units` are FMTU's letters, empty if the log has none."""

    name: str
    number: int
    length: int
    letters: str
    labels: tuple[str, ...]
    units: str = ""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The record after its three header bytes, as packed numpy fields."""
        fields: list[Any] = []
        for label, letter in zip(self.labels, self.letters, strict=False):
            kind = _LETTERS[letter][0]
            fields.append((label, *kind) if isinstance(kind, tuple) else (label, kind))
        return np.dtype(fields)


class DataFlashTable(Mapping[str, Any]):
    """All records of one type in the order of the log; a column is made on first use, scaled as its letter says."""

    def __init__(self, record_format: RecordFormat, rows: Any) -> None:
        self.format = record_format
        self.rows = rows
        self._columns: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self.format.labels)

    def __iter__(self) -> Iterator[str]:
        return iter(self.format.labels)

    def __getitem__(self, label: str) -> Any:
        column = self._columns.get(label)
        if column is None:
            if label not in self.format.labels:
                raise KeyError(label)
            letter = self.format.letters[self.format.labels.index(label)]
            scale = _LETTERS[letter][1]
            raw = self.rows[label]
            column = np.ascontiguousarray(raw) if scale is None else raw * scale
            self._columns[label] = column
        return column

    @property
    def count(self) -> int:
        """Number of records."""
        return len(self.rows)


@dataclass(frozen=True)
class DataFlash:
    """A log as tables by record name. `bad_bytes` belonged to no record; `broken` names types whose description is
    broken."""

    tables: dict[str, DataFlashTable]
    bytes: int
    bad_bytes: int
    broken: tuple[str, ...]
    lost: DamageSummary = NO_DAMAGE

    @property
    def messages(self) -> int:
        """Records of all types, those with a broken description not counted."""
        return sum(table.count for table in self.tables.values())


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("ascii", "replace")


def _formats(records: Any) -> tuple[dict[int, RecordFormat], list[str]]:
    """Record formats by type from the payloads of FMT records, and the names of those that are invalid."""
    formats, broken = {}, []
    for raw in records:
        number, length, name, letters = int(raw[0]), int(raw[1]), _text(raw[2:6]), _text(raw[6:22])
        labels = tuple(label for label in _text(raw[22:86]).split(",") if label)
        record_format = RecordFormat(name, number, length, letters, labels)
        sound = len(labels) == len(letters) == len(set(labels)) and all(
            letter in _LETTERS for letter in letters
        )
        if sound and record_format.dtype.itemsize == length - 3:
            formats[number] = record_format
        else:
            broken.append(name or f"type {number}")
    return formats, broken


@dataclass(frozen=True)
class RecordMap:
    """Offsets of a log's records: of each payload with its type, and by type of its description (FMT) with its
    contents."""

    buffer: Any
    starts: Any
    types: Any
    counts: Any
    lengths: Any
    described: Any
    formats: dict[int, RecordFormat]
    broken: list[str]
    bad_bytes: int


def find_records(data: bytes | bytearray | memoryview, *, name: str = "log", ahead: int = 0) -> RecordMap:
    """Find the records; the last `ahead` bytes only show what follows. Raises DataFlashError if there is none."""
    buffer = np.frombuffer(data, np.uint8)
    if bytes(data[:2]) != MAGIC and MAGIC + bytes((FMT,)) not in bytes(data[:65536]):
        raise DataFlashError("invalid DataFlash log: it holds no record", where=name)
    lengths = np.zeros(256, np.int64)
    lengths[FMT] = FMT_LENGTH
    # The shortest record there can be is a header and one byte; logs average some fifty.
    room = len(buffer) // 4 + 1
    starts, found, counts = np.empty(room, np.int64), np.empty(room, np.uint8), np.zeros(256, np.int64)
    described = np.full(256, -1, np.int64)
    total, bad_bytes = find_dataflash(buffer, len(buffer) - ahead, lengths, described, starts, found, counts)
    starts, found = starts[:total] + 3, found[:total]

    places = np.sort(described[described >= 0])
    formats, broken = _formats([bytes(data[at + 3 : at + FMT_LENGTH]) for at in places.tolist()])
    return RecordMap(buffer, starts, found, counts, lengths, described, formats, broken, int(bad_bytes))


def read_dataflash(data: bytes | memoryview, *, name: str = "log", ahead: int = 0) -> DataFlash:
    """The columns of a DataFlash log, of a damaged one as far as it can be read. For `ahead` and errors see
    `find_records`."""
    records = find_records(data, name=name, ahead=ahead)
    buffer, starts, found = records.buffer, records.starts, records.types
    counts, lengths, formats = records.counts, records.lengths, records.formats
    widths = np.zeros(256, np.int64)
    for number in formats:
        widths[number] = lengths[number] - 3
    bases = np.zeros(256, np.int64)
    bases[1:] = np.cumsum(counts * widths)[:-1]
    rows = np.zeros(int((counts * widths).sum()), np.uint8)
    gather(buffer, starts, found, widths[found], widths, bases, rows)
    tables: dict[str, DataFlashTable] = {}
    for number, record_format in formats.items():
        count = int(counts[number])
        if count and record_format.length == lengths[number]:
            base = int(bases[number])
            tables[record_format.name] = DataFlashTable(
                record_format,
                rows[base : base + count * (record_format.length - 3)].view(record_format.dtype),
            )
    stop = len(buffer) - ahead
    return DataFlash(
        _with_units(tables), stop, records.bad_bytes, tuple(records.broken), _lost(records, starts - 3, stop)
    )


def _lost(records: RecordMap, begins: Any, stop: int) -> DamageSummary:
    if not records.bad_bytes:
        return NO_DAMAGE
    lengths, types = records.lengths, records.types
    end = int(begins[-1] + lengths[types[-1]]) if len(begins) else 0
    if stop - end == records.bad_bytes:
        # Nearly every log ends within a record, and most have no other damage.
        return DamageSummary(records.bad_bytes, 1, end, cut_off=True)
    return damage_between(begins, begins + lengths[types], 0, stop)


def _with_units(tables: dict[str, DataFlashTable]) -> dict[str, DataFlashTable]:
    """Attach the units of the FMTU records."""
    if "FMTU" not in tables:
        return tables
    fmtu = tables["FMTU"]
    if not {"FmtType", "UnitIds"} <= set(fmtu):
        return tables
    units = dict(zip(fmtu["FmtType"].tolist(), fmtu["UnitIds"].tolist(), strict=True))
    described = {}
    for name, table in tables.items():
        record_format = table.format
        described_format = replace(record_format, units=_text(units.get(record_format.number, b"")))
        described[name] = DataFlashTable(described_format, table.rows)
    return described
