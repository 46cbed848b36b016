"""Mapping, oblique and strip templates without waylines: planned anew by Landline's survey and corridor.

The template has the area, the direction, the overlaps and the height; which lines DJI's own planner draws in it is in
no file. An oblique template is one survey straight down and four with a tilted camera, as DJI's Cloud API documents
("Template.kml") say; each of the four looks in another direction. A template whose camera is not in the table is
refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

from controller.missions.cameras.database import find_camera
from controller.missions.errors import PlanError
from controller.missions.formats.wpml.document import (
    Action,
    ActionGroup,
    Heading,
    Wayline,
    Waypoint,
    position,
)
from controller.missions.formats.wpml.elements import Fields
from controller.missions.formats.wpml.flight import Flight
from controller.missions.formats.wpml.models import payload_name
from controller.missions.geodesic import place_at
from controller.missions.item_limits import MAX_ALTITUDE_M, MAX_SPEED_M_S
from controller.missions.path import Position
from controller.missions.patterns.camera import Camera
from controller.missions.patterns.corridor import corridor
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.route.photos import DOWN_DEG
from controller.missions.route.route import Route

_HINT = "open it in DJI Pilot 2 and save it, or plan the area: landline mission plan survey"
# What DJI's planner adds to the lines, where it is switched on.
_EXTRAS = {
    "caliFlightEnable": "the calibration flight",
    "elevationOptimizeEnable": "oblique photos of the middle of the area",
    "smartObliqueEnable": "photos with a swinging camera",
    "facadeWaylineEnable": "lines along facades",
    "boundaryOptimEnable": "lines optimised for the edges of the strip",
}
_KINDS = ("mapping2d", "mapping3d", "mappingStrip")
# Steeper ones are photos straight down; flatter ones look at the horizon.
_OBLIQUE_DEG = (-85.0, -15.0)


def refusal(folder: Fields, reason: str) -> PlanError:
    """Return the error of a template that is not planned anew, to be raised."""
    kind = folder.text("templateType")[:40] or "unnamed"
    return PlanError(
        f"cannot read the DJI mission: the {kind} template was not executed, and {reason}",
        where=f"{folder.document.file}: {folder.document.name}",
        hint=_HINT,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """A route of a template: the nose from north or None for along the lines, the camera, and the speed."""

    route: Route
    heading_deg: float | None
    pitch_deg: float
    speed_m_s: float


def planned_anew(
    folder: Fields, config: Fields, speed_m_s: float, height_mode: str, flight: Flight
) -> Wayline:
    """Return the wayline of the routes with the parameters of a template. Raises PlanError."""
    kind, area = folder.text("templateType"), folder.child("Placemark")
    if kind not in _KINDS:
        raise refusal(folder, "Landline does not know its kind")
    if area is None:
        raise refusal(folder, "it has no area")
    area.label = folder.label
    zero = folder.child("waylineCoordinateSysParam")
    height_m = area.number("height", -MAX_ALTITUDE_M, MAX_ALTITUDE_M)
    if zero and zero.flag("surfaceFollowModeEnable"):
        height_mode = "aboveGroundLevel"
        height_m = zero.number("surfaceRelativeHeight", 0.1, MAX_ALTITUDE_M)
        flight.lose_setting(
            "the ground that the template follows",
            "it is DJI's model of the surface, or what the aircraft measures in flight",
            f"{height_m:g} m above the ground of the autopilot's terrain data",
        )
    shown_m = (zero.maybe("globalShootHeight", 0.1, MAX_ALTITUDE_M) if zero else None) or height_m
    try:
        parts = _parts(folder, area, _camera(folder, config), speed_m_s, height_m, shown_m)
    except PlanError as error:
        if error.where:
            raise
        raise refusal(folder, error.what) from None
    _tell(folder, area, parts, flight)
    waypoints: list[Waypoint] = []
    for part in parts:
        waypoints += _waypoints(part, area, len(waypoints))
    return Wayline(
        height_mode=height_mode, speed_m_s=speed_m_s, start=(), waypoints=tuple(waypoints), fields=folder
    )


def _tell(folder: Fields, area: Fields, parts: Sequence[_Part], flight: Flight) -> None:
    """Note what is not as DJI's planner does it."""
    lines = f"{parts[0].route.passes} lines of Landline's {parts[0].route.pattern}"
    if len(parts) > 1:
        tilted = sum(one.route.passes for one in parts[1:])
        lines += f" straight down, and {tilted} lines with the camera tilted in four directions"
    flight.lose_setting(
        f"the lines of the {folder.text('templateType')} template",
        "the file holds no executed wayline",
        f"{lines} with its area, direction, overlap and height",
    )
    for name, what in _EXTRAS.items():
        if area.flag(name):
            flight.lose_setting(what, "only the lines are planned", "the lines alone")
    if area.maybe("cuttingDistance"):
        what = f"sub strips of {area.number('cuttingDistance'):g} m"
        flight.lose_setting(what, "the whole strip is planned at once", "lines from end to end")
    if area.flag("includeCenterEnable"):
        what = "that a line lies on the middle of the strip"
        flight.lose_setting(what, "lines are spread evenly over its width", "lines that may lie beside it")
    if area.text("shootType") == "time":
        flight.notes["photos are taken by distance"] = "the template takes them by time for the same overlap"


