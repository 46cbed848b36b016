"""Plans as JSON, without loss: the page edits this form and sends it back; see `ui/src/plan/model.ts`.

The parameters of an item are its seven numbers in MAVLink's order, null for NaN. The text of the source file stays
with the plan, so that an unchanged plan is saved byte for byte.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from typing import Any

from controller.missions.checks.findings import Finding, Severity
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.missions.formats.gentle_json import gentle_loads
from controller.missions.formats.json_node import JsonNode, parse
from controller.missions.formats.text_file import MAX_ITEMS, decode
from controller.missions.item_limits import MAX_ALTITUDE_M, MAX_SPEED_M_S, invalid_value
from controller.missions.losses import ConversionLoss
from controller.missions.plan import ComplexItem, Home, Plan, PlanItem, PlanSource, ReadingNote

Json = dict[str, Any]
NAME = "plan of the page"
# Fences of real flights have a few dozen corners; an autopilot stores some hundreds.
_MAX_CORNERS = 100_000


def plan_as_json(plan: Plan) -> Json:
    """Return the plan as JSON values."""
    source = plan.source
    return {
        "items": [_item_as_json(item) for item in plan.items],
        "home": _home_as_json(plan.home) if plan.home else None,
        "fence": {
            "polygons": [
                {
                    "corners": [[point.lat_deg, point.lon_deg] for point in polygon.corners],
                    "inclusion": polygon.inclusion,
                }
                for polygon in plan.fence.polygons
            ],
            "circles": [
                {
                    "center": [circle.center.lat_deg, circle.center.lon_deg],
                    "radius_m": circle.radius_m,
                    "inclusion": circle.inclusion,
                }
                for circle in plan.fence.circles
            ],
            "breach_return": _rally_as_json(plan.fence.breach_return) if plan.fence.breach_return else None,
        },
        "rally": [_rally_as_json(point) for point in plan.rally],
        "cruise_speed_m_s": plan.cruise_speed_m_s,
        "hover_speed_m_s": plan.hover_speed_m_s,
        "vehicle_type": plan.vehicle_type,
        "firmware_type": plan.firmware_type,
        "patterns": [
            {
                "kind": one.kind,
                "at": one.at,
                "count": len(one.items),
                "raw": one.raw,
                "origin": one.origin,
            }
            for one in plan.complex_items
        ],
        "comment": plan.comment,
        "extra": plan.extra,
        "source": {
            "path": source.path,
            "format": source.format,
            "text": source.text,
            "as_it_is": source.as_it_is,
        }
        if source
        else None,
        "notes": [{"what": note.what, "why": note.why} for note in plan.notes],
        "losses": [loss.as_json() for loss in plan.losses],
    }


def _item_as_json(item: PlanItem) -> Json:
    return {
        "command": item.command,
        "frame": item.frame,
        "params": [value if math.isfinite(value) else None for value in item.params],
        "autocontinue": item.autocontinue,
        "jump_id": item.jump_id,
        "comment": item.comment,
        "extra": item.extra,
        "origin": item.origin,
    }


def _home_as_json(home: Home) -> Json:
    return {
        "lat_deg": home.lat_deg,
        "lon_deg": home.lon_deg,
        "alt_amsl_m": home.alt_amsl_m,
        "alt_known": home.alt_known,
        "comment": home.comment,
    }


def _rally_as_json(point: RallyPoint) -> Json:
    return {"lat_deg": point.lat_deg, "lon_deg": point.lon_deg, "alt_m": point.alt_m, "frame": point.frame}


def body_as_node(body: bytes) -> JsonNode:
    """Return the JSON of a request's body. Raises PlanError."""
    return parse(decode(body, "request"), "request")


def plan_from_json(node: JsonNode) -> Plan:
    """Return the plan of a JSON value. Raises PlanError for a field of the wrong type or out of range.

    Numbers of items that do not fit their command are `invalid_items`.
    """
    items = tuple(_item(one) for one in node["items"].elements())
    if len(items) > MAX_ITEMS:
        raise node["items"].error(f"more than {MAX_ITEMS} items")
    patterns = []
    for one in node["patterns"].elements():
        pattern, items = _pattern(one, items)
        patterns.append(pattern)
    return Plan(
        items=items,
        home=_maybe(node["home"], _home),
        fence=_fence(node["fence"]),
        rally=tuple(_rally(one) for one in node["rally"].elements()),
        cruise_speed_m_s=_maybe(node["cruise_speed_m_s"], _speed),
        hover_speed_m_s=_maybe(node["hover_speed_m_s"], _speed),
        vehicle_type=node["vehicle_type"].integer(0, 255),
        firmware_type=node["firmware_type"].integer(0, 255),
        complex_items=tuple(patterns),
        comment=node["comment"].text(),
        extra=_object_text(node["extra"]),
        source=_maybe(node["source"], _source),
        notes=tuple(ReadingNote(one["what"].text(), one["why"].text()) for one in node["notes"].elements()),
        losses=tuple(_loss(one) for one in node["losses"].elements()) if node.has("losses") else (),
    )


