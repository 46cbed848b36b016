"""Conversion of mission items to the tasks that fly them: position, way of reaching it, action there."""

from __future__ import annotations

import math
from functools import partial

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD
from hil.autopilot.guidance.guidance import Via
from hil.autopilot.mission.arc import FlyArc, arc_between
from hil.autopilot.mission.item_commands import LANDINGS, RELATIVE_FRAMES, TAKEOFFS
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.mission.tasks import Circle, ClimbTo, FlyTo, Hold, Land, Return
from hil.autopilot.vehicle_context import WARNING, Place, Vector3, VehicleContext

# Items to which the vehicle flies on through the point before them.
THROUGH = frozenset(
    (MAV_CMD.NAV_WAYPOINT, MAV_CMD.NAV_SPLINE_WAYPOINT, MAV_CMD.NAV_LOITER_TIME, MAV_CMD.NAV_LOITER_UNLIM)
)


class ItemTasks:
    """Converter for one vehicle. `target` is the last item's point, to which items without position or height refer."""

    def __init__(self, vehicle: VehicleContext, rules: FlightRules) -> None:
        self._vehicle, self._rules = vehicle, rules
        self.target: Vector3 | None = None

    def tasks(self, items: tuple[MissionItem, ...], seq: int, ahead: tuple[MissionItem, ...]) -> list[Task]:
        """Return the tasks of item `seq`, flown from the last target on; `ahead` are the NAV items after it."""
        vehicle, rules = self._vehicle, self._rules
        item = items[seq]
        if item.command == MAV_CMD.NAV_RETURN_TO_LAUNCH:
            return [Return()]
        if item.command == MAV_CMD.NAV_DELAY:
            if not item.param1 > 0.0:
                vehicle.send_text(
                    f"Mission item {seq}: delay until a time of day skipped, not supported", WARNING
                )
                return [Hold(0.0)]
            vehicle.send_text(f"Delaying {item.param1:.0f} sec")
            return [Hold(item.param1)]
        start = self.target or vehicle.est.pos_ned
        target = self._point(item, start)
        requested_m = item.param2 if item.command == MAV_CMD.NAV_WAYPOINT else 0.0
        radius = rules.acceptance_radius_m(vehicle, requested_m)
        fly = partial(
            FlyTo,
            radius_m=radius,
            yaw_rad=rules.item_yaw(item),
            face_target=rules.faces_next_waypoint(vehicle),
        )
        if item.command in TAKEOFFS:
            height = vehicle.height_of(target)
            up: list[Task] = [ClimbTo(height, accuracy_m=rules.takeoff_accuracy_m, takeoff=True)]
            has_position = item.x or item.y
            away = has_position and rules.flies_to_takeoff_item and vehicle.distance_m(target) > radius
            self.target = target if away else (*vehicle.est.pos_ned[:2], target[2])
            return [*up, fly(target)] if away else up
        self.target = target
        way = self._way(ahead, target)
        match item.command:
            case MAV_CMD.NAV_WAYPOINT:
                hold_s = max(item.param1, 0.0) if math.isfinite(item.param1) else 0.0
                return [fly(target, hold_s=hold_s, ahead=way, passes=bool(way) and not hold_s)]
            case MAV_CMD.NAV_LOITER_UNLIM:
                return [fly(target), Hold()]
            case MAV_CMD.NAV_LOITER_TIME:
                return [fly(target, hold_s=max(item.param1, 0.0))]
            case MAV_CMD.NAV_LOITER_TURNS:
                turns = math.copysign(max(abs(item.param1), 0.0), item.param3 or 1.0)
                radius_m = rules.circle_radius_m(vehicle, abs(item.param3) if abs(item.param3) > 1.0 else 0.0)
                return [Circle(target, radius_m=radius_m, turns=turns)]
            case MAV_CMD.NAV_LAND | MAV_CMD.NAV_VTOL_LAND:
                place = vehicle.place(target) if item.x or item.y else None
                return [Land(place, yaw_rad=rules.item_yaw(item))]
            case MAV_CMD.NAV_LOITER_TO_ALT:
                level = (target[0], target[1], start[2])
                return [fly(level, near=True), ClimbTo(vehicle.height_of(target), loiters=True)]
            case MAV_CMD.NAV_ARC_WAYPOINT:
                arc = arc_between(start, target, item.param1)
                if arc is None:
                    return [fly(target)]
                return [FlyArc(arc, radius_m=radius, stop=not _goes_on(next(iter(ahead), None)))]
        hold_s = max(item.param1, 0.0) if math.isfinite(item.param1) else 0.0
        onward = () if hold_s else way or self._direction(ahead, target)
        return [fly(target, curved=True, hold_s=hold_s, ahead=onward, passes=bool(onward))]

    def _way(self, ahead: tuple[MissionItem, ...], target: Vector3) -> tuple[Via, ...]:
        """Return the points that follow a target without a stop between."""
        way: list[Via] = []
        for item in ahead:
            if item.command not in THROUGH:
                break
            target = self._point(item, target)
            way.append(Via(target, item.command == MAV_CMD.NAV_SPLINE_WAYPOINT))
        return tuple(way)

    def _direction(self, ahead: tuple[MissionItem, ...], target: Vector3) -> tuple[Via, ...]:
        """Return the point after a curve that a stop follows: it still gives the curve's direction."""
        placed = [item for item in ahead[:1] if item.x or item.y]
        points = [self._point(item, target) for item in placed]
        return tuple(Via(point) for point in points if math.dist(point, target) > 0.1)

    def _point(self, item: MissionItem, default: Vector3) -> Vector3:
        """Return the NED point of an item. Missing position, and by stack height 0, are taken from `default`."""
        vehicle = self._vehicle
        flat = default
        if item.x or item.y:
            flat = vehicle.ned(Place(item.x / 1e7, item.y / 1e7, 0.0))
        vertical = item.command in TAKEOFFS or item.command in LANDINGS
        if item.z == 0.0 and self._rules.zero_height_keeps_height and not vertical:
            return vehicle.at_height(flat, vehicle.height_of(default))
        if item.frame in RELATIVE_FRAMES:
            return vehicle.at_height(flat, item.z)
        home_m = vehicle.home.alt_amsl_m if vehicle.home else vehicle.core.home.alt_amsl_m
        return vehicle.at_height(flat, item.z - home_m)


def _goes_on(after: MissionItem | None) -> bool:
    """Return whether the vehicle flies through the end of a curve to the next item."""
    return after is not None and after.command in (MAV_CMD.NAV_SPLINE_WAYPOINT, MAV_CMD.NAV_WAYPOINT)
