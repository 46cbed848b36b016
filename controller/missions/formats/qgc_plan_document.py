"""QGroundControl plan document: the JSON that QGroundControl reads, built from a plan."""

from __future__ import annotations

import json
import math
from typing import Any

from controller.missions.commands import FRAME
from controller.missions.fence import FencePoint, RallyPoint
from controller.missions.plan import Plan, PlanItem


def document(plan: Plan) -> dict[str, Any]:
    """Return the plan as the JSON document that QGroundControl reads."""
    kept = json.loads(plan.extra) if plan.extra else {}
    mission = kept.pop("mission", {}) | {
        "version": 2,
        "items": _items(plan),
        "plannedHomePosition": _home(plan),
        "vehicleType": plan.vehicle_type,
        "firmwareType": plan.firmware_type,
    }
    for key, speed_m_s in (("cruiseSpeed", plan.cruise_speed_m_s), ("hoverSpeed", plan.hover_speed_m_s)):
        if speed_m_s is not None:
            mission[key] = _json(speed_m_s)
    return (
        {"groundStation": "Landline"}
        | kept
        | {
            "fileType": "Plan",
            "version": 1,
            "mission": mission,
            "geoFence": _fence(plan),
            "rallyPoints": {"version": 2, "points": [_point(point, plan) for point in plan.rally]},
        }
    )


def _items(plan: Plan) -> list[dict[str, Any]]:
    patterns = list(plan.complex_items)
    written = []
    index = 0
    while index < len(plan.items) or patterns:
        if patterns and patterns[0].at == index:
            pattern = patterns.pop(0)
            written.append(json.loads(pattern.raw))
            index += len(pattern.items)
        else:
            written.append(_item(plan.items[index], number=index + 1))
            index += 1
    return written


def _item(item: PlanItem, *, number: int) -> dict[str, Any]:
    extra = json.loads(item.extra) if item.extra else {}
    if extra.get("AltitudeMode") in (
        1,
        2,
    ):  # relative and above sea level; in the others it is not the item's own number
        extra["Altitude"] = _json(item.alt_m)
    return extra | {
        "type": "SimpleItem",
        "command": int(item.command),
        "frame": int(item.frame),
        "params": [_json(value) for value in item.params],
        "autoContinue": item.autocontinue,
        "doJumpId": number if item.jump_id is None else item.jump_id,
    }


def _home(plan: Plan) -> list[float | int | None]:
    """Return the home position; QGroundControl needs one, so the default is the first position, with unknown
    altitude.
    """
    home = plan.home
    if home:
        return [_json(home.lat_deg), _json(home.lon_deg), _json(home.alt_amsl_m) if home.alt_known else None]
    first = next((item for item in plan.items if item.has_position), None)
    return [_json(first.lat_deg), _json(first.lon_deg), None] if first else [0, 0, None]


def _fence(plan: Plan) -> dict[str, Any]:
    fence = plan.fence
    polygons = [
        {
            "version": 1,
            "inclusion": polygon.inclusion,
            "polygon": [_corner(corner) for corner in polygon.corners],
        }
        for polygon in fence.polygons
    ]
    circles = [
        {
            "version": 1,
            "inclusion": circle.inclusion,
            "circle": {"center": _corner(circle.center), "radius": _json(circle.radius_m)},
        }
        for circle in fence.circles
    ]
    written: dict[str, Any] = {"version": 2, "polygons": polygons, "circles": circles}
    return written | ({"breachReturn": _point(fence.breach_return, plan)} if fence.breach_return else {})


def _corner(point: FencePoint) -> list[float | int | None]:
    return [_json(point.lat_deg), _json(point.lon_deg)]


def _point(point: RallyPoint, plan: Plan) -> list[float | int | None]:
    """Return a rally or return point; the format has altitudes above home only."""
    alt_m = point.alt_m
    if point.frame == FRAME.GLOBAL and plan.home and plan.home.alt_known:
        alt_m -= plan.home.alt_amsl_m
    return [_json(point.lat_deg), _json(point.lon_deg), _json(alt_m)]


def _json(value: float) -> float | int | None:
    """Return a JSON value as QGroundControl writes it: NaN as null, integers without a decimal point."""
    if math.isnan(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else value
