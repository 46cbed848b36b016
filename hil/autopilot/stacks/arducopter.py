"""ArduCopter. Sources: ArduCopter and AP_Mission sources, and flights of 4.7."""

from __future__ import annotations

import math
from dataclasses import replace

from hil.autopilot.guidance.copter import CopterGuidance
from hil.autopilot.guidance.guidance import STEP_S, Speeds, Via
from hil.autopilot.guidance.shaping import approach
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.mission_end import MissionEnding, MissionEndReaction
from hil.autopilot.mission.task import Task
from hil.autopilot.mission.tasks import Circle, ClimbTo, FlyTo, Hold, Land
from hil.autopilot.stacks import ardupilot_items as known
from hil.autopilot.stacks.ardupilot import CAPABILITIES, SOFTWARE, ArduPilot
from hil.autopilot.stacks.modes import ARDUCOPTER, Mode, ModeKind
from hil.autopilot.stacks.profiles import AutopilotVersion
from hil.autopilot.vehicle_context import VehicleContext

RTL_LEAST_CONE_M = 2.0  # RTL_ABS_MIN_CLIMB's companion, RTL_MIN_CONE_SLOPE: never lower than this
LANDED_LEAST_COSINE = math.cos(
    math.radians(30.0)
)  # land_detector.cpp: more error of the attitude is no landing
ARMING_DELAY_S = 2.0  # motors stay off after arming
STARTS_WHEN_ARMED, ARMS_IN_AUTO = 2, 1  # bits of AUTO_OPTIONS


