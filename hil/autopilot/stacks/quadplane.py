"""ArduPlane on a fixed-wing aircraft with lifting rotors (quadplane): differences from fixed wings alone.

Sources: ArduPlane's quadplane.cpp and AP_Mission. Without bits in Q_OPTIONS it takes off and lands on the rotors, for
NAV_TAKEOFF and NAV_LAND as for their VTOL forms.
"""

from __future__ import annotations

import math

from controller.protocol.mission.items import MissionItem
from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import Setpoint
from hil.autopilot.guidance.guidance import Speeds
from hil.autopilot.mission.item_commands import LANDINGS, TAKEOFFS
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.mission.tasks import ClimbTo, Land
from hil.autopilot.plane.item_tasks import PlaneItemTasks
from hil.autopilot.plane.tasks import FlyBy, LoiterAround
from hil.autopilot.stacks.arduplane import ArduPlane
from hil.autopilot.stacks.modes import QUADPLANE, Mode, ModeKind
from hil.autopilot.vehicle_context import Place, VehicleContext

TAKEOFF_ACCURACY_M = 1.0


class TaskSequence(Task):
    """Tasks one after another; the sequence lands when its last task does."""

    def __init__(self, *tasks: Task) -> None:
        self._tasks = list(tasks)

    @property
    def lands(self) -> bool:  # type: ignore[override]
        return self._tasks[0].lands

    def step(self, vehicle: VehicleContext, rules: FlightRules) -> Setpoint:
        while len(self._tasks) > 1 and self._tasks[0].done:
            del self._tasks[0]
        setpoint = self._tasks[0].step(vehicle, rules)
        self.done = len(self._tasks) == 1 and self._tasks[0].done
        return setpoint


class QuadPlaneItemTasks(PlaneItemTasks):
    """As `PlaneItemTasks`, with takeoffs and landings on the rotors."""

    def tasks(self, items: tuple[MissionItem, ...], seq: int, ahead: tuple[MissionItem, ...]) -> list[Task]:
        """Return the tasks of item `seq`, flown from the last target on."""
        vehicle, item = self._vehicle, items[seq]
        start = self.target or vehicle.est.pos_ned
        if item.command in TAKEOFFS:
            target = self._point(item, vehicle.est.pos_ned)
            self.target = (*vehicle.est.pos_ned[:2], target[2])
            return [ClimbTo(vehicle.height_of(target), accuracy_m=TAKEOFF_ACCURACY_M, takeoff=True)]
        if item.command in LANDINGS:
            target = self._point(item, start)
            self.target = target
            return [*approach(vehicle, vehicle.place(target), height_m=vehicle.height_of(start))]
        return super().tasks(items, seq, ahead)


def approach(vehicle: VehicleContext, place: Place, *, height_m: float) -> tuple[Task, Task]:
    """Return the tasks of a landing: on the wings until the stopping distance, the rest on the rotors."""
    speed = math.hypot(*vehicle.est.vel_ned[:2])
    over = vehicle.at_height(vehicle.ned(place), max(height_m, vehicle.params["Q_RTL_ALT"]))
    decel = max(vehicle.params["Q_TRANS_DECEL"], 0.5)
    # The stopping distance from cruise speed, even where the aircraft still hovers.
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
        match mode.kind:
            case ModeKind.RETURN if mode.on_rotors:
                home = vehicle.home or vehicle.here
                return TaskSequence(*approach(vehicle, home, height_m=vehicle.params["Q_RTL_ALT"]))
            case ModeKind.HOLD:
                return LoiterAround(vehicle.est.pos_ned, radius_m=self.circle_radius_m(vehicle, 0.0))
        return super().mode_task(vehicle, mode)

    def takeoff_task(self, vehicle: VehicleContext, height_m: float) -> Task:  # noqa: ARG002
        return ClimbTo(height_m, accuracy_m=TAKEOFF_ACCURACY_M, takeoff=True)

    # --- flight rules ---

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

    def acceptance_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        if not vehicle.hovers:
            return super().acceptance_radius_m(vehicle, requested_m)
        return max(vehicle.params["Q_WP_RADIUS"], 50.0) / 100.0

    # --- arming ---

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return 2.0
