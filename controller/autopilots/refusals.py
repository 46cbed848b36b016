"""Refusals to arm: whether waiting helps, from the aircraft's own words."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

from controller.autopilot_facts.facts import StackFacts
from controller.autopilots.state_view import StateView


class Cure(Enum):
    """What ends a reason against arming."""

    TIME = "it goes by itself"
    NEVER = "waiting does not help"
    UNKNOWN = "it is not known"


def refusal_cure(stack: str, text: str) -> Cure:
    """Return what ends a reason against arming; `stack` is that of the facts."""
    if _pattern(stack, "arming_never").search(text):
        return Cure.NEVER
    return Cure.TIME if _pattern(stack, "arming_waits").search(text) else Cure.UNKNOWN


@cache
def _pattern(stack: str, fact: str) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in StackFacts(stack).texts(fact)), re.IGNORECASE)


def worst_cure(cures: list[Cure]) -> Cure:
    """Return the cure of several reasons: one that never goes decides, then one that time cures."""
    for cure in (Cure.NEVER, Cure.TIME):
        if cure in cures:
            return cure
    return Cure.UNKNOWN


def starts(state: StateView, start_s: float) -> bool:
    """Whether the autopilot has booted less than `start_s` seconds ago, or has no position yet."""
    return state.position_good is not True or (state.boot_s is not None and state.boot_s < start_s)
