"""Names that look like a mistyped one, for the hint of an error."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near_names(name: str, known: Iterable[str], *, most: int = 1, least: float = 0.6) -> list[str]:
    """Return at most `most` known names that look like `name`, in any case, the nearest first.

    `least` is the smallest similarity, 0 to 1.
    """
    by_folded: dict[str, str] = {}
    for one in known:
        by_folded.setdefault(one.casefold(), one)
    return [by_folded[near] for near in get_close_matches(name.casefold(), by_folded, n=most, cutoff=least)]


def did_you_mean(near: Iterable[str]) -> str:
    """Return "; did you mean A or B?", or "" without a name."""
    names = " or ".join(near)
    return f"; did you mean {names}?" if names else ""
