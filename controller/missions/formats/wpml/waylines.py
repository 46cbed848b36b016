"""Waylines as mission items: take-off, waypoints, what is done there, and the end.

Orders stand after the waypoint where they begin, in this order: speed, end of repeated photos, actions, what the next
leg needs (camera, nose, place to look at), begin of repeated photos. The writer keeps it, so that items stay equal.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.missions.commands import CMD, FRAME
from controller.missions.formats.wpml import actions
from controller.missions.formats.wpml.document import ActionGroup, Heading, Wayline, Waypoint
from controller.missions.formats.wpml.elements import Fields
from controller.missions.formats.wpml.flight import STOP_HOLD_S, Flight
from controller.missions.item_limits import MAX_ALTITUDE_M, MAX_SPEED_M_S
from controller.missions.plan import PlanItem

# DJI Pilot 2 proposes it, too.
_CLIMB_M = 20.0
_REPEATED = ("multipleTiming", "multipleDistance")


def fly(waylines: Sequence[tuple[Wayline, int]], config: Fields, flight: Flight) -> None:
    """Add the items of all waylines, one after the other; each has the frame of its heights."""
    transit_m_s = config.maybe("globalTransitionalSpeed", 0.0, MAX_SPEED_M_S) or 0.0
    first, flight.frame = waylines[0][0].waypoints[0], waylines[0][1]
    above_home = flight.frame == FRAME.GLOBAL_RELATIVE_ALT
    security_m = config.maybe("takeOffSecurityHeight", 0.0, MAX_ALTITUDE_M)
    _take_off(first, security_m, transit_m_s, flight, above_home=above_home)
    for number, (wayline, frame) in enumerate(waylines, start=1):
        flight.frame = frame
        for action in wayline.start:
            actions.act(action, flight)
        _towards(wayline.waypoints[0], flight)
        flight.look(None)
        _Line(wayline, flight).fly(transit_m_s if number < len(waylines) else 0.0)
    flight.look(None)
    _finish(config.text("finishAction"), first, waylines[-1][0].waypoints[-1], flight)


def _take_off(
    first: Waypoint, security_m: float | None, transit_m_s: float, flight: Flight, *, above_home: bool
) -> None:
    """Climb as DJI's aircraft do: to the security height or the first waypoint's, and level to above that."""
    climb_m = max(security_m or 0.0, first.height_m) if above_home else security_m or 0.0
    if climb_m <= 0.0:
        climb_m = _CLIMB_M
        flight.lose_setting("the height of the take-off", "the file states none", f"a climb to {climb_m:g} m")
    flight.add(
        PlanItem(
            command=int(CMD.NAV_TAKEOFF),
            frame=int(FRAME.GLOBAL_RELATIVE_ALT),
            param4=math.nan,
            alt_m=climb_m,
            origin="takeOffSecurityHeight",
        )
    )
    flight.set_speed(transit_m_s)
    if not above_home:
        flight.lose_setting(
            "level flight to the first waypoint at its height",
            "the take-off place decides how far that is to climb",
            "a straight line from the take-off height",
        )
    if above_home and climb_m > first.height_m:
        flight.origin = "takeOffSecurityHeight"
        flight.waypoint(first.lat_deg, first.lon_deg, climb_m, hold_s=0.0, turn_m=0.0)


def _finish(action: str, first: Waypoint, last: Waypoint, flight: Flight) -> None:
    flight.origin = "finishAction"
    if action == "goHome":
        flight.order(CMD.NAV_RETURN_TO_LAUNCH)
    elif action == "autoLand":
        flight.add(
            PlanItem(
                command=int(CMD.NAV_LAND),
                frame=int(FRAME.GLOBAL_RELATIVE_ALT),
                param4=math.nan,
                lat_deg=last.lat_deg,
                lon_deg=last.lon_deg,
                origin=flight.origin,
            )
        )
    elif action == "gotoFirstWaypoint":
        flight.waypoint(first.lat_deg, first.lon_deg, first.height_m, hold_s=STOP_HOLD_S, turn_m=0.0)
    elif action not in ("", "noAction"):
        flight.lose(f"finish action {action[:40]}", "no mission item does that", "hold at the last waypoint")


def _towards(waypoint: Waypoint, flight: Flight) -> None:
    """Turn camera and nose on the way to a waypoint that states them."""
    if waypoint.pitch_deg is not None and waypoint.pitch_deg != flight.pitch_deg:
        flight.turn_camera(waypoint.pitch_deg)
    heading = waypoint.heading
    if heading.mode == "smoothTransition" and heading.angle_deg is not None:
        flight.turn_nose(heading.angle_deg)
        flight.lose(
            f"the nose turns evenly to {heading.angle_deg:g}°",
            "no mission item turns it along a leg",
            "it turns at the begin of the leg",
        )


class _Line:
    """One wayline that is being flown."""

    def __init__(self, wayline: Wayline, flight: Flight) -> None:
        self._points = wayline.waypoints
        self._flight = flight
        self._starts: dict[int, list[ActionGroup]] = {}
        self._ends: dict[int, list[ActionGroup]] = {}
        most = len(self._points) - 1
        for group in (group for point in self._points for group in point.groups):
            self._starts.setdefault(min(group.first, most), []).append(group)
            if group.trigger in _REPEATED and group.last > group.first:
                self._ends.setdefault(min(group.last, most), []).append(group)

    def fly(self, last_speed_m_s: float) -> None:
        """Add the items; `last_speed_m_s` is that after the last waypoint, 0 to leave it."""
        flight = self._flight
        for index, point in enumerate(self._points):
            flight.origin = f"waypoint {point.index}"
            following = self._points[index + 1] if index + 1 < len(self._points) else None
            groups = self._starts.get(index, ())
            rest = [action for group in groups if group.trigger == "reachPoint" for action in group.actions]
            hold_s = STOP_HOLD_S if point.stop else 0.0
            if rest and rest[0].name == "hover":
                hold_s = rest.pop(0).fields.number("hoverTime", 0.0, 86_400.0)
            flight.waypoint(point.lat_deg, point.lon_deg, point.height_m, hold_s=hold_s, turn_m=point.turn_m)
            self._remark(point)
            flight.set_speed(point.speed_m_s if following else last_speed_m_s)
            for group in self._ends.get(index, ()):
                self._stop(group)
            for action in rest:
                actions.act(action, flight)
            for group in groups:
                self._on_leg(group)
            self._nose(point.heading, following)
            for group in groups:
                self._repeat(group)

    def _remark(self, point: Waypoint) -> None:
        for name in point.unknown:
            self._flight.lose(f"element {name[:40]}", "Landline does not know it", "the flight without it")
        if point.curved:
            self._flight.lose("the curve through the waypoint", "legs are straight", "straight legs")
        if point.risky:
            self._flight.notes["a waypoint is marked as risky"] = "the planner's own mark; see the map"

    def _on_leg(self, group: ActionGroup) -> None:
        """Do what belongs to the begin of a leg, and what repeated photos need before."""
        for action in group.actions:
            if group.trigger == "betweenAdjacentPoints":
                if action.name == "gimbalEvenlyRotate":
                    actions.evenly(action.fields, self._flight)
                else:
                    self._flight.lose(
                        f"action {action.name[:40]} along a leg",
                        "no mission item does that",
                        "the flight without it",
                    )
            elif group.trigger in _REPEATED:
                if action.name not in actions.PHOTOS:
                    actions.act(action, self._flight)
            elif group.trigger != "reachPoint":
                what = f"actions with the trigger {group.trigger[:40] or 'that is missing'}"
                self._flight.lose(what, "Landline does not know it", "the flight without them")
                return

    def _repeat(self, group: ActionGroup) -> None:
        """Begin photos by time or distance."""
        photos = [one for one in group.actions if one.name in actions.PHOTOS]
        if group.trigger not in _REPEATED or not photos:
            return
        flight = self._flight
        if group.last == group.first:
            flight.photo()
            flight.lose("repeated photos at one waypoint", "the group begins and ends there", "one photo")
        elif group.trigger == "multipleTiming":
            flight.order(CMD.IMAGE_START_CAPTURE, 0.0, group.every)
            flight.shooting = True
        else:
            flight.order(CMD.DO_SET_CAM_TRIGG_DIST, group.every, 0.0, 1.0)
        actions.lens(photos[0].fields, flight)

    def _stop(self, group: ActionGroup) -> None:
        if not any(one.name in actions.PHOTOS for one in group.actions):
            return
        if group.trigger == "multipleTiming":
            self._flight.stop_photos()
        else:
            self._flight.order(CMD.DO_SET_CAM_TRIGG_DIST)

    def _nose(self, heading: Heading, following: Waypoint | None) -> None:
        """Point nose and camera for the leg to the next waypoint."""
        flight = self._flight
        if following is not None:
            self._turn(heading)
            _towards(following, flight)
            flight.look(heading.place)

    def _turn(self, heading: Heading) -> None:
        """Turn the nose as a heading mode says."""
        flight = self._flight
        if heading.mode == "fixed":
            self._keep(heading.angle_deg)
        elif heading.mode == "manually":
            flight.lose(
                "the nose turned by hand", "the mission is flown without hands", "the nose along the leg"
            )
            flight.heading_deg = None
        elif heading.mode not in ("followWayline", "smoothTransition", "towardPOI"):
            what = f"heading mode {heading.mode[:40]}"
            flight.lose(what, "Landline does not know it", "the nose along the leg")
        elif heading.mode == "followWayline":
            flight.heading_deg = None

    def _keep(self, angle_deg: float | None) -> None:
        """Keep the nose where it is, or at an angle that the file states."""
        flight = self._flight
        if angle_deg is not None:
            flight.turn_nose(angle_deg)
        elif flight.heading_deg is None:
            flight.lose("the nose stays as it is", "its direction is not given", "the nose along the leg")
        elif flight.nose_at != flight.number:
            flight.turn_nose(flight.heading_deg)
