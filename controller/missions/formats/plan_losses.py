"""Parts of a plan beside its items that a format of another program cannot hold."""

from __future__ import annotations

import json
from collections.abc import Iterator

from controller.missions.fence import Fence
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan


def way_losses(plan: Plan, title: str) -> Iterator[ConversionLoss]:
    """Yield all parts beside the items, for a format that holds a way only."""
    why = f"{title} holds a way only"
    if plan.home:
        yield ConversionLoss(0, "home position", f"{title} has no field for it")
    yield from fence_losses(plan.fence, why)
    for index, _ in enumerate(plan.rally, start=1):
        yield ConversionLoss(0, f"rally point {index}", why)
    yield from field_losses(plan, title)
    yield from pattern_losses(plan, title)


def pattern_losses(plan: Plan, title: str) -> Iterator[ConversionLoss]:
    """Yield the outlines of the patterns, whose items are kept."""
    for pattern in plan.complex_items:
        if pattern.items:
            yield ConversionLoss(
                pattern.at + 1,
                f"the outline of the {pattern.kind}",
                f"{title} has items only; the pattern's items are kept",
            )
        else:
            yield ConversionLoss(pattern.at + 1, f"the {pattern.kind}", "it is stored without mission items")


def fence_losses(fence: Fence, why: str) -> Iterator[ConversionLoss]:
    """Yield the areas of a fence."""
    for polygon in fence.polygons:
        kind = "inclusion" if polygon.inclusion else "exclusion"
        yield ConversionLoss(0, f"fence: {kind} polygon of {len(polygon.corners)} corners", why)
    for circle in fence.circles:
        kind = "inclusion" if circle.inclusion else "exclusion"
        yield ConversionLoss(0, f"fence: {kind} circle of {circle.radius_m:g} m", why)
    if fence.breach_return:
        yield ConversionLoss(0, "fence: return point", why)


def field_losses(plan: Plan, title: str) -> Iterator[ConversionLoss]:
    """Yield the plan's own fields: speeds, kind of vehicle, and the unknown fields of a .plan."""
    why = f"{title} has no field for it"
    if plan.cruise_speed_m_s is not None:
        yield ConversionLoss(0, f"cruise speed {plan.cruise_speed_m_s:g} m/s", why)
    if plan.hover_speed_m_s is not None:
        yield ConversionLoss(0, f"hover speed {plan.hover_speed_m_s:g} m/s", why)
    if plan.vehicle_type:
        yield ConversionLoss(0, f"vehicle type {plan.vehicle_type}", why)
    if plan.firmware_type:
        yield ConversionLoss(0, f"firmware type {plan.firmware_type}", why)
    for key in _unknown_fields(plan):
        yield ConversionLoss(0, f"field {key}", why)


def _unknown_fields(plan: Plan) -> list[str]:
    """Return the unknown fields kept from a .plan, except its writer and its default altitude mode."""
    extra = json.loads(plan.extra) if plan.extra else {}
    mission = extra.pop("mission", {})
    extra.pop("groundStation", None)
    mission.pop("globalPlanAltitudeMode", None)
    return sorted(extra) + [f"mission.{key}" for key in sorted(mission)]
