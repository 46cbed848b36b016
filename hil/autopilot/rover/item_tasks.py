"""Conversion of mission items to the tasks that drive them: places to drive to, and stops."""

from __future__ import annotations

import math

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.task import Task
from hil.autopilot.mission.tasks import Return
from hil.autopilot.rover.tasks import DriveTo, Stop
from hil.autopilot.vehicle_context import WARNING


class RoverItemTasks(ItemTasks):
    """As `ItemTasks`, on the ground."""

    def tasks(
        self,
        items: tuple[MissionItem, ...],
        seq: int,
        ahead: tuple[MissionItem, ...],
    ) -> list[Task]:
        """Return the tasks of item `seq`, driven from the last target on."""
        vehicle, rules, item = self._vehicle, self._rules, items[seq]
        if item.command == MAV_CMD.NAV_RETURN_TO_LAUNCH:
            return [Return()]
        if item.command == MAV_CMD.NAV_DELAY:
            return [Stop(max(item.param1, 0.0))]
        target = self._point(item, self.target or vehicle.est.pos_ned)
        self.target = target
        requested_m = item.param2 if item.command == MAV_CMD.NAV_WAYPOINT else 0.0
        radius = rules.acceptance_radius_m(vehicle, requested_m)
        if item.command in (MAV_CMD.NAV_LOITER_UNLIM, MAV_CMD.NAV_LOITER_TURNS):
            # Circles are not driven: the rover stops there, or drives on.
            if item.command == MAV_CMD.NAV_LOITER_TURNS:
                vehicle.send_text(f"Mission item {seq}: circle not supported, stopped instead", WARNING)
            there = DriveTo(target, radius_m=radius, seq=seq)
            return [there, Stop()] if item.command == MAV_CMD.NAV_LOITER_UNLIM else [there]
        holds = item.command in (MAV_CMD.NAV_WAYPOINT, MAV_CMD.NAV_LOITER_TIME)
        hold_s = item.param1 if holds and math.isfinite(item.param1) else 0.0
        way = () if hold_s > 0.0 else self._way(ahead, target)
        return [DriveTo(target, radius_m=radius, hold_s=max(hold_s, 0.0), seq=seq, ahead=way)]
