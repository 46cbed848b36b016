"""Blink patterns of the four lights: link, laptop, record and fault. They differ in rhythm, not only in colour."""

from firmware.core.ticks import MASK

OFF = 0
ON = 1
SLOW = 2  # one second on, one off
FAST = 3  # four times a second
BLINK = 4  # a short flash every two seconds


def is_lit(pattern: int, now_ms: int) -> bool:
    now_ms &= MASK
    if pattern == SLOW:
        return now_ms % 2000 < 1000
    if pattern == FAST:
        return now_ms % 250 < 125
    if pattern == BLINK:
        return now_ms % 2000 < 100
    return pattern == ON


def link_pattern(alive: int, radios: int) -> int:
    """All radios alive: on; some: slow; none: fast."""
    return ON if alive == radios else SLOW if alive else FAST


def laptop_pattern(state: int) -> int:
    """No heartbeat (yet, or without a dead-man any more): off; alive: on; hold time: slow; expired: fast."""
    return (OFF, ON, SLOW, FAST)[state]


def record_pattern(recording: bool, healthy: bool) -> int:
    """Recording: a flash every two seconds; failing: fast; not recording: off."""
    return OFF if not recording else BLINK if healthy else FAST


def fault_pattern(confirming: bool, unanswered: bool, critical: bool) -> int:
    """Stop or button held, not triggered: fast; its command unacknowledged: slow; else on for a fault."""
    return FAST if confirming else SLOW if unanswered else ON if critical else OFF
