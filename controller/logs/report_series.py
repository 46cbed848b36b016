"""The lines of a report's plots, and where they are taken from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.wire.columns import Columns

Array = NDArray[np.float64]
EARTH_RADIUS_M = 6371008.8


@dataclass(frozen=True, slots=True)
class Series:
    """One line of a plot: what it is, its unit, times and values."""

    name: str
    unit: str
    times_s: Array
    values: Array

    @property
    def empty(self) -> bool:
        return not len(self.times_s)


class Taken:
    """The aircraft's own messages, by name."""

    def __init__(self, columns: Columns, aircraft: tuple[int, int] | None, first_us: int) -> None:
        self._columns = columns
        self._aircraft = aircraft
        self._first_us = first_us

    def get(self, name: str, *fields: str) -> tuple[Array, list[Array]]:
        """Times and the fields' values; empty where there is no such message."""
        table = self._columns.tables.get(name)
        if table is None or self._aircraft is None:
            return np.zeros(0), [np.zeros(0) for _ in fields]
        mine = (table.systems == self._aircraft[0]) & (table.components == self._aircraft[1])
        times_s = (table.times_us[mine] - self._first_us) / 1e6
        return times_s, [np.asarray(table[field][mine], np.float64) for field in fields]
