"""ArduPlane's face on an aeroplane with lifting rotors: what differs from wings alone.

Sources: ArduPlane's quadplane.cpp and AP_Mission. Without bits in Q_OPTIONS it takes off and lands on the rotors, whether the
mission says NAV_TAKEOFF and NAV_LAND or their VTOL forms.
"""

from __future__ import annotations

import math

from controller.protocol.mission.items import MissionItem
from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import Setpoint
from hil.autopilot.mission.item_tasks import LANDINGS, TAKEOFFS, ItemTasks
from hil.autopilot.mission.tasks import ClimbTo, Land, Task
from hil.autopilot.plane.item_tasks import PlaneItemTasks
from hil.autopilot.plane.tasks import FlyBy, LoiterAround
from hil.autopilot.stacks.arduplane import ArduPlane
from hil.autopilot.stacks.base import AutopilotStack, Speeds
from hil.autopilot.stacks.modes import QUADPLANE, Behaviour, Mode
from hil.autopilot.vehicle_context import Place, VehicleContext

TAKEOFF_SLACK_M = 1.0


class Chain(Task):
    """One after the other; it lands when its last one does."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = list(tasks)

    @property
    def lands(self) -> bool:  # type: ignore[override]
        return self._tasks[0].lands

    def step(self, vehicle: VehicleContext, stack: AutopilotStack) -> Setpoint:
        while len(self._tasks) > 1 and self._tasks[0].done:
            del self._tasks[0]
        setpoint = self._tasks[0].step(vehicle, stack)
        self.done = len(self._tasks) == 1 and self._tasks[0].done
        return setpoint


class QuadPlaneItemTasks(PlaneItemTasks):
    """As `PlaneItemTasks`, up and down on the rotors."""

    def tasks(self, items: tuple[MissionItem, ...], seq: int) -> list[Task]:
        """What item `seq` asks to be flown, from the last target on."""
        vehicle, item = self._vehicle, items[seq]
        start = self.target or vehicle.est.pos_ned
        if item.command in TAKEOFFS:
            target = self._point(item, vehicle.est.pos_ned)
            self.target = (*vehicle.est.pos_ned[:2], target[2])
            return [ClimbTo(vehicle.height_of(target), slack_m=TAKEOFF_SLACK_M, takeoff=True)]
        if item.command in LANDINGS:
            target = self._point(item, start)
            self.target = target
            return [*approach(vehicle, vehicle.place(target), height_m=vehicle.height_of(start))]
        return super().tasks(items, seq)


def approach(vehicle: VehicleContext, place: Place, *, height_m: float) -> tuple[Task, Task]:
    """On wings until it can just stop there, the rest on the rotors."""
    speed = math.hypot(*vehicle.est.vel_ned[:2])
    over = vehicle.at_height(vehicle.ned(place), max(height_m, vehicle.params["Q_RTL_ALT"]))
    decel = max(vehicle.params["Q_TRANS_DECEL"], 0.5)
    # From cruise speed, even where it stands still yet.
    stop_m = max(speed, vehicle.params["AIRSPEED_CRUISE"]) ** 2 / (2.0 * decel)
    return FlyBy(over, start=None, radius_m=stop_m), Land(place)


class QuadPlane(ArduPlane):
    """ArduPlane with Q_ENABLE."""

    modes = QUADPLANE
    parameter_table = "arduplane+quadplane"

    @staticmethod
    def defaults(airframe: Airframe) -> dict[str, float]:
        return ArduPlane.defaults(airframe) | {"Q_ENABLE": 1}

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return QuadPlaneItemTasks(vehicle, self, self)

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:
        match mode.behaviour:
            case Behaviour.RETURN if mode.name == "QRTL":
                home = vehicle.home or vehicle.here
                return Chain(*approach(vehicle, home, height_m=vehicle.params["Q_RTL_ALT"]))
            case Behaviour.BRAKE:
                return LoiterAround(vehicle.est.pos_ned, radius_m=self.circle_radius_m(vehicle, 0.0))
        return super().mode_task(vehicle, mode)

    def takeoff_task(self, vehicle: VehicleContext, height_m: float) -> Task:  # noqa: ARG002
        return ClimbTo(height_m, slack_m=TAKEOFF_SLACK_M, takeoff=True)

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        if not vehicle.hovers:
            return super().speeds(vehicle)
        p = vehicle.params
        return Speeds(
            max(p["Q_WP_SPEED"], 20.0) / 100.0,
            max(p["Q_WP_SPEED_UP"], 10.0) / 100.0,
            max(p["Q_WP_SPEED_DN"], 10.0) / 100.0,
        )

    def takeoff_speed(self, vehicle: VehicleContext) -> float:
        return max(vehicle.params["Q_WP_SPEED_UP"], 10.0) / 100.0

    def landing_speed(self, vehicle: VehicleContext) -> float:
        p = vehicle.params
        low = vehicle.height_m < p["Q_LAND_FINAL_ALT"]
        return max(p["Q_LAND_FINAL_SPD"], 0.2) if low else max(p["Q_WP_SPEED_DN"], 20.0) / 100.0

    def acceptance_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        return (
            max(vehicle.params["Q_WP_RADIUS"], 50.0) / 100.0
            if vehicle.hovers
            else super().acceptance_m(vehicle, asked_m)
        )

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return 2.0