def _loss(node: JsonNode) -> ConversionLoss:
    item = node["item"].integer(0, MAX_ITEMS)
    return ConversionLoss(item, node["what"].text(), node["why"].text(), node["instead"].text())


def invalid_items(plan: Plan) -> list[Finding]:
    """Return the items with numbers that their command cannot have, as errors."""
    return [
        Finding(Severity.ERROR, number, f"{item.name}: {wrong[1]}", "correct the value")
        for number, item in enumerate(plan.items, start=1)
        if (wrong := invalid_value(item))
    ]


def _maybe(node: JsonNode, read: Any) -> Any:
    return None if node.value is None else read(node)


def _item(node: JsonNode) -> PlanItem:
    return PlanItem.of_params(
        node["command"].integer(0, 65_535),
        node["frame"].integer(0, 255),
        [value.number(null=True) for value in node["params"].elements(length=7)],
        autocontinue=node["autocontinue"].boolean(),
        jump_id=_maybe(node["jump_id"], lambda one: one.integer(-1, 2**31 - 1)),
        comment=node["comment"].text(),
        extra=_object_text(node["extra"]),
        origin=node["origin"].text(),
    )


def _pattern(node: JsonNode, items: tuple[PlanItem, ...]) -> tuple[ComplexItem, tuple[PlanItem, ...]]:
    """Return the pattern, and the items with the numbers that its items have after a change of the order."""
    at, count = node["at"].integer(0, len(items)), node["count"].integer(0, MAX_ITEMS)
    if at + count > len(items):
        raise node["count"].error(f"the plan has only {len(items)} items")
    raw = _object_text(node["raw"])
    own = items[at : at + count]
    if any(item.jump_id is None for item in own):
        own = tuple(replace(item, jump_id=at + index) for index, item in enumerate(own, start=1))
        items = (*items[:at], *own, *items[at + count :])
        raw = _renumbered(node["raw"], own)
    return ComplexItem(node["kind"].text()[:80], at, own, raw, node["origin"].text()), items


def _renumbered(node: JsonNode, items: tuple[PlanItem, ...]) -> str:
    """Return the JSON of a pattern with the numbers of its items after a change of the order."""
    pattern = gentle_loads(node.text() or "{}")
    try:
        for one, item in zip(pattern["TransectStyleComplexItem"]["Items"], items, strict=True):
            one["doJumpId"] = item.jump_id
    except (KeyError, TypeError, ValueError):
        raise node.error("its items are not those of the plan") from None
    return json.dumps(pattern, sort_keys=True, allow_nan=False)


def _home(node: JsonNode) -> Home:
    return Home(
        node["lat_deg"].number(-90, 90),
        node["lon_deg"].number(-180, 180),
        node["alt_amsl_m"].number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M),
        alt_known=node["alt_known"].boolean(),
        comment=node["comment"].text(),
    )


def _fence(node: JsonNode) -> Fence:
    polygons = []
    for one in node["polygons"].elements():
        corners = tuple(_point(corner) for corner in one["corners"].elements())
        if not 3 <= len(corners) <= _MAX_CORNERS:
            raise one["corners"].error(f"a fence polygon needs 3 corners, this one has {len(corners)}")
        polygons.append(FencePolygon(corners, inclusion=one["inclusion"].boolean()))
    circles = []
    for one in node["circles"].elements():
        radius = one["radius_m"]
        if not radius.number(0, 1e7) > 0:
            raise radius.error("a fence circle needs a radius")
        circles.append(
            FenceCircle(_point(one["center"]), radius.number(), inclusion=one["inclusion"].boolean())
        )
    return Fence(tuple(polygons), tuple(circles), _maybe(node["breach_return"], _rally))


def _rally(node: JsonNode) -> RallyPoint:
    return RallyPoint(
        node["lat_deg"].number(-90, 90),
        node["lon_deg"].number(-180, 180),
        node["alt_m"].number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M),
        node["frame"].integer(0, 255),
    )


def _point(node: JsonNode) -> FencePoint:
    lat, lon = node.elements(length=2)
    return FencePoint(lat.number(-90, 90), lon.number(-180, 180))


def _speed(node: JsonNode) -> float:
    return node.number(0, MAX_SPEED_M_S)


def _source(node: JsonNode) -> PlanSource:
    return PlanSource(
        path=node["path"].text(),
        format=node["format"].text(),
        text=node["text"].text(),
        as_it_is=node["as_it_is"].boolean(),
    )


def _object_text(node: JsonNode) -> str:
    """Return the text of a JSON object, or "" for none."""
    text = node.text()
    if text:
        try:
            is_object = isinstance(gentle_loads(text), dict)
        except (ValueError, RecursionError):
            is_object = False
        if not is_object:
            raise node.error("must be the text of a JSON object")
    return text
