"""GeoJSON: polygons and lines of features (RFC 7946)."""

from __future__ import annotations

from typing import Any

from controller.missions.errors import PlanError
from controller.missions.formats.json_node import JsonNode, parse
from controller.missions.formats.text_file import decode
from controller.missions.path import Position
from controller.missions.shapes.shape import ShapeCollector, place

_DEEPEST = 10
_WGS84 = ("CRS84", "4326")
_NAMES = ("name", "Name", "NAME", "title", "id")


def read_geojson(data: bytes, file: str, found: ShapeCollector) -> None:
    """Read the shapes of a GeoJSON document into a collector. Raises PlanError."""
    top = parse(decode(data, file).removeprefix("\ufeff"), file)
    if not isinstance(top.value, dict) or not isinstance(top.value.get("type"), str):
        raise PlanError(
            "invalid shapes: this JSON is no GeoJSON", where=file, hint="export it as GeoJSON (RFC 7946)"
        )
    crs = str(top.value.get("crs") or "")
    if crs and not any(name in crs for name in _WGS84):
        raise PlanError(
            "cannot read GeoJSON: its coordinates are not in WGS 84",
            where=file,
            hint="export it in WGS 84 (EPSG:4326)",
        )
    _read(top, "", found, 0)


def _read(node: JsonNode, name: str, found: ShapeCollector, depth: int) -> None:
    if depth > _DEEPEST:
        raise node.error("nested too deeply")
    kind = node["type"].text()
    if kind == "FeatureCollection":
        for one in node["features"].elements():
            _read(one, name, found, depth + 1)
    elif kind == "Feature":
        geometry = node["geometry"]
        if geometry.value is not None:
            _read(geometry, _name_of(node.value.get("properties")), found, depth + 1)
    elif kind == "GeometryCollection":
        for one in node["geometries"].elements():
            _read(one, name, found, depth + 1)
    else:
        _geometry(node["coordinates"], kind, name, found)


def _geometry(node: JsonNode, kind: str, name: str, found: ShapeCollector) -> None:
    if kind == "Polygon":
        _area(node, name, found)
    elif kind == "MultiPolygon":
        for one in node.elements():
            _area(one, name, found)
    elif kind == "LineString":
        found.line(name, _places(node))
    elif kind == "MultiLineString":
        for one in node.elements():
            found.line(name, _places(one))
    elif kind in ("Point", "MultiPoint"):
        for position in [_place(node)] if kind == "Point" else _places(node):
            found.point(name, position)
    else:
        found.skip(f"shape of the kind {kind[:40]!r}")


def _area(node: JsonNode, name: str, found: ShapeCollector) -> None:
    rings = [_places(ring) for ring in node.elements()]
    if rings:
        found.area(name, rings[0], rings[1:])


def _places(node: JsonNode) -> list[Position]:
    return [_place(one) for one in node.elements()]


def _place(node: JsonNode) -> Position:
    values = node.value
    if not (isinstance(values, list) and len(values) >= 2 and all(map(_is_number, values[:2]))):
        raise node.error("must be longitude and latitude")
    return place(float(values[1]), float(values[0]), node.file)


def _is_number(value: Any) -> bool:
    return isinstance(value, float) or (
        isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1000
    )


def _name_of(properties: Any) -> str:
    if isinstance(properties, dict):
        for key in _NAMES:
            if isinstance(properties.get(key), str):
                return str(properties[key])
    return ""
