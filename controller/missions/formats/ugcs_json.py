"""Routes that UgCS exports as JSON: waypoints with their actions, landings, and area scans, which are planned anew.

UgCS publishes no description. Fields are those of two routes that UgCS 5.12 has exported (terra-submersa/
bok-ucgs-fish-route on GitHub) and of the routes that public planners write for it (WADL, UgCS 3.6); turn types and
altitude types are named in the documents of its SDK. Angles are radians. What none of these shows is refused or lost.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from controller.missions.commands import CMD, FRAME, MOUNT_TARGETING
from controller.missions.errors import PlanError
from controller.missions.formats.json_node import JsonNode, parse
from controller.missions.formats.mission_format import ReadFormat
from controller.missions.formats.orders import order
from controller.missions.formats.paths.ends import with_ends
from controller.missions.formats.text_file import MAX_ITEMS, decode
from controller.missions.item_limits import MAX_ALTITUDE_M, MAX_SPEED_M_S
from controller.missions.losses import ConversionLoss
from controller.missions.patterns.passes import PassOptions
from controller.missions.patterns.survey import survey
from controller.missions.plan import Plan, PlanItem, PlanSource, ReadingNote

NAME = "ugcs"
TITLE = "UgCS route (JSON)"
_ROUTE = re.compile(rb'"(route|routes|mission)"\s*:')
_SEGMENTS = re.compile(rb'"segments"\s*:')
# "WGS84" is UgCS' older name: the documents of its SDK say that these heights are above mean sea level.
_ABOVE = {
    "AGL": (int(FRAME.GLOBAL_TERRAIN_ALT), "heights are above the ground"),
    "AMSL": (int(FRAME.GLOBAL), "heights are above mean sea level"),
    "WGS84": (int(FRAME.GLOBAL), "heights are above mean sea level"),
}
_STOP, _SPLINE, _STRAIGHT = "STOP_AND_TURN", "SPLINE", "STRAIGHT"
_STOP_HOLD_S = 1.0
_DAY_S = 86_400.0
_TO_WAYPOINTS = "convert the segment to waypoints in UgCS, and export the route again"
_SHOTS = {
    "SINGLE_SHOT": order(CMD.IMAGE_START_CAPTURE, 0.0, 0.0, 1.0),
    "START_RECORDING": order(CMD.VIDEO_START_CAPTURE),
    "STOP_RECORDING": order(CMD.VIDEO_STOP_CAPTURE),
}


def sniff(data: bytes) -> bool:
    """Return whether this is JSON with a route of segments."""
    begins = data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{")
    return begins and _SEGMENTS.search(data) is not None and _ROUTE.search(data) is not None


def read(data: bytes, file: str) -> Plan:
    """Return the plan of a route. Raises PlanError with file:line and field."""
    route = _route(parse(decode(data, file).removeprefix("\ufeff"), file))
    reader = _Reader()
    for node in route["segments"].elements():
        reader.segment(node)
        if len(reader.items) > MAX_ITEMS - 2:
            raise node.error(f"more than {MAX_ITEMS - 2} items")
    if not reader.items:
        raise route["segments"].error("the route has no segment")
    reader.end_series()
    items, ends = with_ends(tuple(reader.items))
    before = int(len(items) > len(reader.items))
    losses = (
        ConversionLoss(one.item + before if one.item else 0, one.what, one.why, one.instead)
        for one in reader.losses
    )
    return Plan(
        items=items,
        source=PlanSource(path=file, format=NAME, text="", as_it_is=False),
        notes=(*(ReadingNote(what, why) for what, why in reader.notes.items()), *ends),
        losses=(*losses, *_settings(route)),
    )


def _route(top: JsonNode) -> JsonNode:
    """Return the one route of a document; a mission of UgCS has a list of them."""
    if top.has("route"):
        return top["route"]
    routes = list((top["mission"] if top.has("mission") else top)["routes"].elements())
    if len(routes) != 1:
        raise PlanError(
            f"cannot tell which route is the mission: {len(routes)} routes",
            where=top.file,
            hint="export one route of UgCS",
        )
    return routes[0]


def _settings(route: JsonNode) -> Iterator[ConversionLoss]:
    """Yield the settings of a route that no item has."""
    why = "no mission item sets it"
    if route.has("safeAltitude") and route["safeAltitude"].value is not None:
        what = f"emergency return altitude {route['safeAltitude'].number():g} m"
        yield ConversionLoss(0, what, why, "the return height that the aircraft's parameters set")
    failsafes = route["failsafes"].members() if route.has("failsafes") else {}
    for name in sorted(key for key, value in failsafes.items() if value is not None):
        what = f"failsafe {name[:40]}: {str(failsafes[name])[:40]}"
        yield ConversionLoss(0, what, why, "the failsafe that the aircraft's parameters set")


@dataclass(slots=True)
class _Reader:
    """Items, notes and losses of the segments so far, and what they have ordered."""

    items: list[PlanItem] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)
    losses: list[ConversionLoss] = field(default_factory=list)
    _speed_m_s: float = 0.0
    _every_s: float = 0.0

    def segment(self, node: JsonNode) -> None:
        """Add the items of a segment. Raises PlanError for one that no sample shows."""
        kind = node["type"].text()
        if kind == "Waypoint":
            self._waypoint(node)
        elif kind == "AreaScan":
            self._area(node)
        elif kind == "Landing":
            self._place(node, CMD.NAV_LAND)
        else:
            raise node["type"].error(f"a segment {kind[:40]!r} has no published description", _TO_WAYPOINTS)

    def end_series(self) -> None:
        """End photos by time, where there are any."""
        if self._every_s:
            self._every_s = 0.0
            self.items.append(order(CMD.IMAGE_STOP_CAPTURE))

    def _lose(self, what: str, why: str, instead: str) -> None:
        self.losses.append(ConversionLoss(len(self.items), what, why, instead))

    def _waypoint(self, node: JsonNode) -> None:
        parameters = node["parameters"]
        self._set_speed(parameters)
        turn = parameters["wpTurnType"].text()
        self._place(
            node,
            CMD.NAV_SPLINE_WAYPOINT if turn == _SPLINE else CMD.NAV_WAYPOINT,
            hold_s=_STOP_HOLD_S if turn == _STOP else 0.0,
        )
        self._tell_turn(turn)
        self._actions(node)

    def _tell_turn(self, turn: str) -> None:
        if turn not in (_STOP, _SPLINE, _STRAIGHT):
            self._lose(f"turn type {turn[:40]}", "a mission item has no such curve", "straight legs")

    def _set_speed(self, parameters: JsonNode) -> None:
        node = parameters["speed"] if parameters.has("speed") else None
        speed_m_s = node.number(0.0, MAX_SPEED_M_S) if node and node.value is not None else 0.0
        if speed_m_s and speed_m_s != self._speed_m_s:
            self._speed_m_s = speed_m_s
            self.items.append(order(CMD.DO_CHANGE_SPEED, 1.0, speed_m_s, -1.0, origin=parameters.path))
            self.notes["the speed of a segment is flown on the way to its point"] = "UgCS sets it by segment"

    def _place(self, node: JsonNode, command: int, *, hold_s: float = 0.0) -> None:
        point = node["point"]
        lat_deg, lon_deg = _degrees(point)
        self.items.append(
            PlanItem(
                command=int(command),
                frame=self._frame(point),
                param1=hold_s,
                param4=math.nan,
                lat_deg=lat_deg,
                lon_deg=lon_deg,
                alt_m=point["altitude"].number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M),
                origin=node.path,
            )
        )

    def _frame(self, node: JsonNode) -> int:
        """Return MAVLink's frame for the heights of a point or of a segment."""
        kind = node["altitudeType"]
        if kind.text() not in _ABOVE:
            raise kind.error(
                f"{kind.text()[:40]!r} does not say what heights are above", f"use {' or '.join(_ABOVE)}"
            )
        frame, what = _ABOVE[kind.text()]
        self.notes[what] = f"altitudeType {kind.text()}"
        return frame

    def _actions(self, node: JsonNode) -> None:
        every_s = 0.0
        for action in node["actions"].elements() if node.has("actions") else ():
            kind = action["type"].text()
            if kind == "CameraSeriesByTime":
                every_s = action["interval"].number(0.1, _DAY_S)
            elif kind == "CameraTrigger" and action["state"].text() in _SHOTS:
                self.items.append(_SHOTS[action["state"].text()])
            elif kind == "Wait":
                self.items.append(
                    order(CMD.NAV_DELAY, action["interval"].number(0.0, _DAY_S), -1.0, -1.0, -1.0)
                )
            elif kind == "Heading" and not action.members().get("relativeToNextWaypoint"):
                heading_deg = math.degrees(action["heading"].number(-10.0, 10.0)) % 360.0
                self.items.append(order(CMD.CONDITION_YAW, round(heading_deg, 6) % 360.0))
            elif kind == "CameraControl":
                self._tilt(action)
            else:
                self._lose(f"action {kind[:40]}", "it has no published description", "the flight without it")
        if every_s != self._every_s:
            self.end_series()
            if every_s:
                self.items.append(order(CMD.IMAGE_START_CAPTURE, 0.0, every_s))
                self.notes["photos by time go on until a waypoint that does not order them"] = (
                    "the file gives each waypoint its own order"
                )
        self._every_s = every_s

    def _tilt(self, action: JsonNode) -> None:
        tilt_deg = round(abs(math.degrees(action["tilt"].number(-math.pi, math.pi))), 6)
        self.items.append(order(CMD.DO_MOUNT_CONTROL, -tilt_deg, alt_m=MOUNT_TARGETING))
        if tilt_deg:
            self._lose(
                f"the sign of the camera's tilt of {tilt_deg:g}°",
                "no document of UgCS says which way it counts",
                f"the camera looks down by {tilt_deg:g}°",
            )

    def _area(self, node: JsonNode) -> None:
        """Plan an area scan anew: which lines UgCS draws in it is not in the file."""
        parameters = node["parameters"]
        angle = parameters["directionAngle"]
        if angle.number() != 0.0:
            raise angle.error("no published description says how the direction is counted", _TO_WAYPOINTS)
        self._set_speed(parameters)
        corners = [_degrees(one) for one in node["polygon"]["points"].elements()]
        if corners and corners[0] == corners[-1]:
            corners.pop()
        try:
            options = PassOptions(
                height_m=parameters["height"].number(-MAX_ALTITUDE_M, MAX_ALTITUDE_M),
                spacing_m=parameters["sideDistance"].number(0.0, MAX_ALTITUDE_M),
                overshoot_m=_maybe(parameters, "overshoot"),
            )
            crosshatch = parameters.has("doubleGrid") and parameters["doubleGrid"].boolean()
            route = survey(corners, options, crosshatch=crosshatch)
        except PlanError as error:
            if error.where:
                raise
            raise node.error(f"the area scan cannot be planned anew: {error.what}", _TO_WAYPOINTS) from None
        frame = self._frame(parameters)
        for stop in route.stops:
            self.items.append(
                PlanItem(
                    command=int(CMD.NAV_WAYPOINT),
                    frame=frame,
                    param4=math.nan,
                    lat_deg=round(stop.lat_deg, 9),
                    lon_deg=round(stop.lon_deg, 9),
                    alt_m=stop.height_m,
                    origin=node.path,
                )
            )
        self.losses.append(
            ConversionLoss(
                0,
                "the lines of an area scan",
                "the file holds its outline and parameters only",
                f"{route.passes} lines of Landline's survey with its spacing, height and direction",
            )
        )
        if node.has("actions") and node["actions"].value:
            self._lose("actions of an area scan", "where they are done is not described", "the lines alone")
        self._tell_turn(parameters["wpTurnType"].text())


def _degrees(point: JsonNode) -> tuple[float, float]:
    """Return latitude and longitude of a point in radians, degrees."""
    lat = point["latitude"].number(-math.pi / 2.0, math.pi / 2.0)
    lon = point["longitude"].number(-math.pi, math.pi)
    return round(math.degrees(lat), 9), round(math.degrees(lon), 9)


def _maybe(node: JsonNode, key: str) -> float:
    """Return a length in metres, 0 where the file has none."""
    return node[key].number(0.0, MAX_ALTITUDE_M) if node.has(key) and node[key].value is not None else 0.0


FORMAT = ReadFormat(name=NAME, title=TITLE, sniff=sniff, read=read)
