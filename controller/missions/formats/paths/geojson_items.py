"""Items of a plan as features of GeoJSON: the place as a point, all else as Landline's own fields.

The points have no third coordinate: RFC 7946 has only heights above the ellipsoid, and items have others. Where
another program has moved a point, the point counts.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from typing import Any

from controller.missions import commands
from controller.missions.formats.json_node import JsonNode
from controller.missions.formats.plan_losses import fence_losses, field_losses, pattern_losses
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.item_limits import invalid_value
from controller.missions.losses import ConversionLoss
from controller.missions.plan import Plan, PlanItem

#: Member of the document that says that its features are items; its value is the version of the fields.
MARK = "landline_mission"
_TITLE = "GeoJSON"
_PARAMS = ("param1", "param2", "param3", "param4", "param5", "param6", "param7")


def items_of(top: JsonNode) -> tuple[PlanItem, ...]:
    """Return the items of a document with Landline's own fields. Raises PlanError."""
    items = []
    for feature in top["features"].elements():
        fields = feature["properties"]
        if not fields.has("command"):
            continue  # the line for the eye, or what another program has added
        items.append(_item(feature, fields))
        if len(items) > MAX_ITEMS:
            raise feature.error(f"more than {MAX_ITEMS} items")
    return tuple(items)


def _item(feature: JsonNode, fields: JsonNode) -> PlanItem:
    params = [fields[name].number(null=True) for name in _PARAMS]
    if feature["geometry"].value is not None:
        lon, lat, *_ = feature["geometry"]["coordinates"].elements()
        params[4:6] = lat.number(-90.0, 90.0), lon.number(-180.0, 180.0)
    jump_id = fields["jump_id"].integer(0, 2**31 - 1) if fields.has("jump_id") else None
    item = PlanItem.of_params(
        fields["command"].integer(0, 65_535),
        fields["frame"].integer(0, 255),
        params,
        autocontinue=fields["autocontinue"].boolean() if fields.has("autocontinue") else True,
        jump_id=jump_id,
        origin=feature.path,
    )
    if wrong := invalid_value(item):
        raise feature.error(wrong[1])
    return item


def write(plan: Plan) -> bytes:
    """Return the plan as GeoJSON, without the parts that `losses` lists."""
    features = [_feature(number, item) for number, item in enumerate(plan.items, start=1)]
    way = [_place(item) for item in plan.items if item.command in commands.DESTINATIONS and item.has_position]
    if len(way) > 1:
        line = {"type": "LineString", "coordinates": way}
        features.append({"type": "Feature", "geometry": line, "properties": {"name": "way"}})
    document: dict[str, Any] = {"type": "FeatureCollection", MARK: 1}
    if plan.home:
        home = plan.home
        document["home"] = [home.lat_deg, home.lon_deg, home.alt_amsl_m if home.alt_known else None]
    document["features"] = features
    return json.dumps(document, indent=1, allow_nan=False).encode()


def losses(plan: Plan) -> Iterable[ConversionLoss]:
    """Yield the parts of the plan that GeoJSON does not hold."""
    why = f"{_TITLE} of Landline holds a mission only"
    yield from fence_losses(plan.fence, why)
    for index, _ in enumerate(plan.rally, start=1):
        yield ConversionLoss(0, f"rally point {index}", why)
    yield from field_losses(plan, _TITLE)
    yield from pattern_losses(plan, _TITLE)
    for number, item in enumerate(plan.items, start=1):
        if item.comment or item.extra:
            yield ConversionLoss(number, "comment and unknown fields", f"{_TITLE} has no field for it")


def _feature(number: int, item: PlanItem) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": f"{number} {item.name}",
        "command": int(item.command),
        "frame": int(item.frame),
        **{name: _open(value) for name, value in zip(_PARAMS, item.params, strict=True)},
        "autocontinue": item.autocontinue,
    }
    if item.jump_id is not None:
        fields["jump_id"] = item.jump_id
    geometry = {"type": "Point", "coordinates": _place(item)} if item.has_position else None
    return {"type": "Feature", "geometry": geometry, "properties": fields}


def _place(item: PlanItem) -> list[float]:
    return [item.lon_deg, item.lat_deg]


def _open(value: float) -> float | None:
    """Return null for a value that the autopilot chooses."""
    return None if math.isnan(value) else value
