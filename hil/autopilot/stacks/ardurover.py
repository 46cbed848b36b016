"""ArduRover's face: its numbers, words and habits. Sources: Rover's mode.h, mode_auto.cpp, failsafe.cpp and AP_Mission."""

from __future__ import annotations

import math

from controller.protocol.mission.items import MissionItem
from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import ManualOutputs, Setpoint
from hil.autopilot.mission.item_tasks import (
    DELAY,
    LANDINGS,
    LOITER_TIME,
    LOITER_TO_ALT,
    LOITER_TURNS,
    LOITER_UNLIM,
    RTL,
    SPLINE,
    TAKEOFFS,
    ItemTasks,
)
from hil.autopilot.mission.tasks import Task
from hil.autopilot.rover.tasks import DriveTo, Stop
from hil.autopilot.services.rc_input import RcInput
from hil.autopilot.stacks.arducopter import ArduPilot
from hil.autopilot.stacks.base import UNSUPPORTED, Speeds, Version
from hil.autopilot.stacks.modes import ARDUROVER, Behaviour, Mode
from hil.autopilot.vehicle_context import WARNING, VehicleContext

# What only aircraft do
IN_THE_AIR = frozenset((*TAKEOFFS, *LANDINGS, LOITER_TO_ALT, SPLINE))


class RoverItemTasks(ItemTasks):
    """Places to drive to, and stops."""

    def tasks(self, items: tuple[MissionItem, ...], seq: int) -> list[Task]:
        """What item `seq` asks to be driven, from the last target on."""
        vehicle, stack, item = self._vehicle, self._stack, items[seq]
        if item.command == RTL:
            return [DriveTo(vehicle.home_ned(), radius_m=stack.acceptance_m(vehicle, 0.0))]
        if item.command == DELAY:
            return [Stop(max(item.param1, 0.0))]
        target = self._point(item, self.target or vehicle.est.pos_ned)
        self.target = target
        radius = stack.acceptance_m(vehicle, item.param2 if item.command == 16 else 0.0)
        if item.command in (LOITER_UNLIM, LOITER_TURNS):
            # Circles are not driven here: it stops, for good or on its way.
            if item.command == LOITER_TURNS:
                vehicle.say(f"Mission item {seq}: circles are not driven, stopped instead", WARNING)
            there = DriveTo(target, radius_m=radius, seq=seq)
            return [there, Stop()] if item.command == LOITER_UNLIM else [there]
        hold_s = item.param1 if item.command in (16, LOITER_TIME) and math.isfinite(item.param1) else 0.0
        return [DriveTo(target, radius_m=radius, hold_s=max(hold_s, 0.0), seq=seq)]


class ArduRover(ArduPilot):
    """ArduRover."""

    modes = ARDUROVER
    initial_mode = "MANUAL"
    parameter_table = "ardurover"
    version = Version(
        software=0x04070000,
        capabilities=64495 & ~0x20,
        banner=("ArduRover V4.7.0-dev (landline)", "Landline simulated autopilot"),
    )
    hold_mode = "HOLD"
    return_is_mode = False
    failsafe = "rover"
    arming_texts = ("Throttle armed", "Throttle disarmed")

    @staticmethod
    def defaults(airframe: Airframe) -> dict[str, float]:
        """Parameters that follow from the airframe."""
        return {"CRUISE_SPEED": airframe.cruise_m_s}

    # --- what is driven ---

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return RoverItemTasks(vehicle, self)

    def starts_alone(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        return True

    def may_start(self, vehicle: VehicleContext, *, takes_off: bool) -> bool:  # noqa: ARG002
        return True

    def arms_in_mission(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        return True

    def lifted_when_armed(self) -> bool:
        return True

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:
        if mode.behaviour is Behaviour.RETURN:
            return DriveTo(vehicle.home_ned(), radius_m=self.acceptance_m(vehicle, 0.0))
        return Stop() if mode.behaviour is Behaviour.BRAKE else None

    def manual_setpoint(self, vehicle: VehicleContext, rc_input: RcInput, mode: Mode) -> Setpoint | None:  # noqa: ARG002
        position = rc_input.position(vehicle)
        if position is None:
            return ManualOutputs(0.0, 0.0, 0.0, 0.0)
        return ManualOutputs(0.0, 0.0, position.roll, position.up)

    def refuse_item(self, item: MissionItem, seq: int) -> int:
        if item.mission_type == 0 and seq and item.command in IN_THE_AIR:
            return UNSUPPORTED
        return super().refuse_item(item, seq)

    # --- numbers on the way ---

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        speed = vehicle.speed_m_s or p["WP_SPEED"] or p["CRUISE_SPEED"]
        return Speeds(max(speed, 0.1), 1.0, 1.0)

    def acceptance_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        return asked_m if asked_m > 0.0 else max(vehicle.params["WP_RADIUS"], 0.3)

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return 3.0

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf

    def reached_text(self, seq: int, command: int) -> str | None:  # noqa: ARG002
        return None  # the task says it, with the distance
