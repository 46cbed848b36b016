"""Reading of a DJI mission (WPML): its waylines as mission items, and what is lost.

`waylines.wpml` is what the aircraft executes, so that it wins; `template.kml` is read where it is missing.
"""

from __future__ import annotations

import json
from typing import Any

from controller.missions.errors import PlanError
from controller.missions.formats.wpml import archive, heights
from controller.missions.formats.wpml.document import Wayline, waylines_of
from controller.missions.formats.wpml.elements import Document, Fields
from controller.missions.formats.wpml.flight import Flight
from controller.missions.formats.wpml.models import EXTRA, drone_name, payload_name
from controller.missions.formats.wpml.waylines import fly
from controller.missions.item_limits import MAX_ALTITUDE_M
from controller.missions.plan import Home, Plan, PlanSource, ReadingNote

NAME = "wpml"
#: Elements of missionConfig that are kept for writing.
KEPT = ("exitOnRCLost", "executeRCLostAction", "globalRTHHeight")
_NEWEST = (1, 0, 6)
# Waypoints of the template whose two heights are compared with the geoid.
_COMPARED = 10
_CONFIG = frozenset(
    {
        *KEPT,
        *(
            "flyToWaylineMode",
            "finishAction",
            "takeOffSecurityHeight",
            "globalTransitionalSpeed",
            "droneInfo",
        ),
        *("payloadInfo", "autoRerouteInfo", "takeOffRefPoint", "takeOffRefPointAGLHeight"),
        "waylineAvoidLimitAreaMode",
    }
)


def read(data: bytes, file: str) -> Plan:
    """Return the plan of a `.kmz` of WPML. Raises PlanError with file, document, line and field."""
    found = archive.read_archive(data, file)
    planned = Document(found.template, file, archive.TEMPLATE) if found.template else None
    executed = Document(found.waylines, file, archive.WAYLINES) if found.waylines else None
    root = executed.root() if executed else None
    waylines = waylines_of(root) if root else ()
    flight = Flight(where=file)
    _say_version(executed or planned, flight)
    template = planned.beginning(_COMPARED) if planned else None
    if not waylines and planned:
        from controller.missions.formats.wpml.template import template_waylines

        template = root = planned.root()
        waylines = template_waylines(root, _config_of(root), flight)
        flight.notes["the waypoints are those of the template"] = "the file holds no executed wayline"
    if not waylines or root is None:
        raise PlanError("cannot read the DJI mission: it has no waypoints", where=file)
    config = _config_of(root)
    waylines = _with_known_heights(waylines, template, flight)
    fly([(one, heights.frame_of(one)) for one in waylines], config, flight)
    _lose_settings(root, config, template, flight)
    if found.resources:
        flight.lose_setting(f"{found.resources} other files in the archive", "they are for DJI's own actions")
    kept = _kept(config)
    return Plan(
        items=tuple(flight.items),
        home=_home(template),
        hover_speed_m_s=waylines[0].speed_m_s or None,
        extra=json.dumps({EXTRA: kept}, sort_keys=True),
        source=PlanSource(file, NAME, ""),
        notes=tuple(ReadingNote(what, why) for what, why in flight.notes.items()),
        losses=tuple(flight.losses),
    )


def _say_version(document: Document | None, flight: Flight) -> None:
    version = document.version if document else None
    if version and version > _NEWEST:
        shown, newest = (".".join(map(str, one)) for one in (version, _NEWEST))
        flight.notes[f"the file is of WPML {shown}"] = (
            f"Landline knows WPML up to {newest}; see what it does not know"
        )


def _config_of(root: Fields) -> Fields:
    config = root.child("missionConfig")
    if config is None:
        raise root.error("missionConfig", "it is missing")
    config.label = "missionConfig"
    return config


def _with_known_heights(
    waylines: tuple[Wayline, ...], template: Fields | None, flight: Flight
) -> tuple[Wayline, ...]:
    """Return the waylines with heights that MAVLink has a frame for."""
    for one in waylines:
        if note := heights.height_note(one.height_mode):
            flight.notes[note[0]] = note[1]
    if any(one.height_mode == heights.ELLIPSOID for one in waylines):
        waylines, geoid_m = heights.above_sea(waylines)
        what = "heights above the WGS-84 ellipsoid are now above mean sea level"
        flight.notes[what] = (
            f"by the geoid EGM96, which is {geoid_m:+.2f} m from the ellipsoid at the first waypoint"
        )
        differs_m = heights.stated_difference_m(template, geoid_m) if template else None
        if differs_m is not None:
            flight.notes[f"the file's own heights differ from the geoid by {differs_m:+.1f} m"] = (
                "the tool that wrote it may have taken heights above mean sea level for ellipsoid heights"
            )
    return waylines


