"""What is lost when a plan is written in a format that cannot hold all of it. Nothing is dropped without being named here."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import dataclass

from controller.missions import commands
from controller.missions.formats import qgc_plan, waypoints_txt
from controller.missions.plan import Plan, PlanItem


@dataclass(frozen=True, slots=True)
class ConversionLoss:
    """One thing that does not arrive: the item it belongs to (0: the plan as a whole), what it is, and why."""

    item: int
    what: str
    why: str


def losses(plan: Plan, format_: str) -> tuple[ConversionLoss, ...]:
    """Everything of `plan` that a file of this format ("plan" or "wpl") will not hold."""
    if format_ == qgc_plan.FORMAT:
        return () if qgc_plan.is_as_read(plan) else tuple(_in_qgc_plan(plan))
    return () if waypoints_txt.is_as_read(plan) else tuple(_in_waypoints_txt(plan))


def _in_qgc_plan(plan: Plan) -> Iterator[ConversionLoss]:
    why = "QGroundControl's plans have no comments"
    if plan.home is None:
        yield ConversionLoss(
            0, "home position", "there is none, and the format needs one: the first item's place stands in"
        )
    elif plan.home.comment:
        yield ConversionLoss(0, f"comment {plan.home.comment!r}", why)
    for number, item in enumerate(plan.items, start=1):
        if item.comment:
            yield ConversionLoss(number, f"comment {item.comment!r}", why)
    if plan.comment:
        yield ConversionLoss(0, f"comment {plan.comment!r}", why)


def _in_waypoints_txt(plan: Plan) -> Iterator[ConversionLoss]:
    yield from _of_the_whole(plan)
    for pattern in plan.complex_items:
        if pattern.items:
            yield ConversionLoss(
                pattern.at + 1,
                f"the outline of the {pattern.kind}",
                "QGC WPL has items only; those it flies as are kept",
            )
        else:
            yield ConversionLoss(
                pattern.at + 1, f"the {pattern.kind}", "it is stored without the items it flies as"
            )
    for number, item in enumerate(plan.items, start=1):
        yield from _of_an_item(plan, item, number)


def _of_the_whole(plan: Plan) -> Iterator[ConversionLoss]:
    why = "QGC WPL has no place for it"
    for polygon in plan.fence.polygons:
        kind = "inclusion" if polygon.inclusion else "exclusion"
        yield ConversionLoss(0, f"fence: {kind} polygon of {len(polygon.corners)} corners", why)
    for circle in plan.fence.circles:
        yield ConversionLoss(
            0,
            f"fence: {'inclusion' if circle.inclusion else 'exclusion'} circle of {circle.radius_m:g} m",
            why,
        )
    if plan.fence.breach_return:
        yield ConversionLoss(0, "fence: return point", why)
    for index, _ in enumerate(plan.rally, start=1):
        yield ConversionLoss(0, f"rally point {index}", why)
    if plan.cruise_speed_m_s is not None:
        yield ConversionLoss(0, f"cruise speed {plan.cruise_speed_m_s:g} m/s", why)
    if plan.hover_speed_m_s is not None:
        yield ConversionLoss(0, f"hover speed {plan.hover_speed_m_s:g} m/s", why)
    if plan.vehicle_type:
        yield ConversionLoss(0, f"vehicle type {plan.vehicle_type}", why)
    if plan.firmware_type:
        yield ConversionLoss(0, f"firmware type {plan.firmware_type}", why)
    if plan.home and not plan.home.alt_known:
        yield ConversionLoss(0, "that home's altitude is unknown", "QGC WPL must have a number; 0 is written")
    for key in _unknown_fields(plan):
        yield ConversionLoss(0, f"field {key}", why)


def _of_an_item(plan: Plan, item: PlanItem, number: int) -> Iterator[ConversionLoss]:
    for name, value in zip(("param1", "param2", "param3", "param4"), item.params[:4], strict=True):
        if math.isnan(value):
            yield ConversionLoss(
                number,
                f"{item.name} {name} is left to the autopilot",
                "QGC WPL must have a number; 0 is written",
            )
    if not commands.has_position(item.command):
        for name, value in zip(("param5", "param6", "param7"), item.params[4:], strict=True):
            if math.isnan(value):
                yield ConversionLoss(
                    number,
                    f"{item.name} {name} is left to the autopilot",
                    "QGC WPL must have a number; 0 is written",
                )
    if item.command in commands.POINTS_TO_AN_ITEM and plan.jump_target(item) is None:
        yield ConversionLoss(
            number,
            f"{item.name} to {item.param1:g}",
            "no item of the plan is meant by it; written as it stands",
        )
    extra = json.loads(item.extra) if item.extra else {}
    if extra.get("AltitudeMode") in (None, 1, 2):  # says no more than the frame does
        for key in ("AltitudeMode", "Altitude", "AMSLAltAboveTerrain"):
            extra.pop(key, None)
    for key in sorted(extra):
        yield ConversionLoss(number, f"field {key}", "QGC WPL has no place for it")


def _unknown_fields(plan: Plan) -> list[str]:
    """Fields of a .plan that we keep without knowing them; who wrote it and its default altitude mode are not missed."""
    extra = json.loads(plan.extra) if plan.extra else {}
    mission = extra.pop("mission", {})
    extra.pop("groundStation", None)
    mission.pop("globalPlanAltitudeMode", None)
    return sorted(extra) + [f"mission.{key}" for key in sorted(mission)]
