"""A log's messages by name, the same way for all three formats: each sensor's or instance's rows of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from controller.logs.formats.read import ReadLog
from controller.logs.formats.tlog_series import AircraftRows, aircraft_of
from controller.logs.series.view import Array, numeric, timed

# What tells the sensors, cores and instances of a DataFlash record apart.
_LABELS = ("IMU", "C", "I", "Inst", "Instance")


class NoColumn(KeyError):
    """A message without a column that it has in other logs: of another firmware, or because its description is damaged."""


class Rows(Mapping[str, Array]):
    """The rows of one message (of one sensor): `rows["VibeX"]` in float64; times in the log's own clock. Raises NoColumn."""

    def __init__(
        self, source: str, number: int, times_us: Array, names: list[str], take: Callable[[str], Any]
    ) -> None:
        self.source = source
        self.number = number
        self.times_us = np.asarray(times_us).astype(np.int64)
        self._names = names
        self._take = take

    def __getitem__(self, name: str) -> Array:
        try:
            return np.asarray(self._take(name), np.float64)
        except (KeyError, ValueError) as error:
            raise NoColumn(f"{self.source}.{name}") from error

    def raw(self, name: str) -> Any:
        """As the log has it: for texts."""
        try:
            return self._take(name)
        except KeyError as error:
            raise NoColumn(f"{self.source}.{name}") from error

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __contains__(self, name: object) -> bool:
        return name in self._names


class Records:
    """All messages of a log; of a telemetry log only what its (first) aircraft sent."""

    def __init__(self, read: ReadLog) -> None:
        self.format = read.format
        self._log = read.log
        self.aircraft = aircraft_of(read.log) if read.format == "tlog" else None

    def of(self, *names: str) -> list[Rows]:
        """The rows of the first of these messages that the log holds, by sensor; empty where it holds none."""
        for name in names:
            found = self._named(name)
            if found:
                return found
        return []

    def of_anybody(self, *names: str) -> Rows | None:
        """A telemetry log's first such message with rows, whoever sent it; None in the other formats."""
        for name in names if self.format == "tlog" else ():
            table = self._log.tables.get(name)
            if table is not None and len(table.times_us):
                return Rows(name, 0, table.times_us, list(table), table.__getitem__)
        return None

    def first(self, *names: str) -> Rows | None:
        """As `of`, the first sensor's."""
        found = self.of(*names)
        return found[0] if found else None

    def _named(self, name: str) -> list[Rows]:
        tables = self._log.tables
        if self.format == "tlog":
            if name not in tables or self.aircraft is None:
                return []
            mine = AircraftRows(self._log, name, self.aircraft)
            return [Rows(name, 0, mine.times_us, list(tables[name]), mine.raw)] if len(mine.times_us) else []
        if self.format == "dataflash":
            return _dataflash(name, tables.get(name))
        return [
            Rows(f"{name}[{number}]", number, table["timestamp"], list(table), table.__getitem__)
            for (topic, number), table in sorted(timed(tables, "timestamp").items())
            if topic == name and len(table["timestamp"])
        ]


def _dataflash(name: str, table: Any) -> list[Rows]:
    if table is None or not numeric(table, "TimeUS", "iu") or not len(table["TimeUS"]):
        return []
    label = next((label for label in _LABELS if numeric(table, label, "iuf")), None)
    if label is None:
        return [Rows(name, 0, table["TimeUS"], list(table), table.__getitem__)]
    numbers = np.asarray(table[label])
    return [
        Rows(
            f"{name}[{int(number)}]",
            int(number),
            table["TimeUS"][numbers == number],
            list(table),
            _part(table, numbers == number),
        )
        for number in np.unique(numbers)
    ]


def _part(table: Any, rows: Array) -> Callable[[str], Any]:
    return lambda name: table[name][rows]
