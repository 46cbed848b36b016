"""Checks of the order of flight: jumps that lead nowhere or never end, places that are never come to."""

from __future__ import annotations

from collections.abc import Iterator

from controller.missions import commands
from controller.missions.checks.findings import Finding, Severity, item_ranges
from controller.missions.commands import CMD
from controller.missions.flight_order import MAX_STEPS, FlightOrder, unreached_destinations
from controller.missions.plan import Plan


def findings(plan: Plan, order: FlightOrder) -> Iterator[Finding]:
    """Everything wrong or odd with the plan's jumps."""
    for number, item in enumerate(plan.items, start=1):
        if item.command not in commands.POINTS_TO_AN_ITEM:
            continue
        target = plan.jump_target(item)
        if target is None:
            yield Finding(
                Severity.ERROR,
                number,
                f"jump to item {item.param1:g}",
                "the plan has no such item, or several",
            )
        elif target == number and item.command == CMD.DO_JUMP:
            yield Finding(Severity.ERROR, number, "a jump to itself", "the mission would hang here")
        elif item.command == CMD.DO_JUMP and not (item.param2 == -1 or 0 <= item.param2 <= 32_767):
            yield Finding(
                Severity.ERROR, number, f"a jump taken {item.param2:g} times", "a count, or -1 for always"
            )
    if order.endless:
        yield Finding(
            Severity.WARNING,
            order.endless,
            "the mission goes round for ever",
            "it ends only when somebody ends it",
        )
    if order.cut_short:
        yield Finding(
            Severity.WARNING,
            0,
            f"more than {MAX_STEPS} items one after the other",
            "jumps multiply; is that meant?",
        )
    missed = unreached_destinations(plan, order)
    if missed:
        yield Finding(
            Severity.NOTE, missed[0], f"{item_ranges(missed)} never come up", "nothing leads there by itself"
        )
