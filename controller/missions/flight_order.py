"""In which order the items of a plan come up when it is flown: jumps followed, repeats counted."""

from __future__ import annotations

from dataclasses import dataclass

from controller.missions import commands
from controller.missions.commands import CMD
from controller.missions.plan import Plan

#: Enough for any honest mission; a plan that takes more steps is walked this far.
MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class FlightOrder:
    """Item numbers (from 1) in the order flown, jumps left out. `endless` names a jump that is taken for ever (0: none)."""

    numbers: tuple[int, ...]
    endless: int = 0
    cut_short: bool = False


def flight_order(plan: Plan) -> FlightOrder:
    """Walk the plan as both autopilots do: a DO_JUMP is taken as often as its parameter 2 says, -1 for ever.

    A round that would repeat for ever is walked once. A return to launch and an endless loiter end the walk; a landing does
    not, because a take-off may follow it.
    """
    taken: dict[int, int] = {}
    seen: set[tuple[int, tuple[tuple[int, int], ...]]] = set()
    numbers: list[int] = []
    number = 1
    for _ in range(MAX_STEPS):
        if number > len(plan.items):
            return FlightOrder(tuple(numbers))
        item = plan.items[number - 1]
        if item.command != CMD.DO_JUMP:
            numbers.append(number)
            if item.command in (CMD.NAV_RETURN_TO_LAUNCH, CMD.NAV_LOITER_UNLIM):
                return FlightOrder(tuple(numbers))
            number += 1
            continue
        target, repeats, done = plan.jump_target(item), item.param2, taken.get(number, 0)
        for_ever = repeats == -1
        if target is None or target == number or not (for_ever or done < repeats):
            number += 1
        elif not for_ever:
            taken[number] = done + 1
            number = target
        else:
            # The same jump with the same counts behind it: from here on everything comes again.
            state = (number, tuple(sorted(taken.items())))
            if state in seen:
                return FlightOrder(tuple(numbers), endless=number)
            seen.add(state)
            number = target
    return FlightOrder(tuple(numbers), cut_short=True)


def unreached_destinations(plan: Plan, order: FlightOrder) -> tuple[int, ...]:
    """Numbers of the places no walk through the plan comes to."""
    flown = set(order.numbers)
    return tuple(
        number
        for number, item in enumerate(plan.items, start=1)
        if number not in flown and item.command in commands.DESTINATIONS
    )
