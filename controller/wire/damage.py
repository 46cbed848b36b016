"""What of a log belongs to no message: how many places, where the first one is, and whether the end is cut off."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class DamageSummary:
    """`places` stretches of `bytes` in all, the first from byte `first` on (None: there is none); `cut_off` where the last one
    reaches the end of the file."""

    bytes: int = 0
    places: int = 0
    first: int | None = None
    cut_off: bool = False

    def moved(self, by: int) -> DamageSummary:
        """The same of a piece that begins at byte `by` of the file."""
        return self if self.first is None else replace(self, first=self.first + by)

    def then(self, later: DamageSummary) -> DamageSummary:
        """Of two pieces one behind the other; a piece begins with a message, so no place is in both."""
        first = later.first if self.first is None else self.first
        return DamageSummary(self.bytes + later.bytes, self.places + later.places, first, later.cut_off)

    @property
    def only_cut(self) -> bool:
        """Nothing but the end is missing: so ends what was being written when it was switched off, and every DataFlash log."""
        return self.places == 1 and self.cut_off

    @property
    def words(self) -> str:
        """For people; empty where nothing is lost."""
        if not self.places:
            return ""
        if self.only_cut:
            return f"cut off at the end: the last {self.bytes:,d} bytes, from byte {self.first:,d} on, belong to no message"
        where = f"{self.places:,d} places, the first" if self.places > 1 else "one place,"
        end = "; cut off at the end" if self.cut_off else ""
        return f"damaged: {self.bytes:,d} bytes in {where} at byte {self.first:,d}, belong to no message{end}"


NO_DAMAGE = DamageSummary()


def damage_between(begins: Any, stops: Any, begin: int, end: int) -> DamageSummary:
    """What lies between the messages of a log that stands in the bytes [begin, end): int64 arrays in the order of the file."""
    import numpy as np

    froms, tos = np.append(begin, stops), np.append(begins, end)
    at = np.flatnonzero(tos > froms)
    if not len(at):
        return NO_DAMAGE
    return DamageSummary(
        int((tos - froms)[at].sum()), len(at), int(froms[at[0]]), bool(at[-1] == len(begins))
    )
