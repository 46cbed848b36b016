"""Types of an export: the time span, the result, and the error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import UserError


class ExportError(UserError):
    """An export without data, or one that cannot be written."""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A time span, both ends included: microseconds since 1970."""

    from_utc_us: int = 0
    to_utc_us: int = 2**62

    def cut(self, table: Any) -> Any:
        """The rows of an Arrow table in the span; a table without times as a whole."""
        if self == TimeSpan() or "time_us" not in table.column_names:
            return table
        import pyarrow.compute as pc

        times = table["time_us"]
        inside = pc.and_(
            pc.greater_equal(times, self.from_utc_us), pc.less_equal(times, min(self.to_utc_us, 2**62))
        )
        return table.filter(inside)


@dataclass(frozen=True, slots=True)
class Exported:
    """A finished export: number of files, and of rows (positions, messages); `problems` are logs that could not be
    read, `notes` lines about those that were."""

    target: Path
    files: int
    rows: int
    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
