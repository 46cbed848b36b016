"""What an export is asked for and what it gives: the time span, the files written, and the error."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import UserError


class ExportError(UserError):
    """There is nothing to export, or nowhere to put it."""


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """From when to when, both included: microseconds since 1970."""

    from_utc_us: int = 0
    to_utc_us: int = 2**62

    def cut(self, table: Any) -> Any:
        """The rows of an Arrow table that lie in it; a table without times as a whole."""
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
    """What was written: rows (positions, messages) in so many files. `problems` are logs that could not be read."""

    target: Path
    files: int
    rows: int
    problems: tuple[str, ...] = ()
