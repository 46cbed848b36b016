"""GeoJSON as missions (RFC 7946), and with Landline's own fields, which hold each item whole.

A third coordinate is the height above the ellipsoid of WGS 84 (RFC 7946, 4); it is converted by the geoid EGM96. A
feature may say otherwise in `height_above`, and give a height of its own in `height_m`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from controller.missions.errors import PlanError
from controller.missions.formats.json_node import JsonNode, parse
from controller.missions.formats.mission_format import MissionFormat
from controller.missions.formats.paths.geojson_items import MARK, items_of, losses, write
from controller.missions.formats.paths.places import Above, PlaceCollector, Vertex, checked_height
from controller.missions.formats.text_file import decode
from controller.missions.plan import Home, Plan, PlanSource
from controller.missions.shapes.shape import place

NAME = "geojson"
TITLE = "GeoJSON"
_HEAD_BYTES = 65_536
_DEEPEST = 10
_KINDS = rb"FeatureCollection|Feature|GeometryCollection|(Multi)?(Point|LineString|Polygon)"
_TYPE = re.compile(rb'"type"\s*:\s*"(' + _KINDS + rb')"')
_WGS84 = ("CRS84", "4326")
_ABOVE = {
    "home": Above.HOME,
    "ground": Above.GROUND,
    "mean sea level": Above.SEA,
    "ellipsoid": Above.ELLIPSOID,
}


def sniff(data: bytes) -> bool:
    """Return whether the file is GeoJSON: JSON with the type of a geometry or feature."""
    head = data[:_HEAD_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n")
    return head.startswith(b"{") and _TYPE.search(head) is not None


def read(data: bytes, file: str) -> Plan:
    """Read a plan from GeoJSON. Raises PlanError with file:line and field."""
    top = parse(decode(data, file).removeprefix("\ufeff"), file)
    crs = str(top.members().get("crs") or "")
    if crs and not any(name in crs for name in _WGS84):
        raise PlanError(
            "cannot read GeoJSON: its coordinates are not in WGS 84",
            where=file,
            hint="export it in WGS 84 (EPSG:4326)",
        )
    source = PlanSource(path=file, format=NAME, text="", as_it_is=False)
    if top.has(MARK):
        top[MARK].integer(1, 1)
        return Plan(items=items_of(top), home=_home(top), source=source)
    found = PlaceCollector(file, TITLE, why="height_above says so, or RFC 7946 where it does not")
    _read(top, {}, found, 0)
    plan = found.plan()
    return Plan(items=plan.items, notes=plan.notes, losses=plan.losses, source=source)


def _home(top: JsonNode) -> Home | None:
    if not top.has("home"):
        return None
    lat, lon, alt = top["home"].elements(length=3)
    known = alt.value is not None
    return Home(
        lat.number(-90, 90), lon.number(-180, 180), alt.number(-1e5, 1e5) if known else 0.0, alt_known=known
    )


def _read(node: JsonNode, fields: dict[str, Any], found: PlaceCollector, depth: int) -> None:
    if depth > _DEEPEST:
        raise node.error("nested too deeply")
    kind = node["type"].text()
    if kind == "FeatureCollection":
        for one in node["features"].elements():
            _read(one, fields, found, depth + 1)
    elif kind == "Feature":
        own = node.value.get("properties")
        if node["geometry"].value is not None:
            _read(node["geometry"], own if isinstance(own, dict) else {}, found, depth + 1)
    elif kind == "GeometryCollection":
        for one in node["geometries"].elements():
            _read(one, fields, found, depth + 1)
    else:
        _geometry(node["coordinates"], kind, fields, found)


def _geometry(node: JsonNode, kind: str, fields: dict[str, Any], found: PlaceCollector) -> None:
    name = str(fields.get("name") or "")
    if kind == "LineString":
        found.line(name, list(_vertices(node, fields)))
    elif kind == "MultiLineString":
        for one in node.elements():
            found.line(name, list(_vertices(one, fields)))
    elif kind == "Point":
        found.point(_vertex(node, fields))
    elif kind == "MultiPoint":
        for vertex in _vertices(node, fields):
            found.point(vertex)
    elif kind in ("Polygon", "MultiPolygon"):
        found.areas += 1
    else:
        found.skip(f"shape of the kind {kind[:40]!r}")


def _vertices(node: JsonNode, fields: dict[str, Any]) -> Iterator[Vertex]:
    return (_vertex(one, fields) for one in node.elements())


def _vertex(node: JsonNode, fields: dict[str, Any]) -> Vertex:
    values = list(node.elements())
    if len(values) < 2:
        raise node.error("must be longitude and latitude")
    lat_deg, lon_deg = place(values[1].number(), values[0].number(), node.file)
    above = Above.ELLIPSOID
    if "height_above" in fields:
        stated = _ABOVE.get(str(fields["height_above"]))
        if stated is None:
            raise node.error(
                f"height_above {str(fields['height_above'])[:30]!r} is not known",
                f"use {' or '.join(_ABOVE)}",
            )
        above = stated
    height_m = values[2].number() if len(values) > 2 else None
    own = fields.get("height_m")
    if isinstance(own, int | float) and not isinstance(own, bool):
        height_m, above = float(own), above if "height_above" in fields else _unstated(node)
    return Vertex(lat_deg, lon_deg, checked_height(height_m, node.file), above)


def _unstated(node: JsonNode) -> Above:
    raise node.error("has height_m without height_above", f"add height_above: {' or '.join(_ABOVE)}")


FORMAT = MissionFormat(
    name=NAME,
    title=TITLE,
    endings=(".geojson",),
    sniff=sniff,
    read=read,
    write=write,
    losses=losses,
)
