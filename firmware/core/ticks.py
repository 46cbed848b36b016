"""Milliseconds and microseconds that wrap, and how to compare them.

A tick is an integer in [0, PERIOD). Everything here stays a small integer on a 32-bit board (31 bits), so that nothing is
allocated; a span may be up to half the period: three days in milliseconds, four and a half minutes in microseconds.
"""

from firmware.core.compat import const

PERIOD = const(0x20000000)
MASK = const(0x1FFFFFFF)
_HALF = const(0x10000000)


def wrapped(count: int) -> int:
    """Any counter of milliseconds or microseconds as a tick."""
    return count & MASK


def add(tick: int, span: int) -> int:
    return (tick + span) & MASK


def diff(later: int, earlier: int) -> int:
    """Span from `earlier` to `later`, negative if it is the other way round."""
    return ((later - earlier + _HALF) & MASK) - _HALF


def clamp_past(stamp: int, now: int, span: int) -> int:
    """`stamp`, or `span` before `now` where it lies further back. A stamp of the past that is kept so every turn never wraps."""
    passed = ((now - stamp + _HALF) & MASK) - _HALF
    return stamp if 0 <= passed < span else (now - span) & MASK
