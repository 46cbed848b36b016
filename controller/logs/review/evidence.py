"""What a review is made of: columns held to a limit, single numbers, and things that happened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.logs.series.view import Array

Grade = Literal["look", "bad"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One column over time. `kind` names the rule that judges it, `source` is message.column; `limit` replaces the rule's
    where the log itself sets a wider one."""

    kind: str
    source: str
    times_us: Array
    values: Array
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Measured:
    """One number for a whole span, such as a resistance: `kind` names its rule, `text` says from what it came."""

    kind: str
    source: str
    value: float
    first_us: int
    last_us: int
    rows: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that should not have been, such as a failsafe, at one moment; `authority` says why it is told."""

    title: str
    source: str
    at_us: int
    text: str
    authority: str
    grade: Grade = "look"
    until_us: int = 0
