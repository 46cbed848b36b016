"""Damage of a log: the bytes that belong to no message."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class DamageSummary:
    """Summary of damaged ranges: number (`places`), total size (`bytes`) and first offset (`first`, None: no damage).

    `cut_off` is True if the last range reaches the end of the file.
    """

    bytes: int = 0
    places: int = 0
    first: int | None = None
    cut_off: bool = False

    def shifted(self, by: int) -> DamageSummary:
        """Return the summary with offsets for a chunk that begins at byte `by` of the file."""
        return self if self.first is None else replace(self, first=self.first + by)

    def joined(self, later: DamageSummary) -> DamageSummary:
        """Join with the summary of the following chunk. Chunks begin with a message, so no range spans two chunks."""
        first = later.first if self.first is None else self.first
        return DamageSummary(self.bytes + later.bytes, self.places + later.places, first, later.cut_off)

    @property
    def only_truncated(self) -> bool:
        """Whether only the end is damaged: power was lost during logging, or the log is a DataFlash log."""
        return self.places == 1 and self.cut_off

    @property
    def description(self) -> str:
        """One line for the user; empty without damage."""
        if not self.places:
            return ""
        if self.only_truncated:
            return f"truncated: the last {self.bytes:,d} bytes, from byte {self.first:,d} on, belong to no message"
        where = f"{self.places:,d} places, the first" if self.places > 1 else "one place,"
        end = "; truncated at the end" if self.cut_off else ""
        return f"damaged: {self.bytes:,d} bytes in {where} at byte {self.first:,d}, belong to no message{end}"


NO_DAMAGE = DamageSummary()


def damage_between(begins: Any, stops: Any, begin: int, end: int) -> DamageSummary:
    """Summarize the gaps between the messages of a log in the bytes [begin, end).

    `begins` and `stops` are int64 arrays of the messages' first and past-the-end offsets, in the order of the file.
    """
    import numpy as np

    froms, tos = np.append(begin, stops), np.append(begins, end)
    at = np.flatnonzero(tos > froms)
    if not len(at):
        return NO_DAMAGE
    return DamageSummary(
        int((tos - froms)[at].sum()), len(at), int(froms[at[0]]), bool(at[-1] == len(begins))
    )
