"""From a mission item to the tasks that fly it: where it is, how it is reached, what is done there."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

from controller.protocol.mission.items import MissionItem
from hil.autopilot.mission.tasks import Circle, ClimbTo, FlyCurve, FlyTo, Hold, Land, Return, Task
from hil.autopilot.vehicle_context import WARNING, Place, Vector3, VehicleContext

if TYPE_CHECKING:
    from hil.autopilot.stacks.base import AutopilotStack

WAYPOINT, LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, RTL, LAND, TAKEOFF = 16, 17, 18, 19, 20, 21, 22
LOITER_TO_ALT, SPLINE, DELAY = 31, 82, 93
TAKEOFFS, LANDINGS = (22, 84), (21, 85)  # of wings and rotors alike, and those that say VTOL
NAV = frozenset((16, 17, 18, 19, 20, 21, 22, 31, 82, 84, 85, 93))
RELATIVE_FRAMES, TERRAIN_FRAMES = (3, 6), (10, 11)


class ItemTasks:
    """Knows the last leg's `target`, which items without a position or height refer to."""

    def __init__(self, vehicle: VehicleContext, stack: AutopilotStack) -> None:
        self._vehicle, self._stack = vehicle, stack
        self.target: Vector3 | None = None

    def tasks(self, items: tuple[MissionItem, ...], seq: int) -> list[Task]:
        """What item `seq` asks to be flown, from the last target on."""
        vehicle, stack = self._vehicle, self._stack
        item = items[seq]
        if item.command == RTL:
            return [Return()]
        if item.command == DELAY:
            if not item.param1 > 0.0:
                vehicle.say(f"Mission item {seq}: delay until a time of day skipped, not supported", WARNING)
                return [Hold(0.0)]
            vehicle.say(f"Delaying {item.param1:.0f} sec")
            return [Hold(item.param1)]
        start = self.target or vehicle.est.pos_ned
        target = self._point(item, start)
        radius = stack.acceptance_m(vehicle, item.param2 if item.command == WAYPOINT else 0.0)
        fly = partial(
            FlyTo, radius_m=radius, yaw_rad=stack.item_yaw(item), look_ahead=stack.looks_ahead(vehicle)
        )
        if item.command in TAKEOFFS:
            height = vehicle.height_of(target)
            up: list[Task] = [ClimbTo(height, slack_m=0.3 if stack.first_item else 0.8, takeoff=True)]
            away = (item.x or item.y) and not stack.first_item and vehicle.distance_m(target) > radius
            self.target = target if away else (*vehicle.est.pos_ned[:2], target[2])
            return [*up, fly(target)] if away else up
        self.target = target
        match item.command:
            case 16:
                return [fly(target, hold_s=max(item.param1, 0.0) if math.isfinite(item.param1) else 0.0)]
            case 17:
                return [fly(target), Hold()]
            case 19:
                return [fly(target, hold_s=max(item.param1, 0.0))]
            case 18:
                turns = math.copysign(max(abs(item.param1), 0.0), item.param3 or 1.0)
                radius_m = stack.circle_radius_m(vehicle, abs(item.param3) if abs(item.param3) > 1.0 else 0.0)
                return [Circle(target, radius_m=radius_m, turns=turns)]
            case 21 | 85:
                place = vehicle.place(target) if item.x or item.y else None
                return [Land(place, yaw_rad=stack.item_yaw(item))]
            case 31:
                level = (target[0], target[1], start[2])
                return [fly(level), ClimbTo(vehicle.height_of(target))]
        return [self._curve(items, seq, start, target, radius)]

    def _curve(
        self, items: tuple[MissionItem, ...], seq: int, start: Vector3, target: Vector3, radius_m: float
    ) -> Task:
        """A spline leg: its directions come from the points before and after, as in a Catmull-Rom curve."""
        before = items[seq - 1] if seq > self._stack.first_item else None
        after = next((item for item in items[seq + 1 :] if item.command in NAV), None)
        came_in_curve = before is not None and before.command == SPLINE
        goes_on = after is not None and after.command in (SPLINE, WAYPOINT)
        vel = self._vehicle.est.vel_ned
        speed = math.hypot(*vel)
        length = math.dist(start, target)
        into: Vector3 = (0.0, 0.0, 0.0)
        if came_in_curve and speed > 1.0:
            into = (vel[0] / speed * length, vel[1] / speed * length, vel[2] / speed * length)
        else:
            into = (target[0] - start[0], target[1] - start[1], target[2] - start[2])
        out: Vector3 = (0.0, 0.0, 0.0)
        if goes_on and after is not None:
            beyond = self._point(after, target)
            base = target if after.command == WAYPOINT else start
            out = (0.5 * (beyond[0] - base[0]), 0.5 * (beyond[1] - base[1]), 0.5 * (beyond[2] - base[2]))
        return FlyCurve(target, into=into, out=out, radius_m=radius_m, stop=not goes_on)

    def _point(self, item: MissionItem, default: Vector3) -> Vector3:
        """Where an item is. No position means that of `default`; height 0 its height, where the stack has it so."""
        vehicle = self._vehicle
        flat = default
        if item.x or item.y:
            flat = vehicle.ned(Place(item.x / 1e7, item.y / 1e7, 0.0))
        keeps = item.z == 0.0 and self._stack.first_item == 1 and item.command not in (*TAKEOFFS, *LANDINGS)
        if keeps:
            return vehicle.at_height(flat, vehicle.height_of(default))
        if item.frame in RELATIVE_FRAMES:
            return vehicle.at_height(flat, item.z)
        home_m = vehicle.home.alt_amsl_m if vehicle.home else vehicle.loop.home.alt_amsl_m
        return vehicle.at_height(flat, item.z - home_m)
