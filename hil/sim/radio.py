"""The radio between a simulated aircraft and its ground station: a memory link, as good or as bad as asked for."""

from __future__ import annotations

from controller.link.base import Link
from controller.link.impair import ImpairedLink
from controller.link.memory import memory_pair
from controller.link.url import Impairment


def radio(impairment: Impairment | None = None, *, name: str = "aircraft") -> tuple[Link, Link]:
    """The aircraft's end and the ground's end, both still to be entered.

    The impairment is applied to both directions, at the ground's end, by its own seed.
    """
    aircraft, ground = memory_pair(name, f"ground of {name}")
    if impairment is None or impairment.harmless:
        return aircraft, ground
    return aircraft, ImpairedLink(ground, impairment)
