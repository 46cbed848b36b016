"""Parts of a plan that a `QGC WPL` text file cannot hold."""

from __future__ import annotations

import json
from collections.abc import Iterator

from controller.missions import commands
from controller.missions.formats.mission_format import ConversionLoss
from controller.missions.plan import Plan, PlanItem


def losses(plan: Plan) -> Iterator[ConversionLoss]:
    """Yield all parts of the plan that the format cannot hold."""
    yield from _plan_losses(plan)
    for pattern in plan.complex_items:
        if pattern.items:
            yield ConversionLoss(
                pattern.at + 1,
                f"the outline of the {pattern.kind}",
                "QGC WPL has items only; the pattern's items are kept",
            )
        else:
            yield ConversionLoss(pattern.at + 1, f"the {pattern.kind}", "it is stored without mission items")
    for number, item in enumerate(plan.items, start=1):
        yield from _item_losses(plan, item, number)


def _plan_losses(plan: Plan) -> Iterator[ConversionLoss]:
    why = "QGC WPL has no field for it"
    one_list = "a QGC WPL file holds a mission, a fence or rally points; save it as a file of its own"
    if plan.items:
        yield from _fence_losses(plan, one_list)
    if plan.items or plan.fence:
        for index, _ in enumerate(plan.rally, start=1):
            yield ConversionLoss(0, f"rally point {index}", one_list)
    if plan.cruise_speed_m_s is not None:
        yield ConversionLoss(0, f"cruise speed {plan.cruise_speed_m_s:g} m/s", why)
    if plan.hover_speed_m_s is not None:
        yield ConversionLoss(0, f"hover speed {plan.hover_speed_m_s:g} m/s", why)
    if plan.vehicle_type:
        yield ConversionLoss(0, f"vehicle type {plan.vehicle_type}", why)
    if plan.firmware_type:
        yield ConversionLoss(0, f"firmware type {plan.firmware_type}", why)
    if plan.home and not plan.home.alt_known:
        yield ConversionLoss(0, "that home's altitude is unknown", "QGC WPL needs a number; 0 is written")
    for key in _unknown_fields(plan):
        yield ConversionLoss(0, f"field {key}", why)


def _fence_losses(plan: Plan, why: str) -> Iterator[ConversionLoss]:
    for polygon in plan.fence.polygons:
        kind = "inclusion" if polygon.inclusion else "exclusion"
        yield ConversionLoss(0, f"fence: {kind} polygon of {len(polygon.corners)} corners", why)
    for circle in plan.fence.circles:
        kind = "inclusion" if circle.inclusion else "exclusion"
        yield ConversionLoss(0, f"fence: {kind} circle of {circle.radius_m:g} m", why)
    if plan.fence.breach_return:
        yield ConversionLoss(0, "fence: return point", why)


def _item_losses(plan: Plan, item: PlanItem, number: int) -> Iterator[ConversionLoss]:
    if item.command in commands.POINTS_TO_AN_ITEM and plan.jump_target(item) is None:
        yield ConversionLoss(
            number,
            f"{item.name} to {item.param1:g}",
            "the plan has no such item; it is written unchanged",
        )
    extra = json.loads(item.extra) if item.extra else {}
    if extra.get("AltitudeMode") in (None, 1, 2):  # it only repeats the frame
        for key in ("AltitudeMode", "Altitude", "AMSLAltAboveTerrain"):
            extra.pop(key, None)
    for key in sorted(extra):
        yield ConversionLoss(number, f"field {key}", "QGC WPL has no field for it")


def _unknown_fields(plan: Plan) -> list[str]:
    """Return the unknown fields kept from a .plan, except its writer and its default altitude mode."""
    extra = json.loads(plan.extra) if plan.extra else {}
    mission = extra.pop("mission", {})
    extra.pop("groundStation", None)
    mission.pop("globalPlanAltitudeMode", None)
    return sorted(extra) + [f"mission.{key}" for key in sorted(mission)]
