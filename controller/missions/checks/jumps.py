"""Checks of the flight order: invalid and endless jumps, and destinations that are never reached."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.missions import commands
from controller.missions.checks.findings import Finding, Severity, item_ranges
from controller.missions.commands import CMD
from controller.missions.flight_order import MAX_STEPS, FlightOrder, unreached_destinations
from controller.missions.plan import Plan


def findings(plan: Plan, order: FlightOrder) -> Iterator[Finding]:
    """Yield all findings of the plan's jumps."""
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
            yield Finding(Severity.ERROR, number, "a jump to itself", "the mission would stop here")
        elif item.command == CMD.DO_JUMP and not (item.param2 == -1 or 0 <= item.param2 <= 32_767):
            yield Finding(
                Severity.ERROR,
                number,
                f"a jump repeated {item.param2:g} times",
                "use a number from 0 to 32767, or -1 for endless",
            )
    if order.endless:
        yield Finding(
            Severity.WARNING,
            order.endless,
            "the mission repeats forever",
            "it ends only by an operator or a failsafe",
        )
    if order.cut_short:
        yield Finding(
            Severity.WARNING,
            0,
            f"more than {MAX_STEPS} items in flight order",
            "nested jumps multiply; check their repeats",
        )
    missed = unreached_destinations(plan, order)
    landing = [number for number in missed if _after_land_start(plan, number, missed)]
    never = [number for number in missed if number not in landing]
    if never:
        yield Finding(
            Severity.NOTE, never[0], f"never flown: {item_ranges(never)}", "no item or jump leads there"
        )
    if landing:
        yield Finding(
            Severity.NOTE,
            landing[0],
            f"flown only when the aircraft is sent to land: {item_ranges(landing)}",
            "they follow DO_LAND_START, and no item or jump leads there",
        )


def _after_land_start(plan: Plan, number: int, missed: Sequence[int]) -> bool:
    """Return whether an item that no item leads to belongs to the landing sequence after a DO_LAND_START."""
    for at in range(number - 1, 0, -1):
        item = plan.items[at - 1]
        if item.command == CMD.DO_LAND_START:
            return True
        if item.command in commands.DESTINATIONS and at not in missed:
            return False
    return False