def _camera(folder: Fields, config: Fields) -> Camera:
    payload = config.child("payloadInfo")
    if payload is None:
        raise refusal(folder, "it has no camera with an overlap")
    name = payload_name(payload.integer("payloadEnumValue")).removesuffix(" camera")
    try:
        return find_camera(name).camera()
    except PlanError:
        raise refusal(folder, f"the camera {name} is not in the table of cameras") from None


def _parts(
    folder: Fields, area: Fields, camera: Camera, speed_m_s: float, height_m: float, shown_m: float
) -> list[_Part]:
    """Return the routes of a template, in the order of flight. Raises PlanError."""
    margin_m = area.maybe("margin", 0.0, MAX_ALTITUDE_M) or 0.0

    def options(kind: str, away_m: float) -> PassOptions:
        overlap = area.child("overlap")
        if overlap is None or not overlap.has(f"{kind}CameraOverlapH"):
            raise refusal(folder, "it has no camera with an overlap")
        front, side = (overlap.number(f"{kind}CameraOverlap{way}", 0.0, 98.0) / 100.0 for way in "HW")
        return PassOptions(
            height_m=height_m,
            spacing_m=camera.spacing_m(away_m, side),
            trigger_m=camera.trigger_m(away_m, front),
            camera=camera,
            margin_along_m=margin_m,
            margin_aside_m=margin_m,
        )

    nose = area.child("mappingHeadingParam")
    fixed = nose is not None and nose.text("mappingHeadingMode") == "fixed"
    heading_deg = nose.number("mappingHeadingAngle", 0.0, 360.0) if nose and fixed else None
    down = options("ortho", shown_m)
    if folder.text("templateType") == "mappingStrip":
        return [_Part(_corridor(folder, area, down), heading_deg, DOWN_DEG, speed_m_s)]
    corners, angle_deg = _corners(area), area.maybe("direction", 0.0, 360.0) or 0.0
    parts = [_Part(survey(corners, down, angle_deg=angle_deg), heading_deg, DOWN_DEG, speed_m_s)]
    if folder.text("templateType") == "mapping2d":
        return parts
    pitch_deg = area.number("inclinedGimbalPitch", *_OBLIQUE_DEG)
    tilt = math.radians(-pitch_deg)
    tilted = options("inclined", shown_m / math.sin(tilt))
    speed_m_s = area.maybe("inclinedFlightSpeed", 0.1, MAX_SPEED_M_S) or speed_m_s
    for quarter in range(4):
        looks_deg = (angle_deg + 90.0 * quarter) % 360.0
        # So far before the area that the middle of a photo shows its corners.
        before = [place_at(one, looks_deg + 180.0, shown_m / math.tan(tilt)) for one in corners]
        route = survey(before, tilted, angle_deg=looks_deg)
        parts.append(_Part(route, looks_deg, pitch_deg, speed_m_s))
    return parts


def _corners(area: Fields) -> list[Position]:
    polygon = area
    for name in ("Polygon", "outerBoundaryIs", "LinearRing"):
        inner = polygon.child(name)
        if inner is None:
            raise area.error("Polygon", "it is missing")
        polygon = inner
    corners = _places(polygon)
    if corners and corners[0] == corners[-1]:
        corners.pop()
    return corners


def _corridor(folder: Fields, area: Fields, options: PassOptions) -> Route:
    line = area.child("LineString")
    if line is None:
        raise area.error("LineString", "it is missing")
    if area.flag("stripUseTemplateAltitude"):
        raise refusal(folder, "its line has heights of its own")
    left_m, right_m = (area.maybe(name, 0.0, MAX_ALTITUDE_M) or 0.0 for name in ("leftExtend", "rightExtend"))
    if area.flag("singleLineEnable"):
        left_m = right_m = 0.0
    return corridor(_places(line), options, width_m=left_m + right_m, aside_m=(right_m - left_m) / 2.0)


def _places(fields: Fields) -> list[Position]:
    return [position(fields, word) for word in fields.text("coordinates").split()]


def _waypoints(part: _Part, area: Fields, first: int) -> Iterator[Waypoint]:
    """Return the stops of a route as waypoints from the number `first` on; photos by distance are groups."""
    nothing = Fields(area.document, ElementTree.Element("takePhoto"), area.label)
    photos, stops = (Action("takePhoto", nothing),), part.route.stops
    heading = Heading("followWayline") if part.heading_deg is None else Heading("fixed", part.heading_deg)
    for index, stop in enumerate(stops):
        begins = stop.trigger_m > 0.0 and (index == 0 or stops[index - 1].trigger_m != stop.trigger_m)
        last = index
        while begins and last + 1 < len(stops) and stops[last].trigger_m == stop.trigger_m:
            last += 1
        group = ActionGroup(first + index, first + last, "multipleDistance", round(stop.trigger_m, 3), photos)
        yield Waypoint(
            index=first + index,
            lat_deg=round(stop.lat_deg, 9),
            lon_deg=round(stop.lon_deg, 9),
            height_m=stop.height_m,
            speed_m_s=part.speed_m_s,
            heading=heading,
            stop=False,
            turn_m=0.0,
            curved=False,
            pitch_deg=part.pitch_deg,
            groups=(group,) if begins else (),
            risky=False,
            unknown=(),
        )
