"""ArduCopter's face: its numbers, words and habits. Sources: ArduCopter and AP_Mission sources, and flights of 4.7."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType
from typing import ClassVar

from controller.protocol.mission import store as mission_store
from controller.protocol.mission.items import MissionItem, float32
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.tasks import ClimbTo, FlyTo, Hold, Land, Task
from hil.autopilot.stacks import ardupilot_items as known
from hil.autopilot.stacks.base import (
    ACCEPTED,
    UNSUPPORTED,
    UNSUPPORTED_FRAME,
    AutopilotStack,
    Speeds,
    Version,
)
from hil.autopilot.stacks.modes import ARDUCOPTER, CUSTOM, Behaviour, Mode
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext

RTL_LEAST_CONE_M = 2.0  # RTL_ABS_MIN_CLIMB's companion, RTL_MIN_CONE_SLOPE: never lower than this
TERRAIN_FRAMES = (10, 11)


class ArduPilot(AutopilotStack):
    """ArduCopter."""

    name = "ardupilot"
    autopilot = 3
    modes = ARDUCOPTER
    initial_mode = "STABILIZE"
    parameter_table = "ardupilot"
    bytewise_params = False
    mission_behavior = mission_store.ARDUPILOT
    # Version 4.7.0-dev; capabilities as reported by it, without FTP, which is not served here.
    version = Version(
        software=0x04070000,
        capabilities=64495 & ~0x20,
        banner=("ArduCopter V4.7.0-dev (landline)", "Landline simulated autopilot", "Frame: QUAD/X"),
    )
    first_item = 1
    tab_ends_text = False
    numbers_texts = False
    guided_turns_nose = True
    guided_mode = "GUIDED"
    hold_mode = "LOITER"
    return_is_mode = False
    failsafe = "copter"
    arming_texts = ("Arming motors", "Disarming motors")
    takeoff_needs_mode = "GUIDED"
    default_streams = MappingProxyType({"HEARTBEAT": 1.0})
    refused_streams = frozenset()
    silent_streams = frozenset((
        "SCALED_PRESSURE2", "SCALED_IMU3", "SIM_STATE", "AHRS", "AHRS2",
        "POWER_STATUS", "MEMINFO", "GPS2_RAW", "WIND", "TERRAIN_REPORT", "RPM", "ESC_TELEMETRY_1_TO_4",
        "RC_CHANNELS_RAW", "FENCE_STATUS", "MOUNT_STATUS",
    ))  # fmt: skip
    boot_texts: ClassVar[tuple[tuple[str, str], ...]] = (
        ("boot", "Barometer 1 calibration complete"),
        ("boot", "ArduPilot Ready"),
        ("tilt", "EKF3 IMU0 initialised"),
        ("tilt", "AHRS: EKF3 active"),
        ("tilt", "EKF3 IMU0 tilt alignment complete"),
        ("tilt", "EKF3 IMU0 MAG0 initial yaw alignment complete"),
        ("home", "EKF3 IMU0 origin set"),
        ("home", "Field Elevation Set: {home_m:.0f}m"),
        ("home", "EKF3 IMU0 is using GPS"),
    )
    plan_texts = MappingProxyType(
        {0: "Flight plan received", 1: "Fence received", 2: "Rally points received"}
    )
    repeats_reached = 1

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return ItemTasks(vehicle, self)

    def starts_alone(self, vehicle: VehicleContext) -> bool:
        return bool(int(vehicle.params["AUTO_OPTIONS"]) & 2)

    def may_start(self, vehicle: VehicleContext, *, takes_off: bool) -> bool:  # noqa: ARG002
        return takes_off

    def arms_in_mission(self, vehicle: VehicleContext) -> bool:
        """Whether it may be armed in the mission's mode."""
        return bool(int(vehicle.params["AUTO_OPTIONS"]) & 1)

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        return Speeds(
            vehicle.speed_m_s or max(p["WPNAV_SPEED"], 20.0) / 100.0,
            vehicle.climb_m_s or max(p["WPNAV_SPEED_UP"], 10.0) / 100.0,
            vehicle.descend_m_s or max(p["WPNAV_SPEED_DN"], 10.0) / 100.0,
        )

    def takeoff_speed(self, vehicle: VehicleContext) -> float:
        return max(vehicle.params["WPNAV_SPEED_UP"], 10.0) / 100.0

    def landing_speed(self, vehicle: VehicleContext) -> float:
        p = vehicle.params
        if vehicle.height_m > p["LAND_ALT_LOW"] / 100.0:
            return max(p["LAND_SPEED_HIGH"] or p["WPNAV_SPEED_DN"], 20.0) / 100.0
        return max(p["LAND_SPEED"], 20.0) / 100.0

    def return_steps(self, vehicle: VehicleContext) -> list[Task]:
        p = vehicle.params
        home = vehicle.home_ned()
        now_m = vehicle.height_m
        height = max(now_m + p["RTL_CLIMB_MIN"] / 100.0, p["RTL_ALT"] / 100.0)
        if p["RTL_CONE_SLOPE"] > 0.0:
            height = min(height, max(vehicle.distance_m(home) * p["RTL_CONE_SLOPE"], RTL_LEAST_CONE_M))
        height = max(height, now_m)
        if p["RTL_SPEED"] > 0.0:
            vehicle.speed_m_s = p["RTL_SPEED"] / 100.0
        steps: list[Task] = [
            ClimbTo(height, slack_m=0.5),
            FlyTo(
                vehicle.at_height(home, height), radius_m=self.acceptance_m(vehicle, 0.0), look_ahead=False
            ),
            Hold(p["RTL_LOIT_TIME"] / 1000.0),
        ]
        if p["RTL_ALT_FINAL"] > 0.0:
            return [*steps, ClimbTo(p["RTL_ALT_FINAL"] / 100.0), Hold()]
        return [*steps, Land(vehicle.home)]

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:
        return vehicle.params["GUID_TIMEOUT"]

    def acceptance_m(self, vehicle: VehicleContext, asked_m: float) -> float:  # noqa: ARG002
        return max(vehicle.params["WPNAV_RADIUS"], 5.0) / 100.0

    def item_yaw(self, item: MissionItem) -> float | None:  # noqa: ARG002
        return None

    def circle_radius_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        return abs(asked_m) or max(vehicle.params["CIRCLE_RADIUS"], 100.0) / 100.0

    def looks_ahead(self, vehicle: VehicleContext) -> bool:
        return vehicle.params["WP_YAW_BEHAVIOR"] != 0

    # --- missions ---

    def refuse_item(self, item: MissionItem, seq: int) -> int:
        if item.mission_type == 0:
            if seq == 0:
                return ACCEPTED  # the home slot, whatever it holds
            if item.command not in known.COMMANDS:
                return UNSUPPORTED
        if item.command in known.PLACED or item.mission_type:
            if item.frame not in known.FRAMES:
                return UNSUPPORTED_FRAME
            return known.bad_place(item)
        return ACCEPTED

    def stored(self, item: MissionItem) -> MissionItem:
        if item.mission_type:
            return item
        if item.command not in known.PLACED:
            return known.without_place(item)
        # Heights are whole centimetres, integer frames go out as the plain ones.
        item = replace(
            item,
            frame=known.FRAMES.get(item.frame, item.frame),
            z=float32(float32(round(item.z * 100.0)) * float32(0.01)),
        )
        return known.with_kept_params(item)

    def reached_text(self, seq: int, command: int) -> str | None:
        return f"Reached command #{seq}" if command in known.SAYS_REACHED else None

    def started_text(self, vehicle: VehicleContext, seq: int, item: MissionItem) -> str | None:  # noqa: ARG002
        return f"Mission: {seq} {known.COMMANDS.get(item.command, '?')}"

    def reports_reached(self, command: int) -> bool:
        return command in known.REPORTS_REACHED

    # --- modes and arming ---

    def mode_of(self, base_mode: int, main: float, sub: float) -> Mode | None:  # noqa: ARG002
        if not base_mode & CUSTOM or not math.isfinite(main):
            return None
        return self.modes.find(int(main))

    def prearm_faults(
        self,
        vehicle: VehicleContext,
        mode: Mode,
        *,
        mission_ok: bool,  # noqa: ARG002
        arming: bool,
    ) -> list[str]:
        faults = []
        ready = vehicle.est.ready
        p = vehicle.params
        if not ready.tilt_aligned:
            faults.append("AHRS: waiting for home" if ready.gps_used else "Gyros not calibrated")
        if mode.needs_position:
            if vehicle.sensors.gps.fix_type < 3:
                faults.append("GPS 1: Bad fix")
            elif not ready.gps_used:
                faults.append("Need Position Estimate")
            elif vehicle.home is None:
                faults.append("AHRS: waiting for home")
        volts = vehicle.sensors.battery_v
        if volts < p["BATT_CRT_VOLT"]:
            faults.append("Battery 1 critical voltage failsafe")
        elif volts < p["BATT_LOW_VOLT"]:
            faults.append("Battery 1 low voltage failsafe")
        elif volts < p["BATT_ARM_VOLT"]:
            faults.append("Battery 1 below minimum arming voltage")
        in_auto = mode.behaviour is Behaviour.MISSION and self.arms_in_mission(vehicle)
        if int(p["ARMING_SKIPCHK"]) == -1:
            faults = []
        if arming and not mode.armable and not in_auto:
            faults.append(f"{mode.name} mode not armable")
        return faults

    def on_refused_arming(self, vehicle: VehicleContext, faults: list[str]) -> None:
        for fault in faults:
            vehicle.say(f"Arm: {fault}", CRITICAL)

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return 1.0

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:
        return vehicle.params["DISARM_DELAY"] or math.inf
