"""Parts of a plan that a `QGC WPL` text file cannot hold."""

from __future__ import annotations

import json
from collections.abc import Iterator

from controller.missions import commands
from controller.missions.assets.names import ASSET_KEY
from controller.missions.formats.mission_format import ConversionLoss
from controller.missions.formats.plan_losses import fence_losses, field_losses, pattern_losses
from controller.missions.plan import Plan, PlanItem


def losses(plan: Plan) -> Iterator[ConversionLoss]:
    """Yield all parts of the plan that the format cannot hold."""
    yield from _plan_losses(plan)
    yield from pattern_losses(plan, "QGC WPL")
    for number, item in enumerate(plan.items, start=1):
        yield from _item_losses(plan, item, number)


def _plan_losses(plan: Plan) -> Iterator[ConversionLoss]:
    one_list = "a QGC WPL file holds a mission, a fence or rally points; save it as a file of its own"
    if plan.items:
        yield from fence_losses(plan.fence, one_list)
    if plan.items or plan.fence:
        for index, _ in enumerate(plan.rally, start=1):
            yield ConversionLoss(0, f"rally point {index}", one_list)
    if plan.home and not plan.home.alt_known:
        yield ConversionLoss(0, "that home's altitude is unknown", "QGC WPL needs a number; 0 is written")
    yield from field_losses(plan, "QGC WPL")


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
    extra.pop(ASSET_KEY, None)  # it is written as a comment
    for key in sorted(extra):
        yield ConversionLoss(number, f"field {key}", "QGC WPL has no field for it")
