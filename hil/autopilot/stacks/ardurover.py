"""ArduRover. Sources: Rover's mode.h, mode_auto.cpp, failsafe.cpp and AP_Mission."""

from __future__ import annotations

import math

from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD
from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import ManualOutputs, Setpoint
from hil.autopilot.guidance.guidance import Speeds
from hil.autopilot.guidance.rover import RoverGuidance
from hil.autopilot.mission.item_commands import LANDINGS, TAKEOFFS
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.mission_end import MissionEnding, MissionEndReaction
from hil.autopilot.mission.task import Task
from hil.autopilot.mission.tasks import Idle
from hil.autopilot.rover.item_tasks import RoverItemTasks
from hil.autopilot.rover.tasks import DriveTo, Stop
from hil.autopilot.services.rc_input import RcInput
from hil.autopilot.stacks.ardupilot import CAPABILITIES, SOFTWARE, ArduPilot
from hil.autopilot.stacks.item_results import UNSUPPORTED
from hil.autopilot.stacks.modes import ARDUROVER, Mode, ModeKind
from hil.autopilot.stacks.profiles import AutopilotVersion
from hil.autopilot.vehicle_context import VehicleContext

AIRCRAFT_ONLY = TAKEOFFS | LANDINGS | {MAV_CMD.NAV_LOITER_TO_ALT, MAV_CMD.NAV_SPLINE_WAYPOINT}


class ArduRover(ArduPilot):
    """ArduRover with two driven wheels."""

    modes = ARDUROVER
    initial_mode = "MANUAL"
    hold_mode = "HOLD"
    return_is_mode = False
    parameter_table = "ardurover"
    version = AutopilotVersion(
        software=SOFTWARE,
        capabilities=CAPABILITIES,
        banner=("ArduRover V4.7.0-dev (landline)", "Landline simulated autopilot"),
    )
    failsafe = "ardurover"

    def __init__(self) -> None:
        super().__init__()
        self.guidance = RoverGuidance()

    @staticmethod
    def defaults(airframe: Airframe) -> dict[str, float]:
        """Return the parameters that follow from the airframe."""
        return {"CRUISE_SPEED": airframe.cruise_m_s}

    # --- tasks ---

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return RoverItemTasks(vehicle, self)

    def flies_when_armed(self) -> bool:
        return True

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:
        match mode.kind:
            case ModeKind.RETURN:
                (drive,) = self.return_tasks(vehicle)
                return drive
            case ModeKind.HOLD:
                return Stop()
        return None

    def return_tasks(self, vehicle: VehicleContext) -> list[Task]:
        # A speed that the mission changed does not count here.
        vehicle.speed_m_s = vehicle.params["RTL_SPEED"] or None
        return [DriveTo(vehicle.home_ned(), radius_m=self.acceptance_radius_m(vehicle, 0.0))]

    def manual_setpoint(
        self,
        vehicle: VehicleContext,
        rc_input: RcInput,
        mode: Mode,  # noqa: ARG002
    ) -> Setpoint | None:
        sticks = rc_input.position(vehicle)
        if sticks is None:
            return ManualOutputs(0.0, 0.0, 0.0, 0.0)
        return ManualOutputs(0.0, 0.0, sticks.roll, sticks.up)

    def after_mission(self, vehicle: VehicleContext, ending: MissionEnding) -> MissionEndReaction:  # noqa: ARG002
        return MissionEndReaction(task=Idle())

    def refuse_item(self, item: MissionItem, seq: int) -> int:
        if item.mission_type == 0 and seq and item.command in AIRCRAFT_ONLY:
            return UNSUPPORTED
        return super().refuse_item(item, seq)

    # --- driving rules ---

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        speed = vehicle.speed_m_s or p["WP_SPEED"] or p["CRUISE_SPEED"]
        return Speeds(max(speed, 0.1), 1.0, 1.0)

    def acceptance_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        return requested_m if requested_m > 0.0 else max(vehicle.params["WP_RADIUS"], 0.3)

    def circle_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        return abs(requested_m) or max(vehicle.params["WP_RADIUS"], 0.3)

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return 3.0

    # --- arming ---

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf
