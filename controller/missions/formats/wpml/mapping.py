"""Mapping and strip templates without waylines: planned anew by Landline's survey and corridor.

The template has the area, the direction, the overlap and the height; which lines DJI's own planner draws in it is in
no file. A template whose camera is not in the table, or that flies oblique lines, is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
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
from controller.missions.item_limits import MAX_ALTITUDE_M
from controller.missions.path import Position
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
}
_KINDS = ("mapping2d", "mappingStrip")


def refusal(folder: Fields, reason: str) -> PlanError:
    """Return the error of a template that is not planned anew, to be raised."""
    kind = folder.text("templateType")[:40] or "unnamed"
    return PlanError(
        f"cannot read the DJI mission: the {kind} template was not executed, and {reason}",
        where=f"{folder.document.file}: {folder.document.name}",
        hint=_HINT,
    )


def planned_anew(
    folder: Fields, config: Fields, speed_m_s: float, height_mode: str, flight: Flight
) -> Wayline:
    """Return the wayline of a survey or corridor with the parameters of a template. Raises PlanError."""
    kind, area = folder.text("templateType"), folder.child("Placemark")
    if kind not in _KINDS:
        raise refusal(folder, "its lines are those of DJI's own planner")
    if area is None:
        raise refusal(folder, "it has no area")
    area.label = folder.label
    zero = folder.child("waylineCoordinateSysParam")
    if zero and zero.flag("surfaceFollowModeEnable"):
        raise refusal(folder, "it follows the ground, which only the executed waylines say how")
    options = _options(folder, area, config)
    try:
        route = _survey(area, options) if kind == "mapping2d" else _corridor(folder, area, options)
    except PlanError as error:
        if error.where:
            raise
        raise refusal(folder, error.what) from None
    flight.lose_setting(
        f"the lines of the {kind} template",
        "the file holds no executed wayline",
        f"{route.passes} lines of Landline's {route.pattern} with its area, direction, overlap and height",
    )
    for name, what in _EXTRAS.items():
        if area.flag(name):
            flight.lose_setting(what, "only the lines are planned", "the lines alone")
    waypoints = tuple(_waypoints(route, speed_m_s, area))
    return Wayline(height_mode=height_mode, speed_m_s=speed_m_s, start=(), waypoints=waypoints, fields=folder)


def _options(folder: Fields, area: Fields, config: Fields) -> PassOptions:
    payload, overlap = config.child("payloadInfo"), area.child("overlap")
    if payload is None or overlap is None or not overlap.has("orthoCameraOverlapH"):
        raise refusal(folder, "it has no camera with an overlap")
    name = payload_name(payload.integer("payloadEnumValue")).removesuffix(" camera")
    try:
        camera = find_camera(name).camera()
    except PlanError:
        raise refusal(folder, f"the camera {name} is not in the table of cameras") from None
    height_m = area.number("height", -MAX_ALTITUDE_M, MAX_ALTITUDE_M)
    zero = folder.child("waylineCoordinateSysParam")
    above_ground_m = zero.maybe("globalShootHeight", 0.1, MAX_ALTITUDE_M) if zero else None
    shown_m = above_ground_m or height_m
    front, side = (overlap.number(f"orthoCameraOverlap{way}", 0.0, 98.0) / 100.0 for way in "HW")
    margin_m = area.maybe("margin", 0.0, MAX_ALTITUDE_M) or 0.0
    return PassOptions(
        height_m=height_m,
        spacing_m=camera.spacing_m(shown_m, side),
        trigger_m=camera.trigger_m(shown_m, front),
        camera=camera,
        margin_along_m=margin_m,
        margin_aside_m=margin_m,
    )


def _survey(area: Fields, options: PassOptions) -> Route:
    polygon = area
    for name in ("Polygon", "outerBoundaryIs", "LinearRing"):
        inner = polygon.child(name)
        if inner is None:
            raise area.error("Polygon", "it is missing")
        polygon = inner
    corners = _places(polygon)
    if corners and corners[0] == corners[-1]:
        corners.pop()
    return survey(corners, options, angle_deg=area.maybe("direction", 0.0, 360.0) or 0.0)


def _corridor(folder: Fields, area: Fields, options: PassOptions) -> Route:
    line = area.child("LineString")
    if line is None:
        raise area.error("LineString", "it is missing")
    left_m, right_m = (area.maybe(name, 0.0, MAX_ALTITUDE_M) or 0.0 for name in ("leftExtend", "rightExtend"))
    if left_m != right_m:
        raise refusal(folder, "its strip is wider on one side than on the other")
    width_m = 0.0 if area.flag("singleLineEnable") else left_m + right_m
    return corridor(_places(line), options, width_m=width_m)


def _places(fields: Fields) -> list[Position]:
    return [position(fields, word) for word in fields.text("coordinates").split()]


def _waypoints(route: Route, speed_m_s: float, area: Fields) -> Iterator[Waypoint]:
    """Return the stops of a route as waypoints; photos by distance are groups from where they begin to their end."""
    nothing = Fields(area.document, ElementTree.Element("takePhoto"), area.label)
    photos = (Action("takePhoto", nothing),)
    for index, stop in enumerate(route.stops):
        begins = stop.trigger_m > 0.0 and (index == 0 or route.stops[index - 1].trigger_m != stop.trigger_m)
        last = index
        while begins and last + 1 < len(route.stops) and route.stops[last].trigger_m == stop.trigger_m:
            last += 1
        yield Waypoint(
            index=index,
            lat_deg=round(stop.lat_deg, 9),
            lon_deg=round(stop.lon_deg, 9),
            height_m=stop.height_m,
            speed_m_s=speed_m_s,
            heading=Heading("followWayline"),
            stop=False,
            turn_m=0.0,
            curved=False,
            pitch_deg=DOWN_DEG,
            groups=(ActionGroup(index, last, "multipleDistance", round(stop.trigger_m, 3), photos),)
            if begins
            else (),
            risky=False,
            unknown=(),
        )
