"""The evidence of a review: columns over time, single measurements, and events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from controller.logs.series.view import Array

Grade = Literal["look", "bad"]


@dataclass(frozen=True, slots=True)
class Signal:
    """One column over time. `kind` names its limit in `controller.logs.review.limits`, `source` is message.column;
    `limit` and `bad` replace its limits where the log itself sets others."""

    kind: str
    source: str
    times_us: Array
    values: Array
    limit: float | None = None
    bad: float | None = None


@dataclass(frozen=True, slots=True)
class Measurement:
    """One number for a time span, such as a resistance. `kind` names its limit, `text` explains the number."""

    kind: str
    source: str
    value: float
    first_us: int
    last_us: int
    rows: int
    text: str = ""


@dataclass(frozen=True, slots=True)
class LinkEvidence:
    """Gaps of the link, and its lost frames over time."""

    measurements: list[Measurement]
    signals: list[Signal]


@dataclass(frozen=True, slots=True)
class Event:
    """An event that is a finding by itself, such as a failsafe. `authority` is the source that defines it as one."""

    title: str
    source: str
    at_us: int
    text: str
    authority: str
    grade: Grade = "look"
    until_us: int = 0
