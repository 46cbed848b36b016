"""Failsafes by the aircraft's own words: status texts, and events with their words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from controller.autopilot_facts.facts import StackFacts

UNNAMED = "failsafe"  # the aircraft reports a failsafe and not its cause


def failsafe_named(stack: str, text: str) -> str | None:
    """Return the failsafe that a text names, such as "battery failsafe"; None for other texts."""
    if _over(stack).search(text):
        return None
    return next((name for name, pattern in _patterns(stack) if pattern.search(text)), None)


def is_activation(name: str, text: str) -> bool:
    """Whether the text reports an action of the aircraft, and not only a cause, such as a low battery."""
    lower = text.lower()
    return name in _ACTIONS or "failsafe" in lower or "breach" in lower


_ACTIONS = frozenset(
    (
        "crash",
        "thrust loss",
        "parachute release",
        "flight termination",
        "emergency stop",
        "motor failure",
        "attitude failure",
        "quad-chute",
        "kill switch",
        "landing aborted",
        "mission failure",
    )
)


@cache
def _patterns(stack: str) -> Sequence[tuple[str, re.Pattern[str]]]:
    table = StackFacts(stack).table("failsafe_texts")
    return tuple((name, re.compile("|".join(texts), re.IGNORECASE)) for name, texts in table.items())


@cache
def _over(stack: str) -> re.Pattern[str]:
    return re.compile(StackFacts(stack).text("failsafe_over"), re.IGNORECASE)
