"""Dates and times as other programs write them, in microseconds since 1970."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from controller.logs.series.view import Array

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST_YEAR, _LATEST_YEAR = 2000, 2100
UNKNOWN_US = -1
_TIME = re.compile(
    r"\s*(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})[ T]+(\d{1,2}):(\d\d):(\d\d)"
    r"(?:[.,:](\d{1,9}))?(?:,\d{1,3})?\s*([AaPp]\.?[Mm]\.?)?\s*(Z|UTC|[+-]\d\d:?\d\d)?\s*"
)


def times_us(texts: Sequence[str]) -> tuple[Array, bool]:
    """Moments of these texts, UNKNOWN_US where a text is none, and whether each names its own zone.

    A date begins with the year, or with the month (3/14/2024); where a first number is above 12, all begin with the
    day.
    """
    days: dict[tuple[str, str, str], int | None] = {}
    day_first = False
    found = [_TIME.fullmatch(text) for text in texts]
    for one in found:
        if one and len(one[1]) < 4 and int(one[1]) > 12:
            day_first = True
            break
    out = np.full(len(texts), UNKNOWN_US, np.int64)
    zoned = True
    for at, one in enumerate(found):
        if one is None:
            continue
        key = (one[1], one[2], one[3])
        if key not in days:
            days[key] = _day_us(*key, day_first=day_first)
        begin_us = days[key]
        hour, minute, second = int(one[4]), int(one[5]), int(one[6])
        if one[8]:
            if not 1 <= hour <= 12:
                continue
            hour = hour % 12 + (12 if one[8][0] in "pP" else 0)
        if begin_us is None or hour > 23 or minute > 59 or second > 60:
            continue
        part_us = int((one[7] or "")[:6].ljust(6, "0"))
        out[at] = begin_us + ((hour * 60 + minute) * 60 + second) * 1_000_000 + part_us - _zone_us(one[9])
        zoned = zoned and bool(one[9])
    return out, zoned


def day_or_month_first(texts: Sequence[str]) -> bool:
    """Whether the dates may begin with the day as well as with the month: no number of theirs is above 12."""
    days = {(one[1], one[2]) for text in texts if (one := _TIME.fullmatch(text)) and len(one[1]) < 4}
    return any(first != second for first, second in days) and all(
        int(number) <= 12 for day in days for number in day
    )


def _day_us(first: str, second: str, third: str, *, day_first: bool) -> int | None:
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
    elif day_first:
        day, month, year = int(first), int(second), int(third)
    else:
        month, day, year = int(first), int(second), int(third)
    if not _EARLIEST_YEAR <= year <= _LATEST_YEAR:
        return None
    try:
        return (datetime(year, month, day, tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
    except ValueError:
        return None


def _zone_us(text: str | None) -> int:
    if not text or text in ("Z", "UTC"):
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:])
    return (-minutes if text[0] == "-" else minutes) * 60_000_000


def offset_s(text: str) -> int | None:
    """Seconds east of UTC of `+02:00`; None for another text."""
    found = re.fullmatch(r"([+-])(\d{1,2}):?(\d\d)?", text)
    if not found or int(found[2]) > 14 or int(found[3] or 0) > 59:
        return None
    seconds = int(found[2]) * 3600 + int(found[3] or 0) * 60
    return -seconds if found[1] == "-" else seconds
