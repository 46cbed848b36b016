"""Is this plan sane for this place and this aircraft? Read before arming; nothing here talks to an aircraft."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from controller.missions import commands
from controller.missions.checks import fence as check_fence
from controller.missions.checks import items as check_items
from controller.missions.checks import jumps as check_jumps
from controller.missions.checks.findings import Finding, Severity
from controller.missions.checks.items import Capabilities, Limits
from controller.missions.commands import CMD
from controller.missions.estimate import FlightEstimate, FlightLeg, estimate
from controller.missions.geodesic import distance_m
from controller.missions.plan import Home, Plan

__all__ = ["Capabilities", "Finding", "Limits", "Severity", "check"]

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class _Question:
    """What every check of the whole plan gets to see."""

    plan: Plan
    home: Home | None
    limits: Limits
    can: Capabilities
    flown: FlightEstimate


def check(
    plan: Plan,
    *,
    home: Home | None = None,
    limits: Limits | None = None,
    capabilities: Capabilities | None = None,
    flown: FlightEstimate | None = None,
) -> list[Finding]:
    """All findings, the worst first, then by item.

    `home` is where the aircraft stands (the plan's own home when it is not known yet), `capabilities` what it can do,
    `flown` the plan's estimate if the caller has it already.
    """
    limits = limits or Limits()
    capabilities = capabilities or Capabilities.of_type(plan.vehicle_type)
    place = home or plan.home
    question = _Question(plan, place, limits, capabilities, flown or estimate(plan, home=place))
    found = [finding for part in _WHOLE for finding in part(question)]
    found += check_jumps.findings(plan, question.flown.order)
    found += check_fence.findings(plan, question.flown.order, place)
    for number, item in enumerate(plan.items, start=1):
        found += check_items.findings(item, number, home=place, limits=limits, capabilities=capabilities)
    if home and plan.home:
        found += _planned_elsewhere(plan.home, home)
    return sorted(found, key=lambda finding: (_ORDER[finding.severity], finding.item))


def _something_to_fly(asked: _Question) -> Iterator[Finding]:
    plan = asked.plan
    for pattern in plan.unflyable:
        yield Finding(
            Severity.ERROR,
            pattern.at + 1,
            f"a {pattern.kind} is stored without the items it flies as",
            "only its own planner knows them; plan it as a survey or as waypoints",
        )
    if not any(item.command in commands.DESTINATIONS for item in plan.items) and not plan.unflyable:
        yield Finding(Severity.ERROR, 0, "there is nothing to fly", "no item of the plan leads anywhere")


def _begin_and_end(asked: _Question) -> Iterator[Finding]:
    items = asked.plan.items
    first = next(
        ((number, item) for number, item in enumerate(items, 1) if item.command in commands.DESTINATIONS),
        None,
    )
    if first and asked.can.flies and first[1].command not in commands.TAKEOFFS:
        yield Finding(
            Severity.WARNING,
            first[0],
            "the mission does not begin with a take-off",
            "a standing aircraft has to be taken off by other means first",
        )
    flown = [items[number - 1] for number in asked.flown.order.numbers]
    if (
        first
        and not asked.flown.order.endless
        and not any(item.command in commands.ENDINGS for item in flown)
    ):
        yield Finding(
            Severity.NOTE,
            len(items),
            "the mission does not end with a return or a landing",
            "the aircraft will wait there",
        )


def _distances(asked: _Question) -> Iterator[Finding]:
    limits, told, way_out = asked.limits, set[int](), True
    for leg in asked.flown.legs:
        command = asked.plan.items[leg.number - 1].command
        if leg.number not in told and command != CMD.NAV_RETURN_TO_LAUNCH:
            told.add(leg.number)
            yield from _way_out(leg, limits) if way_out and asked.home else _leg(leg, limits)
        way_out = way_out and command in commands.TAKEOFFS
    if asked.flown.distance_m > limits.total_m:
        yield Finding(
            Severity.WARNING,
            0,
            f"{_far(asked.flown.distance_m)} in all, about {asked.flown.duration_s / 60:.0f} min",
            "will the battery last?",
        )


def _way_out(leg: FlightLeg, limits: Limits) -> Iterator[Finding]:
    what = f"the first place is {_far(leg.distance_m)} from home"
    if leg.distance_m > limits.first_item_error_m:
        why = f"is this the plan for this place? the limit is {limits.first_item_error_m:g} m"
        yield Finding(Severity.ERROR, leg.number, what, why)
    elif leg.distance_m > limits.first_item_m:
        yield Finding(Severity.WARNING, leg.number, what, "is this the plan for this place?")


def _leg(leg: FlightLeg, limits: Limits) -> Iterator[Finding]:
    what = f"a leg of {_far(leg.distance_m)}"
    if leg.distance_m > limits.leg_error_m:
        yield Finding(
            Severity.ERROR, leg.number, what, f"a slipped digit? the limit is {limits.leg_error_m:g} m"
        )
    elif leg.distance_m > limits.leg_m:
        yield Finding(Severity.WARNING, leg.number, what, "is it meant to be that long?")


def _neighbours(asked: _Question) -> Iterator[Finding]:
    before = None
    for number, item in enumerate(asked.plan.items, start=1):
        if item.command not in commands.DESTINATIONS:
            continue
        here = (item.command, item.params, item.frame)
        if item.has_position and before == here:
            yield Finding(Severity.WARNING, number, "the same as the place before it", "once is enough")
        before = here


def _planned_elsewhere(planned: Home, actual: Home) -> Iterator[Finding]:
    away_m = distance_m(planned.lat_deg, planned.lon_deg, actual.lat_deg, actual.lon_deg)
    if away_m > 100.0:
        yield Finding(
            Severity.WARNING,
            0,
            f"planned for a home {_far(away_m)} from where the aircraft is",
            "altitudes above home and the way back are from where it is",
        )


def _far(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 10_000 else f"{metres / 1000:.0f} km"


_WHOLE: tuple[Callable[[_Question], Iterator[Finding]], ...] = (
    _something_to_fly,
    _begin_and_end,
    _distances,
    _neighbours,
)
