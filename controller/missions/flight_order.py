"""Order in which the items of a plan are flown: jumps followed, repeats counted."""

from __future__ import annotations

from dataclasses import dataclass

from controller.missions import commands
from controller.missions.commands import CMD
from controller.missions.plan import Plan

#: Enough for any real mission; a longer order is truncated.
MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class FlightOrder:
    """Item numbers (from 1) in flight order, without jumps.

    `endless` is the number of a jump that repeats forever (0: none).

    `cut_short` is True if the order was truncated at MAX_STEPS.
    """

    numbers: tuple[int, ...]
    endless: int = 0
    cut_short: bool = False


def flight_order(plan: Plan) -> FlightOrder:
    """Return the flight order as both autopilots execute it: a DO_JUMP repeats as often as its parameter 2, -1 forever.

    An endless loop is followed once. A return to launch and an endless loiter end the order; a landing does not,
    because a takeoff may follow.
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
            # The same jump with the same counts: the loop repeats from here.
            state = (number, tuple(sorted(taken.items())))
            if state in seen:
                return FlightOrder(tuple(numbers), endless=number)
            seen.add(state)
            number = target
    return FlightOrder(tuple(numbers), cut_short=True)


def unreached_destinations(plan: Plan, order: FlightOrder) -> tuple[int, ...]:
    """Return the numbers of the destinations that the flight never reaches."""
    flown = set(order.numbers)
    return tuple(
        number
        for number, item in enumerate(plan.items, start=1)
        if number not in flown and item.command in commands.DESTINATIONS
    )
