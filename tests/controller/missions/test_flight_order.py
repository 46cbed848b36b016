"""Flight order of the items."""

from __future__ import annotations

import pytest

from controller.missions.flight_order import MAX_STEPS, FlightOrder, flight_order, unreached_destinations
from controller.missions.plan import Plan, PlanItem


def plan_of(*steps: str) -> Plan:
    """Return a plan from steps: "wp", "rtl", "land", or "jump TARGET TIMES"."""
    items = []
    for step in steps:
        word, *numbers = step.split()
        command = {"wp": 16, "rtl": 20, "land": 21, "jump": 177}[word]
        first, second = (*map(float, numbers), 0.0, 0.0)[:2]
        items.append(PlanItem(command=command, param1=first, param2=second, lat_deg=1.0, lon_deg=1.0))
    return Plan(items=tuple(items))


@pytest.mark.parametrize(
    ("steps", "order"),
    [
        (("wp", "wp", "rtl"), (1, 2, 3)),
        (("wp", "wp", "jump 1 2", "rtl"), (1, 2, 1, 2, 1, 2, 4)),
        (("wp", "jump 4 1", "wp", "rtl"), (1, 4)),
        (("wp", "wp", "jump 1 0", "wp"), (1, 2, 4)),
        # The inner jump has been used up when the outer one leads back to it, as on both autopilots.
        (("wp", "jump 1 1", "wp", "jump 1 1", "land"), (1, 1, 3, 1, 3, 5)),
        (("wp", "rtl", "wp"), (1, 2)),
        (("wp", "land", "wp"), (1, 2, 3)),
        (("wp", "jump 2 5", "wp"), (1, 3)),
        (("wp", "jump 9 5", "wp"), (1, 3)),
    ],
)
def test_jumps_repeat_as_often_as_their_count(steps: tuple[str, ...], order: tuple[int, ...]) -> None:
    assert flight_order(plan_of(*steps)) == FlightOrder(order)


def test_an_endless_loop_is_followed_once_and_reported() -> None:
    assert flight_order(plan_of("wp", "wp", "jump 1 -1", "rtl")) == FlightOrder((1, 2, 1, 2), endless=3)


def test_an_endless_forward_jump_is_not_an_endless_loop() -> None:
    order = flight_order(plan_of("wp", "jump 4 -1", "wp", "wp", "jump 1 2", "rtl"))
    assert order == FlightOrder((1, 4, 1, 4, 1, 4, 6))


def test_a_very_long_order_is_truncated() -> None:
    order = flight_order(plan_of("wp", "jump 1 30000", "jump 1 30000"))
    assert order.cut_short
    assert len(order.numbers) <= MAX_STEPS


def test_unreached_destinations_are_listed() -> None:
    plan = plan_of("wp", "jump 4 -1", "wp", "rtl", "wp")
    assert unreached_destinations(plan, flight_order(plan)) == (3, 5)
