"""QGroundControl `.plan` files (JSON, version 1): mission, geofence and rally points in one document.

Versions and fields follow QGroundControl's developer guide ("Plan File Format") and its loading code. Patterns are
flown as the items that their planner stored; a pattern stored without items is kept as it is, and the flight refuses
it until it is planned (`replan`). An unchanged plan is written back byte for byte.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from controller.missions import item_limits as limits
from controller.missions.commands import FRAME
from controller.missions.errors import PlanError
from controller.missions.fence import Fence, FenceCircle, FencePoint, FencePolygon, RallyPoint
from controller.missions.formats import ugcs_json
from controller.missions.formats.json_node import JsonNode, parse
from controller.missions.formats.mission_format import ConversionLoss, text_format
from controller.missions.formats.paths import geojson
from controller.missions.formats.qgc_plan_document import document
from controller.missions.formats.text_file import MAX_ITEMS
from controller.missions.plan import ComplexItem, Home, Plan, PlanItem, PlanSource

NAME = "plan"
#: Patterns stored with their mission items (in TransectStyleComplexItem.Items), and their versions.
_TRANSECTS = {"survey": (2, 3, 4, 5), "CorridorScan": (2,)}
#: Patterns stored as an outline only, and their versions.
_OUTLINES = {"StructureScan": (2, 3), "fwLandingPattern": (1, 2), "vtolLandingPattern": (1,)}
_ITEM_FIELDS = ("type", "frame", "command", "params", "autoContinue", "doJumpId")
_MISSION_FIELDS = (
    "version", "items", "plannedHomePosition", "cruiseSpeed", "hoverSpeed", "vehicleType", "firmwareType",
)  # fmt: skip


def read(text: str, file: str) -> Plan:
    """Read a plan from the text of `file`. Raises PlanError with file and field."""
    top = parse(text.removeprefix("\ufeff"), file)
    if top.has("items") and not top.has("fileType"):
        raise PlanError(
            "invalid mission file: this is QGroundControl's old .mission format",
            where=file,
            hint="open it in QGroundControl and save it as .plan",
        )
    if top.has("route") or top.has("routes"):
        raise PlanError(
            "invalid mission file: this is a route of another planner",
            where=file,
            hint="export it there as KML, or as CSV; a route of UgCS has segments",
        )
    if top.has("rootComponent"):
        raise PlanError(
            "invalid mission file: this is a plan of Dronelink",
            where=file,
            hint="export it there as KML or for Litchi",
        )
    kind = top["fileType"]
    if kind.text() != "Plan":
        raise kind.error(f"must be Plan, not {kind.text()[:40]!r}")
    top.version(1)
    mission = top["mission"]
    mission.version(2)
    items: list[PlanItem] = []
    patterns: list[ComplexItem] = []
    for node in mission["items"].elements():
        if node["type"].text() == "ComplexItem":
            pattern = _pattern(node, at=len(items))
            patterns.append(pattern)
            items += pattern.items
        else:
            items.append(_item(node))
        if len(items) > MAX_ITEMS:
            raise node.error(f"more than {MAX_ITEMS} items")
    return Plan(
        items=tuple(items),
        complex_items=tuple(patterns),
        home=_home(mission),
        fence=_fence(top["geoFence"]) if top.has("geoFence") else Fence(),
        rally=_rally(top["rallyPoints"]) if top.has("rallyPoints") else (),
        cruise_speed_m_s=_speed(mission, "cruiseSpeed"),
        hover_speed_m_s=_speed(mission, "hoverSpeed"),
        vehicle_type=mission["vehicleType"].integer(0, 255) if mission.has("vehicleType") else 0,
        firmware_type=mission["firmwareType"].integer(0, 255) if mission.has("firmwareType") else 0,
        extra=_rest_of_document(top.members()),
        source=PlanSource(path=file, format=NAME, text=text),
    )


def is_as_read(plan: Plan) -> bool:
    """Return whether the plan was read from this format and not changed."""
    source = plan.source
    return source is not None and source.format == NAME and read(source.text, source.path) == plan


def write(plan: Plan) -> str:
    """Return the plan as JSON text, without the parts that `losses` lists."""
    if plan.source and is_as_read(plan):
        return plan.source.text
    return json.dumps(document(plan), indent=4, sort_keys=True, allow_nan=False) + "\n"


def losses(plan: Plan) -> Iterator[ConversionLoss]:
    """Yield all parts of the plan that the format cannot hold."""
    why = "a QGroundControl plan has no comments"
    if plan.home is None:
        yield ConversionLoss(
            0,
            "home position",
            "the plan has none; the format needs one, so the first item's position is written",
        )
    elif plan.home.comment:
        yield ConversionLoss(0, f"comment {plan.home.comment!r}", why)
    amsl = [
        point for point in (*plan.rally, plan.fence.breach_return) if point and point.frame == FRAME.GLOBAL
    ]
    if amsl and not (plan.home and plan.home.alt_known):
        yield ConversionLoss(
            0,
            f"that {len(amsl)} rally or return points are above sea level",
            "the format has altitudes above home, and home's altitude is unknown",
        )
    for number, item in enumerate(plan.items, start=1):
        if item.comment:
            yield ConversionLoss(number, f"comment {item.comment!r}", why)
    if plan.comment:
        yield ConversionLoss(0, f"comment {plan.comment!r}", why)


def _item(node: JsonNode) -> PlanItem:
    kind = node["type"]
    if kind.text() != "SimpleItem":
        raise kind.error(f"must be SimpleItem or ComplexItem, not {kind.text()[:40]!r}")
    rest = {key: value for key, value in node.members().items() if key not in _ITEM_FIELDS}
    command, frame = node["command"], node["frame"]
    item = PlanItem.of_params(
        command.integer(0, 65_535),
        frame.integer(0, 255),
        [value.number(null=True) for value in node["params"].elements(length=7)],
        autocontinue=node["autoContinue"].boolean(),
        jump_id=node["doJumpId"].integer(-1, 2**31 - 1) if node.has("doJumpId") else None,
        extra=_compact(rest) if rest else "",
        origin=node.path,
    )
    if wrong := limits.invalid_value(item):
        index, what = wrong
        culprit = frame if "frame" in what else command
        if index >= 0:
            culprit = JsonNode(None, node.file, node.document, f"{node.path}.params[{index}]")
        raise culprit.error(what)
    return item


def _pattern(node: JsonNode, *, at: int) -> ComplexItem:
    kind = node["complexItemType"].text()
    items: tuple[PlanItem, ...] = ()
    if kind in _TRANSECTS:
        # Surveys of versions 2 and 3 hold their parameters only.
        if kind != "survey" or node.version(*_TRANSECTS[kind]) > 3:
            node.version(*_TRANSECTS[kind])
            transects = node["TransectStyleComplexItem"]
            transects.version(1, 2)
            if transects.has("Items"):
                items = tuple(_item(element) for element in transects["Items"].elements())
    elif kind in _OUTLINES:
        node.version(*_OUTLINES[kind])
    return ComplexItem(kind=kind[:80], at=at, items=items, raw=_compact(node.members()), origin=node.path)


def _home(mission: JsonNode) -> Home | None:
    """Return the home position. Planners write zeros for an unknown position, and null for an unknown altitude."""
    node = mission["plannedHomePosition"]
    lat, lon, alt = node.elements(length=3)
    lat_deg, lon_deg = lat.number(-90, 90), lon.number(-180, 180)
    alt_m = alt.number(-limits.MAX_ALTITUDE_M, limits.MAX_ALTITUDE_M, null=True)
    if lat_deg == 0.0 and lon_deg == 0.0:
        return None
    known = not math.isnan(alt_m)
    return Home(lat_deg, lon_deg, alt_m if known else 0.0, alt_known=known)


def _speed(mission: JsonNode, key: str) -> float | None:
    return mission[key].number(0, limits.MAX_SPEED_M_S) if mission.has(key) else None


def _fence(node: JsonNode) -> Fence:
    if _is_empty_of_old(node, "polygon"):
        return Fence()
    node.version(2)
    polygons = []
    for polygon in node["polygons"].elements():
        polygon.version(1)
        corners = tuple(_fence_point(corner) for corner in polygon["polygon"].elements())
        if len(corners) < 3:
            raise polygon["polygon"].error(f"a fence polygon needs 3 corners, this one has {len(corners)}")
        polygons.append(FencePolygon(corners, inclusion=polygon["inclusion"].boolean()))
    circles = []
    for circle in node["circles"].elements():
        circle.version(1)
        shape = circle["circle"]
        radius_m = shape["radius"].number(0, 1e7)
        if radius_m == 0:
            raise shape["radius"].error("a fence circle needs a radius")
        circles.append(
            FenceCircle(_fence_point(shape["center"]), radius_m, inclusion=circle["inclusion"].boolean())
        )
    breach = _rally_point(node["breachReturn"]) if node.has("breachReturn") else None
    return Fence(tuple(polygons), tuple(circles), breach)


def _rally(node: JsonNode) -> tuple[RallyPoint, ...]:
    if _is_empty_of_old(node, "points"):
        return ()
    node.version(2)
    return tuple(_rally_point(point) for point in node["points"].elements())


def _is_empty_of_old(node: JsonNode, key: str) -> bool:
    """Return whether this is an empty list of version 1, or {}: the format differs, but an empty one needs no
    support."""
    members = node.members()
    return members.get("version") in (None, 1) and not any(
        members.get(name) for name in (key, "polygons", "circles", "points", "breachReturn")
    )


def _fence_point(node: JsonNode) -> FencePoint:
    lat, lon = node.elements(length=2)
    return FencePoint(lat.number(-90, 90), lon.number(-180, 180))


def _rally_point(node: JsonNode) -> RallyPoint:
    lat, lon, alt = node.elements(length=3)
    alt_m = alt.number(-limits.MAX_ALTITUDE_M, limits.MAX_ALTITUDE_M)
    return RallyPoint(lat.number(-90, 90), lon.number(-180, 180), alt_m)


def _rest_of_document(document: dict[str, Any]) -> str:
    rest = {
        key: value
        for key, value in document.items()
        if key not in ("fileType", "version", "geoFence", "rallyPoints")
    }
    rest["mission"] = {key: value for key, value in rest["mission"].items() if key not in _MISSION_FIELDS}
    return _compact(rest)


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, allow_nan=False)


FORMAT = replace(
    text_format(
        name=NAME,
        title="QGroundControl plan",
        endings=(".plan",),
        begins_with=b"{",
        read=read,
        write=write,
        losses=losses,
        unchanged=is_as_read,
    ),
    # GeoJSON and UgCS begin with a brace too.
    sniff=lambda data: (
        data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
        and not geojson.sniff(data)
        and not ugcs_json.sniff(data)
    ),
)