class ArduCopter(ArduPilot):
    """ArduCopter on multirotors."""

    modes = ARDUCOPTER
    initial_mode = "STABILIZE"
    hold_mode = "LOITER"
    return_is_mode = False
    accepted_commands = known.ACCEPTED_COMMANDS | known.COPTER_COMMANDS.keys()
    parameter_table = "ardupilot"
    version = AutopilotVersion(
        software=SOFTWARE,
        capabilities=CAPABILITIES,
        banner=("ArduCopter V4.7.0-dev (landline)", "Landline simulated autopilot", "Frame: QUAD/X"),
    )
    failsafe = "arducopter"

    def __init__(self) -> None:
        super().__init__()
        self.guidance = CopterGuidance()

    texts = replace(ArduPilot.texts, armed="Arming motors", disarmed="Disarming motors")

    # --- tasks ---

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return ItemTasks(vehicle, self)

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:
        return self._circle_task(vehicle) if mode.kind is ModeKind.CIRCLE else None

    def _circle_task(self, vehicle: VehicleContext) -> Task:
        """Return the circle around a point one radius ahead of the nose, without end."""
        radius = self.circle_radius_m(vehicle, 0.0)
        yaw = vehicle.est.euler_rad[2]
        n, e, d = vehicle.est.pos_ned
        centre = (n + radius * math.cos(yaw), e + radius * math.sin(yaw), d)
        rate = math.radians(vehicle.params["CIRCLE_RATE"])
        turns = math.copysign(math.inf, rate)
        return Circle(centre, radius_m=radius, turns=turns, speed_m_s=abs(rate) * radius)

    def starts_mission_when_armed(self, vehicle: VehicleContext) -> bool:
        return bool(int(vehicle.params["AUTO_OPTIONS"]) & STARTS_WHEN_ARMED)

    def may_start_mission(self, vehicle: VehicleContext, *, takes_off: bool) -> bool:  # noqa: ARG002
        return takes_off

    def arms_in_mission(self, vehicle: VehicleContext) -> bool:
        return bool(int(vehicle.params["AUTO_OPTIONS"]) & ARMS_IN_AUTO)

    def after_mission(self, vehicle: VehicleContext, ending: MissionEnding) -> MissionEndReaction:  # noqa: ARG002
        return MissionEndReaction(task=Land() if vehicle.est.landed else Hold(1e9))

    # --- flight rules ---

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        return Speeds(
            vehicle.speed_m_s or max(p["WPNAV_SPEED"], 20.0) / 100.0,
            vehicle.climb_m_s or max(p["WPNAV_SPEED_UP"], 10.0) / 100.0,
            vehicle.descend_m_s or max(p["WPNAV_SPEED_DN"], 10.0) / 100.0,
        )

    def takeoff_speed(self, vehicle: VehicleContext) -> float:
        return max(vehicle.params["WPNAV_SPEED_UP"], 10.0) / 100.0

    def motors_wait_s(self, vehicle: VehicleContext) -> float:
        return ARMING_DELAY_S + max(vehicle.params["MOT_SPOOL_TIME"], 0.05)

    def landing_speed(self, vehicle: VehicleContext) -> float:
        p = vehicle.params
        slow = max(p["LAND_SPEED"], 20.0) / 100.0
        fast = max(p["LAND_SPEED_HIGH"] or p["WPNAV_SPEED_DN"], 20.0) / 100.0
        above_m = vehicle.height_m - max(p["LAND_ALT_LOW"], 100.0) / 100.0
        decel = max(p["WPNAV_ACCEL_Z"], 50.0) / 100.0
        return min(max(approach(above_m, p["PSC_D_POS_P"] or 1.0, decel, STEP_S), slow), fast)

    def return_tasks(self, vehicle: VehicleContext) -> list[Task]:
        p = vehicle.params
        home = vehicle.home_ned()
        now_m = vehicle.height_m
        height = max(now_m + p["RTL_CLIMB_MIN"] / 100.0, p["RTL_ALT"] / 100.0)
        if p["RTL_CONE_SLOPE"] > 0.0:
            height = min(height, max(vehicle.distance_m(home) * p["RTL_CONE_SLOPE"], RTL_LEAST_CONE_M))
        height = max(height, now_m)
        # A speed that the mission changed does not count here.
        vehicle.speed_m_s = p["RTL_SPEED"] / 100.0 if p["RTL_SPEED"] > 0.0 else None
        vehicle.climb_m_s = vehicle.descend_m_s = None
        radius = self.acceptance_radius_m(vehicle, 0.0)
        above_home = vehicle.at_height(home, height)
        up = vehicle.at_height(self.guidance.rest_point(vehicle, self.speeds(vehicle)), height)
        steps: list[Task] = [
            FlyTo(up, radius_m=radius, ahead=(Via(above_home),), passes=True, face_target=False),
            FlyTo(above_home, radius_m=radius, face_target=False),
            Hold(p["RTL_LOIT_TIME"] / 1000.0),
        ]
        if p["RTL_ALT_FINAL"] > 0.0:
            return [*steps, ClimbTo(p["RTL_ALT_FINAL"] / 100.0), Hold()]
        return [*steps, Land(vehicle.home)]

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:
        return vehicle.params["GUID_TIMEOUT"]

    def acceptance_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:  # noqa: ARG002
        return max(vehicle.params["WPNAV_RADIUS"], 5.0) / 100.0

    def circle_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        return abs(requested_m) or max(vehicle.params["CIRCLE_RADIUS"], 100.0) / 100.0

    def faces_next_waypoint(self, vehicle: VehicleContext) -> bool:
        return vehicle.params["WP_YAW_BEHAVIOR"] != 0

    def reached_text(self, seq: int, command: int) -> str | None:
        return f"Reached command #{seq}" if command in known.SENDS_REACHED_TEXT else None

    # --- arming ---

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:
        return math.inf if self._lies(vehicle) else 1.0

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:
        return math.inf if self._lies(vehicle) else vehicle.params["DISARM_DELAY"] or math.inf

    def _lies(self, vehicle: VehicleContext) -> bool:
        """Whether it is tilted too far for the land detector."""
        roll, pitch, _ = vehicle.est.euler_rad
        return math.cos(roll) * math.cos(pitch) < LANDED_LEAST_COSINE
