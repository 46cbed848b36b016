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
from controller.logs.formats.dataflash.clock import record_times_us
from controller.logs.formats.dataflash.tables import HEAD_BYTES, LETTERS, DataFlashTable, RecordFormat, merged
from controller.logs.formats.record_kernels import FMT, FMT_LENGTH, HEAD_1, HEAD_2, find_dataflash, gather
from controller.wire.damage import NO_DAMAGE, DamageSummary, damage_between

MAGIC = bytes((HEAD_1, HEAD_2))


class DataFlashError(UserError):
    """A file that is no DataFlash log."""


# The description of the descriptions is the same in every log; some lack it, or a label in it.
_FMT_FORMAT = RecordFormat("FMT", FMT, FMT_LENGTH, "BBnNZ", ("Type", "Length", "Name", "Format", "Columns"))


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
    formats, broken = {FMT: _FMT_FORMAT}, []
    for raw in records:
        number, length, name, letters = int(raw[0]), int(raw[1]), _text(raw[2:6]), _text(raw[6:22])
        if number == FMT:
            continue
        known = all(letter in LETTERS for letter in letters)
        record_format = RecordFormat(name, number, length, letters, _labels(_text(raw[22:86]), len(letters)))
        if known and record_format.dtype.itemsize == length - 3:
            formats[number] = record_format
        else:
            broken.append(name or f"type {number}")
    return formats, broken


def _labels(text: str, count: int) -> tuple[str, ...]:
    """As many labels as the record has letters, each once: old firmware has one too few, or one twice."""
    labels: list[str] = []
    for number, label in enumerate([*text.split(","), *[""] * count][:count], 1):
        unique = label or f"field{number}"
        labels.append(unique if unique not in labels else f"{unique}_{number}")
    return tuple(labels)


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
    # The shortest record is a header alone; logs average some fifty bytes.
    room = len(buffer) // 3 + 1
    starts, found, counts = np.empty(room, np.int64), np.empty(room, np.uint8), np.zeros(256, np.int64)
    described = np.full(256, -1, np.int64)
    total, bad_bytes = find_dataflash(buffer, len(buffer) - ahead, lengths, described, starts, found, counts)
    if bad_bytes and _described_late(starts[:total], lengths[found[:total]], described):
        # Records before their description are found now that it is known.
        known, earlier = lengths.copy(), described.copy()
        counts = np.zeros(256, np.int64)
        total, bad_bytes = find_dataflash(buffer, len(buffer) - ahead, known, earlier, starts, found, counts)
    starts, found = starts[:total] + HEAD_BYTES, found[:total]

    places = np.sort(described[described >= 0])
    formats, broken = _formats([bytes(data[at + 3 : at + FMT_LENGTH]) for at in places.tolist()])
    return RecordMap(buffer, starts, found, counts, lengths, described, formats, broken, int(bad_bytes))


def _described_late(starts: Any, lengths: Any, described: Any) -> bool:
    """Whether a description comes after bytes that belong to no record."""
    ends = starts + lengths
    gaps = np.flatnonzero(starts != np.concatenate(([0], ends[:-1])))
    return bool(len(gaps)) and int(described.max()) > int(starts[gaps[0]]) - 1


def read_dataflash(data: bytes | memoryview, *, name: str = "log", ahead: int = 0) -> DataFlash:
    """The columns of a DataFlash log, of a damaged one as far as it can be read. For `ahead` and errors see
    `find_records`."""
    records = find_records(data, name=name, ahead=ahead)
    buffer, starts, found = records.buffer, records.starts, records.types
    counts, lengths, formats = records.counts, records.lengths, records.formats
    widths = np.zeros(256, np.int64)
    for number in formats:
        widths[number] = lengths[number] - HEAD_BYTES
    bases = np.zeros(256, np.int64)
    bases[1:] = np.cumsum(counts * widths)[:-1]
    rows = np.zeros(int((counts * widths).sum()), np.uint8)
    gather(buffer, starts, found, widths[found], widths, bases, rows)
    places = _Places(found)
    parts: dict[str, list[DataFlashTable]] = {}
    for number, record_format in formats.items():
        count = int(counts[number])
        if count and record_format.length == lengths[number]:
            base = int(bases[number])
            part = rows[base : base + count * int(widths[number])]
            # A record without fields has nothing to view.
            records_of = part.view(record_format.dtype) if len(part) else np.zeros(count, record_format.dtype)
            parts.setdefault(record_format.name, []).append(DataFlashTable(record_format, records_of))
            places.numbers.setdefault(record_format.name, []).append(number)
    tables = {
        name: merged(same, [places.of(number) for number in places.numbers[name]] if len(same) > 1 else [])
        for name, same in parts.items()
    }
    tables = _with_times(_with_units(tables), places)
    stop = len(buffer) - ahead
    return DataFlash(tables, stop, records.bad_bytes, tuple(records.broken), _lost(records, starts - 3, stop))


class _Places(Mapping[str, Any]):
    """The numbers of the records of a table in the order of the log, found on first use."""

    def __init__(self, types: Any) -> None:
        self.types = types
        self.numbers: dict[str, list[int]] = {}
        self._known: dict[int, Any] = {}

    def of(self, number: int) -> Any:
        """Those of one type."""
        if number not in self._known:
            self._known[number] = np.flatnonzero(self.types == number)
        return self._known[number]

    def __getitem__(self, name: str) -> Any:
        numbers = self.numbers[name]
        return self.of(numbers[0]) if len(numbers) == 1 else np.sort(np.concatenate([*map(self.of, numbers)]))

    def __iter__(self) -> Iterator[str]:
        return iter(self.numbers)

    def __len__(self) -> int:
        return len(self.numbers)


def _with_times(tables: dict[str, DataFlashTable], places: _Places) -> dict[str, DataFlashTable]:
    described = {name: table for name, table in tables.items() if table.format.number != FMT}
    times_us = record_times_us(described, places, len(places.types))
    return {
        name: DataFlashTable(table.format, table.rows, times_us.get(name)) for name, table in tables.items()
    }


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
