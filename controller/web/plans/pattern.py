"""Surveys and corridors for the page: an outline and settings in, items and figures out."""

from __future__ import annotations

import math
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from controller.missions.errors import PlanError
from controller.missions.formats.json_node import JsonNode
from controller.missions.item_limits import MAX_ALTITUDE_M
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.corridor import corridor
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.plan import Plan
from controller.missions.route.items import ItemStyle, items_of
from controller.missions.route.photos import count_photos
from controller.web.plans.answer import json_answer
from controller.web.plans.plan_json import body_as_node, plan_as_json

Json = dict[str, Any]
_MOST_M = 1e5
_MAX_POINTS = 10_000


async def generate(request: Request) -> Response:
    """Answer the items and figures of a survey or corridor: `kind`, `points`, `settings`, `start`."""
    body = await request.body()
    return await json_answer(lambda: _generate(body))


def _generate(body: bytes) -> Json:
    node = body_as_node(body)
    kind, settings = node["kind"].text(), node["settings"]
    points = [_position(one) for one in node["points"].elements()]
    if len(points) > _MAX_POINTS:
        raise node["points"].error(f"more than {_MAX_POINTS} points")
    start = _position(node["start"]) if node["start"].value is not None else None
    height_m = settings["height_m"].number(0.1, MAX_ALTITUDE_M)
    options, gsd_cm = _options(settings, height_m)
    if kind == "survey":
        angle_deg, crosshatch = settings["angle_deg"].number(-360, 360), settings["crosshatch"].boolean()
        made = survey(points, options, angle_deg=angle_deg, crosshatch=crosshatch, start=start)
    elif kind == "corridor":
        made = corridor(points, options, width_m=settings["width_m"].number(0, _MOST_M), start=start)
    else:
        raise PlanError(f"unknown pattern {kind[:40]!r}", hint="use survey or corridor")
    return {
        "items": plan_as_json(Plan(items=items_of(made, ItemStyle())))["items"],
        "figures": {
            "photos": count_photos(made),
            "area_m2": made.area_m2,
            "length_m": made.length_m,
            "lines": made.passes,
            "spacing_m": options.spacing_m,
            "trigger_m": options.trigger_m,
            "gsd_cm": gsd_cm,
        },
    }


def _options(settings: JsonNode, height_m: float) -> tuple[PassOptions, float | None]:
    overshoot_m = settings["overshoot_m"].number(0, _MOST_M)
    node = settings["camera"]
    if node.value is None:
        return PassOptions(
            height_m=height_m,
            spacing_m=settings["spacing_m"].number(0.1, _MOST_M),
            trigger_m=settings["trigger_m"].number(0, _MOST_M),
            overshoot_m=overshoot_m,
        ), None
    camera = Camera(
        sensor_width_mm=node["sensor_width_mm"].number(0.1, 1000),
        sensor_height_mm=node["sensor_height_mm"].number(0.1, 1000),
        focal_mm=node["focal_mm"].number(0.1, 10_000),
        image_width_px=round(node["image_width_px"].number(1, 1e6)),
        image_height_px=round(node["image_height_px"].number(1, 1e6)),
    )
    options = PassOptions(
        height_m=height_m,
        spacing_m=camera.spacing_m(height_m, node["side_overlap"].number(0, 0.95)),
        trigger_m=camera.trigger_m(height_m, node["front_overlap"].number(0, 0.95)),
        overshoot_m=overshoot_m,
    )
    return options, camera.gsd_cm(height_m)


def _position(node: JsonNode) -> Position:
    lat, lon = node.elements(length=2)
    place = lat.number(-90, 90), lon.number(-180, 180)
    assert all(map(math.isfinite, place))
    return place
