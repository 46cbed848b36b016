"""The messages of one name as columns of numbers, in the same way for every log format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from controller.logs.series.view import Array


class NoColumn(KeyError):
    """A message without a column that it has in other logs: of another firmware, or because its description is
    damaged."""


class Rows(Mapping[str, Array]):
    """The messages of one name (of one sensor): `rows["VibeX"]` is in float64, times are in the log's own clock.

    `source` names the message and the sensor, `take` gives the column of a name. Raises NoColumn.
    """

    def __init__(
        self, source: str, number: int, times_us: Array, names: list[str], take: Callable[[str], Any]
    ) -> None:
        self.source = source
        self.number = number
        self.times_us = np.asarray(times_us).astype(np.int64, copy=False)
        self._names = names
        self._take = take

    def __getitem__(self, name: str) -> Array:
        try:
            return np.asarray(self._take(name), np.float64)
        except (KeyError, ValueError) as error:
            raise NoColumn(f"{self.source}.{name}") from error

    def raw(self, name: str) -> Any:
        """The column as the log has it: for texts."""
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


def last_values(rows: Rows | None, name: str, value: str) -> dict[str, float]:
    """Parameters by name from messages that hold one each; empty if a damaged log has wrong field formats."""
    if rows is None or name not in rows or value not in rows or rows.raw(name).dtype.kind != "S":
        return {}
    return {
        key.decode("latin1").rstrip("\0"): number
        for key, number in zip(rows.raw(name).tolist(), rows[value].tolist(), strict=True)
    }
