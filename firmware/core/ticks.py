"""Wrapping millisecond and microsecond ticks, and their comparison.

A tick is an integer in [0, PERIOD). All values are small integers on a 32-bit board (31 bits), so nothing is allocated.
A span may be up to half the period: three days in milliseconds, four and a half minutes in microseconds.
"""

from firmware.core.compat import const

PERIOD = const(0x20000000)
MASK = const(0x1FFFFFFF)
_HALF = const(0x10000000)


def wrapped(count: int) -> int:
    """Return a millisecond or microsecond count as a tick."""
    return count & MASK


def add(tick: int, span: int) -> int:
    return (tick + span) & MASK


def diff(later: int, earlier: int) -> int:
    """Return the span from `earlier` to `later`; negative if `earlier` is the later one."""
    return ((later - earlier + _HALF) & MASK) - _HALF


def clamp_past(stamp: int, now: int, span: int) -> int:
    """Return `stamp`, but at most `span` before `now`; a past stamp clamped every turn never wraps."""
    passed = ((now - stamp + _HALF) & MASK) - _HALF
    return stamp if 0 <= passed < span else (now - span) & MASK
