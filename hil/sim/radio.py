"""Simulated radio between aircraft and ground station: a memory link with optional impairment."""

from __future__ import annotations

from controller.link.base import Link
from controller.link.impair import ImpairedLink
from controller.link.memory import memory_pair
from controller.link.url import Impairment


def radio(impairment: Impairment | None = None, *, name: str = "aircraft") -> tuple[Link, Link]:
    """Return the aircraft's end and the ground's end; both are context managers still to be entered.

    The impairment acts on both directions, at the ground's end, with its own seed.
    """
    aircraft, ground = memory_pair(name, f"ground of {name}")
    if impairment is None or impairment.harmless:
        return aircraft, ground
    return aircraft, ImpairedLink(ground, impairment)
