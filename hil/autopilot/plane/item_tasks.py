"""Conversion of mission items to the tasks that fly them on wings."""

from __future__ import annotations

import math
from typing import Protocol

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD
from hil.autopilot.mission.item_commands import LANDINGS, TAKEOFFS
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.mission.tasks import Hold
from hil.autopilot.plane.tasks import FlyBy, HeightSlope, LoiterAround, LoiterUntil, TakeOff
from hil.autopilot.vehicle_context import WARNING, Vector3, VehicleContext
from hil.frames import wrapped_pi

LOITERS = frozenset((
    MAV_CMD.NAV_LOITER_UNLIM, MAV_CMD.NAV_LOITER_TURNS, MAV_CMD.NAV_LOITER_TIME, MAV_CMD.NAV_LOITER_TO_ALT,
))  # fmt: skip


class RunwayRules(Protocol):
    """Takeoff and landing of a stack on wings."""

    def takeoff_pitch_rad(self, vehicle: VehicleContext) -> float:
        """Return the pitch of the climb after takeoff."""

    def turn_length_m(self, vehicle: VehicleContext) -> float:
        """Return the distance of a waypoint at which a right-angled turn begins."""

    def slope(self, vehicle: VehicleContext) -> HeightSlope:
        """Return the slope of the heights between waypoints."""

    def touchdown(self, vehicle: VehicleContext, target: Vector3, start: Vector3 | None) -> Task:
        """Return the landing at `target` on a slope from `start`."""


class PlaneItemTasks(ItemTasks):
    """As `ItemTasks`, for vehicles that cannot stand still in the air."""

    def __init__(self, vehicle: VehicleContext, rules: FlightRules, runway: RunwayRules) -> None:
        super().__init__(vehicle, rules)
        self._runway = runway

    def tasks(
        self,
        items: tuple[MissionItem, ...],
        seq: int,
        ahead: tuple[MissionItem, ...],
    ) -> list[Task]:
        """Return the tasks of item `seq`, flown from the last target on."""
        vehicle, rules = self._vehicle, self._rules
        item = items[seq]
        if item.command == MAV_CMD.NAV_DELAY:
            vehicle.send_text(f"Mission item {seq}: delay skipped, fixed wings cannot hover", WARNING)
            return [Hold(0.0)]
        start = self.target
        target = self._point(item, start or vehicle.est.pos_ned)
        if item.command in TAKEOFFS:
            self.target = None
            pitch = math.radians(min(max(item.param1, 0.0), 30.0)) if math.isfinite(item.param1) else 0.0
            pitch = pitch or self._runway.takeoff_pitch_rad(vehicle)
            return [TakeOff(vehicle.height_of(target), pitch_rad=pitch, in_mission=True)]
        self.target = target
        if item.command in LANDINGS:
            return [self._runway.touchdown(vehicle, target, start)]
        if item.command in LOITERS:
            to_height = item.command == MAV_CMD.NAV_LOITER_TO_ALT
            requested = item.param2 if to_height else item.param3
            requested = requested if math.isfinite(requested) else 0.0
            until = {
                MAV_CMD.NAV_LOITER_TURNS: LoiterUntil(turns=max(abs(item.param1), 0.0)),
                MAV_CMD.NAV_LOITER_TIME: LoiterUntil(seconds=max(item.param1, 0.0)),
                MAV_CMD.NAV_LOITER_TO_ALT: LoiterUntil(at_height=True),
            }.get(item.command)
            radius = rules.circle_radius_m(vehicle, abs(requested))
            return [LoiterAround(target, radius_m=radius, clockwise=requested >= 0.0, until=until)]
        radius = rules.acceptance_radius_m(vehicle, item.param2 if math.isfinite(item.param2) else 0.0)
        requested = item.param2 if math.isfinite(item.param2) else 0.0
        if requested > 0.0:
            return [FlyBy(target, start=start, radius_m=radius, slope=self._runway.slope(vehicle), seq=seq)]
        return [
            FlyBy(
                target,
                start=start,
                radius_m=radius,
                turn_rad=self._turn(start or vehicle.est.pos_ned, target, ahead),
                turn_length_m=self._runway.turn_length_m,
                slope=self._runway.slope(vehicle),
                seq=seq,
            )
        ]

    def _turn(self, start: Vector3, target: Vector3, ahead: tuple[MissionItem, ...]) -> float | None:
        """Return the course change at `target`, None where no placed item follows."""
        following = next((item for item in ahead[:1] if item.x or item.y), None)
        if following is None:
            return None
        onward = self._point(following, target)
        course = math.atan2(target[1] - start[1], target[0] - start[0])
        return float(wrapped_pi(math.atan2(onward[1] - target[1], onward[0] - target[0]) - course))
