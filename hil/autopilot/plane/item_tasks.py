"""From a mission item to the tasks that fly it on wings."""

from __future__ import annotations

import math
from typing import Protocol

from controller.protocol.mission.items import MissionItem
from hil.autopilot.mission.item_tasks import (
    DELAY,
    LANDINGS,
    LOITER_TIME,
    LOITER_TO_ALT,
    LOITER_TURNS,
    LOITER_UNLIM,
    TAKEOFFS,
    ItemTasks,
)
from hil.autopilot.mission.tasks import Hold, Task
from hil.autopilot.plane.tasks import FlyBy, LoiterAround, TakeOff, Until
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import WARNING, Vector3, VehicleContext


class Ways(Protocol):
    """How a stack takes off and lands on wings."""

    def takeoff_pitch_rad(self, vehicle: VehicleContext) -> float: ...
    def touchdown(self, vehicle: VehicleContext, target: Vector3, start: Vector3 | None) -> Task: ...


class PlaneItemTasks(ItemTasks):
    """As `ItemTasks`, without standing still."""

    def __init__(self, vehicle: VehicleContext, stack: AutopilotStack, ways: Ways) -> None:
        super().__init__(vehicle, stack)
        self._ways = ways

    def tasks(self, items: tuple[MissionItem, ...], seq: int) -> list[Task]:
        """What item `seq` asks to be flown, from the last target on."""
        vehicle, stack = self._vehicle, self._stack
        item = items[seq]
        if item.command == DELAY:
            vehicle.say(f"Mission item {seq}: delay skipped, wings cannot wait", WARNING)
            return [Hold(0.0)]
        start = self.target
        target = self._point(item, start or vehicle.est.pos_ned)
        if item.command in TAKEOFFS:
            self.target = None
            pitch = math.radians(min(max(item.param1, 0.0), 30.0)) if math.isfinite(item.param1) else 0.0
            return [
                TakeOff(vehicle.height_of(target), pitch_rad=pitch or self._ways.takeoff_pitch_rad(vehicle))
            ]
        self.target = target
        if item.command in LANDINGS:
            return [self._ways.touchdown(vehicle, target, start)]
        if item.command in (LOITER_UNLIM, LOITER_TURNS, LOITER_TIME, LOITER_TO_ALT):
            asked = item.param2 if item.command == LOITER_TO_ALT else item.param3
            asked = asked if math.isfinite(asked) else 0.0
            until = {
                LOITER_TURNS: Until(turns=max(abs(item.param1), 0.0)),
                LOITER_TIME: Until(seconds=max(item.param1, 0.0)),
                LOITER_TO_ALT: Until(at_height=True),
            }.get(item.command)
            radius = stack.circle_radius_m(vehicle, abs(asked))
            return [LoiterAround(target, radius_m=radius, clockwise=asked >= 0.0, until=until)]
        radius = stack.acceptance_m(vehicle, item.param2 if math.isfinite(item.param2) else 0.0)
        return [FlyBy(target, start=start, radius_m=radius, seq=seq)]
