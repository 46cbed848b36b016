"""Templates of a WPML mission, which are read where the file holds no executed wayline.

Elements as in DJI's Cloud API documents, "Template.kml". A value of a waypoint may be that of the whole template.
"""

from __future__ import annotations

from controller.missions.formats.wpml.document import Heading, Wayline, Waypoint, heading_of, waypoint_of
from controller.missions.formats.wpml.elements import Fields
from controller.missions.formats.wpml.flight import Flight
from controller.missions.formats.wpml.mapping import planned_anew
from controller.missions.item_limits import MAX_ALTITUDE_M, MAX_SPEED_M_S


def template_waylines(root: Fields, config: Fields, flight: Flight) -> tuple[Wayline, ...]:
    """Return the waylines of the templates; areas are planned anew. Raises PlanError where that is not possible."""
    placemark, found = 0, []
    for number, folder in enumerate(root.children("Folder")):
        folder.label = f"template {number}"
        coordinates = folder.child("waylineCoordinateSysParam")
        height_mode = coordinates.text("heightMode") if coordinates else ""
        speed_m_s = folder.number("autoFlightSpeed", 0.0, MAX_SPEED_M_S)
        if folder.text("templateType") != "waypoint":
            found.append(planned_anew(folder, config, speed_m_s, height_mode, flight))
            continue
        waypoints = []
        for index, one in enumerate(folder.children("Placemark")):
            one.label, one.placemark = f"template {number} waypoint {index}", placemark
            placemark += 1
            waypoints.append(_planned(one, folder, index, speed_m_s))
        found.append(
            Wayline(
                height_mode=height_mode,
                speed_m_s=speed_m_s,
                start=(),
                waypoints=tuple(waypoints),
                fields=folder,
            )
        )
    return tuple(one for one in found if one.waypoints)


def _planned(fields: Fields, folder: Fields, index: int, speed_m_s: float) -> Waypoint:
    """Return a waypoint of a template, whose values may be those of the whole template."""

    def own(flag: str) -> bool:
        return not fields.flag(flag)

    heights = fields if own("useGlobalHeight") or not folder.has("globalHeight") else folder
    heading = fields.child("waypointHeadingParam") if own("useGlobalHeadingParam") else None
    heading = heading or folder.child("globalWaypointHeadingParam")
    turn = fields.child("waypointTurnParam") if own("useGlobalTurnParam") else None
    speed = fields.maybe("waypointSpeed", 0.0, MAX_SPEED_M_S) if own("useGlobalSpeed") else None
    straight = fields if fields.has("useStraightLine") else folder
    by_point = folder.text("gimbalPitchMode") == "usePointSetting"
    return waypoint_of(
        fields,
        index,
        height_m=heights.number(
            "height" if heights is fields else "globalHeight", -MAX_ALTITUDE_M, MAX_ALTITUDE_M
        ),
        speed_m_s=speed or speed_m_s,
        heading=heading_of(heading) if heading else Heading("followWayline"),
        turn=turn,
        turn_mode=folder.text("globalWaypointTurnMode"),
        straight=straight.flag(
            "useStraightLine" if straight is fields else "globalUseStraightLine", default=True
        ),
        pitch_deg=fields.maybe("gimbalPitchAngle", -180.0, 180.0) if by_point else None,
    )
