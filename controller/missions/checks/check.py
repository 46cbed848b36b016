"""Preflight check of a plan for an aircraft and a home position. It needs no connection to the aircraft."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

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

__all__ = [
    "Capabilities",
    "Finding",
    "Limits",
    "Severity",
    "by_severity",
    "check",
    "lost_findings",
    "planned_elsewhere",
    "reading_findings",
]

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.NOTE: 2}


@dataclass(frozen=True, slots=True)
class _PlanContext:
    """Input of the checks of the whole plan."""

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
    """Return all findings, sorted by severity and item.

    `home` is the position of the aircraft (default: the plan's home), `capabilities` those of the aircraft (default:
    of the plan's vehicle type), `flown` the estimate of the plan, if the caller has it already.
    """
    limits = limits or Limits()
    capabilities = capabilities or Capabilities.of_type(plan.vehicle_type)
    position = home or plan.home
    context = _PlanContext(plan, position, limits, capabilities, flown or estimate(plan, home=position))
    found = reading_findings(plan) + lost_findings(plan)
    found += [finding for part in _WHOLE for finding in part(context)]
    found += check_jumps.findings(plan, context.flown.order)
    found += _fence_findings(context)
    for number, item in enumerate(plan.items, start=1):
        found += check_items.findings(item, number, home=position, limits=limits, capabilities=capabilities)
    if home and plan.home:
        found += planned_elsewhere(plan.home, home)
    return by_severity(found)


def _fence_findings(context: _PlanContext) -> Iterator[Finding]:
    """Yield the findings of the fence; of a fence alone they are warnings, because it may be for another place."""
    for finding in check_fence.findings(context.plan, context.flown, context.home):
        yield finding if context.plan.items else replace(finding, severity=Severity.WARNING)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings sorted by severity and item."""
    return sorted(findings, key=lambda finding: (_ORDER[finding.severity], finding.item))


def reading_findings(plan: Plan) -> list[Finding]:
    """Return the choices that the reader of the file made, as warnings."""
    return [Finding(Severity.WARNING, 0, note.what, note.why) for note in plan.notes]


def lost_findings(plan: Plan) -> list[Finding]:
    """Return what reading the file could not carry over, as warnings."""
    return [Finding(Severity.WARNING, loss.item, f"lost: {loss.what}", loss.reason) for loss in plan.losses]


def _something_to_fly(context: _PlanContext) -> Iterator[Finding]:
    plan = context.plan
    for pattern in plan.unflyable:
        yield Finding(
            Severity.ERROR,
            pattern.at + 1,
            f"a {pattern.kind} is stored without mission items",
            "landline mission convert --replan plans it from its parameters",
        )
    if plan.has_areas and not plan.items and not plan.unflyable:
        what = f"no mission items, only {' and '.join(_area_words(plan))}"
        yield Finding(Severity.NOTE, 0, what, "an upload leaves the mission on board alone")
    elif not any(item.command in commands.DESTINATIONS for item in plan.items) and not plan.unflyable:
        yield Finding(Severity.ERROR, 0, "the plan has no destination", "add a waypoint")


def _area_words(plan: Plan) -> Iterator[str]:
    if plan.fence:
        yield "a fence"
    if plan.rally:
        yield f"{len(plan.rally)} rally points"


def _return_points(context: _PlanContext) -> Iterator[Finding]:
    """Yield the rally and return points above the limits: a return climbs to them."""
    points = [(f"rally point {number}", point) for number, point in enumerate(context.plan.rally, 1)]
    if context.plan.fence.breach_return:
        points.append(("the return point of the fence", context.plan.fence.breach_return))
    for name, point in points:
        alt_m = point.alt_m
        if point.frame in commands.AMSL_FRAMES:
            if context.home is None or not context.home.alt_known:
                continue
            alt_m -= context.home.alt_amsl_m
        limits = context.limits
        if alt_m > limits.alt_error_m:
            yield Finding(
                Severity.ERROR,
                0,
                f"{name} is {alt_m:.0f} m above home",
                f"the limit is {limits.alt_error_m:g} m",
            )
        elif alt_m > limits.alt_m:
            why = f"{limits.alt_m:g} m is the usual legal limit"
            yield Finding(Severity.WARNING, 0, f"{name} is {alt_m:.0f} m above home", why)


def _begin_and_end(context: _PlanContext) -> Iterator[Finding]:
    items = context.plan.items
    first = next(
        ((number, item) for number, item in enumerate(items, 1) if item.command in commands.DESTINATIONS),
        None,
    )
    if (
        first
        and context.can.flies
        and context.can.needs_takeoff
        and first[1].command not in commands.TAKEOFFS
    ):
        yield Finding(
            Severity.WARNING,
            first[0],
            "the mission does not begin with a takeoff",
            "take off by other means before the mission starts",
        )
    flown = [items[number - 1] for number in context.flown.order.numbers]
    if (
        first
        and not context.flown.order.endless
        and not any(item.command in commands.ENDINGS for item in flown)
    ):
        yield Finding(
            Severity.NOTE,
            len(items),
            "the mission does not end with a return or a landing",
            "the aircraft will hold position there",
        )


def _distances(context: _PlanContext) -> Iterator[Finding]:
    limits, reported, from_home = context.limits, set[int](), True
    for leg in context.flown.legs:
        command = context.plan.items[leg.number - 1].command
        if leg.number not in reported and command != CMD.NAV_RETURN_TO_LAUNCH:
            reported.add(leg.number)
            yield from _first_leg(leg, limits) if from_home and context.home else _leg(leg, limits)
        from_home = from_home and command in commands.TAKEOFFS
    if context.flown.distance_m > limits.total_m:
        yield Finding(
            Severity.WARNING,
            0,
            f"total {_far(context.flown.distance_m)}, about {context.flown.duration_s / 60:.0f} min",
            "check the battery capacity",
        )


def _first_leg(leg: FlightLeg, limits: Limits) -> Iterator[Finding]:
    what = f"the first position is {_far(leg.distance_m)} from home"
    if leg.distance_m > limits.first_item_error_m:
        why = f"check whether the plan is for this site; the limit is {limits.first_item_error_m:g} m"
        yield Finding(Severity.ERROR, leg.number, what, why)
    elif leg.distance_m > limits.first_item_m:
        yield Finding(Severity.WARNING, leg.number, what, "check whether the plan is for this site")


def _leg(leg: FlightLeg, limits: Limits) -> Iterator[Finding]:
    what = f"a leg of {_far(leg.distance_m)}"
    if leg.distance_m > limits.leg_error_m:
        yield Finding(
            Severity.ERROR, leg.number, what, f"check the coordinates; the limit is {limits.leg_error_m:g} m"
        )
    elif leg.distance_m > limits.leg_m:
        yield Finding(Severity.WARNING, leg.number, what, "check the coordinates")


def _neighbours(context: _PlanContext) -> Iterator[Finding]:
    before = None
    for number, item in enumerate(context.plan.items, start=1):
        if item.command not in commands.DESTINATIONS:
            continue
        here = (item.command, item.params, item.frame)
        if item.has_position and before == here:
            yield Finding(
                Severity.WARNING, number, "same position as the item before it", "remove one of them"
            )
        before = here


def planned_elsewhere(planned: Home, actual: Home) -> Iterator[Finding]:
    """Yield a finding of a plan whose home is not where the aircraft is."""
    away_m = distance_m(planned.lat_deg, planned.lon_deg, actual.lat_deg, actual.lon_deg)
    if away_m > 100.0:
        yield Finding(
            Severity.WARNING,
            0,
            f"planned for a home {_far(away_m)} from the aircraft",
            "altitudes above home and the return refer to the aircraft's position",
        )


def _far(metres: float) -> str:
    return f"{metres:.0f} m" if metres < 10_000 else f"{metres / 1000:.0f} km"


_WHOLE: tuple[Callable[[_PlanContext], Iterator[Finding]], ...] = (
    _something_to_fly,
    _begin_and_end,
    _distances,
    _neighbours,
    _return_points,
)