def _lose_settings(root: Fields, config: Fields, template: Fields | None, flight: Flight) -> None:
    """Note what belongs to the aircraft and its camera, and to no mission item."""
    drone = config.child("droneInfo")
    if drone:
        kind, sub_kind = drone.integer("droneEnumValue"), _maybe(drone, "droneSubEnumValue")
        cameras = [payload_name(one.integer("payloadEnumValue")) for one in config.children("payloadInfo")]
        with_camera = f" with {', '.join(cameras)}" if cameras else ""
        flight.notes[f"planned for the DJI aircraft {drone_name(kind, sub_kind)}{with_camera}"] = (
            "another aircraft flies it, and another camera sees it otherwise"
        )
    if config.text("exitOnRCLost") == "executeLostAction":
        what = f"remote control lost: {config.text('executeRCLostAction')[:40] or 'its own action'}"
        flight.lose_setting(
            what, "no mission item sets it", "the failsafe that the aircraft's parameters set"
        )
    elif config.has("exitOnRCLost"):
        what = "remote control lost: the mission goes on"
        flight.lose_setting(
            what, "no mission item sets it", "the failsafe that the aircraft's parameters set"
        )
    if config.has("globalRTHHeight"):
        what = f"return height {config.number('globalRTHHeight'):g} m"
        flight.lose_setting(
            what, "no mission item sets it", "the return height that the aircraft's parameters set"
        )
    for name in config.names_outside(_CONFIG):
        flight.lose_setting(f"element {name[:40]}", "Landline does not know it", "the flight without it")
    reroute = config.child("autoRerouteInfo")
    if reroute and any(reroute.flag(name) for name in reroute.names()):
        flight.lose_setting("the way round obstacles", "no mission item sets it", "the planned legs")
    for document in {id(one): one for one in (root, template) if one}.values():
        if any(folder.child("payloadParam") for folder in document.children("Folder")):
            what = "camera settings (metering, focus, image formats, laser scanner)"
            flight.lose_setting(what, "no mission item sets them", "the settings that the camera has")
            return


def _kept(config: Fields) -> dict[str, Any]:
    """Return what only a DJI aircraft knows, to be written again."""
    kept: dict[str, Any] = {name: config.text(name)[:40] for name in KEPT if config.has(name)}
    if drone := config.child("droneInfo"):
        kept["drone"] = [drone.integer("droneEnumValue"), _maybe(drone, "droneSubEnumValue")]
    if payload := config.child("payloadInfo"):
        kept["payload"] = [
            payload.integer("payloadEnumValue"),
            _maybe(payload, "payloadSubEnumValue"),
            _maybe(payload, "payloadPositionIndex"),
        ]
    return kept


def _maybe(fields: Fields, name: str) -> int:
    return fields.integer(name) if fields.has(name) else 0


def _config_text(document: Fields | None, name: str) -> str:
    config = document.child("missionConfig") if document else None
    return config.text(name)[:100] if config else ""


def _home(template: Fields | None) -> Home | None:
    """Return the reference point of the take-off, whose altitude is an ellipsoid height."""
    text = _config_text(template, "takeOffRefPoint")
    if not text or not template:
        return None
    config = template
    try:
        lat_deg, lon_deg, height_m = (float(word) for word in text.split(","))
    except ValueError:
        raise config.error("takeOffRefPoint", f"{text[:40]!r} is not latitude, longitude, height") from None
    if not (-90.0 <= lat_deg <= 90.0 and -180.0 <= lon_deg <= 180.0 and abs(height_m) <= MAX_ALTITUDE_M):
        raise config.error("takeOffRefPoint", f"{text[:40]!r} is not a place on the Earth")
    if lat_deg == 0.0 and lon_deg == 0.0:
        return None
    return Home(lat_deg, lon_deg, round(height_m - heights.geoids_m([(lat_deg, lon_deg)])[0], 3))
