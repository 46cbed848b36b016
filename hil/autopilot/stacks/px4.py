"""PX4's face: its numbers, words and habits. Sources: PX4-Autopilot sources (commander, navigator, mavlink), flights of 1.17."""

from __future__ import annotations

import math
from dataclasses import replace
from types import MappingProxyType

from controller.protocol.mission import store as mission_store
from controller.protocol.mission.items import MissionItem
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.tasks import ClimbTo, FlyTo, Hold, Land, Task
from hil.autopilot.stacks.base import (
    ACCEPTED,
    INVALID_PARAM5,
    INVALID_PARAM6,
    INVALID_PARAM7,
    UNSUPPORTED,
    UNSUPPORTED_FRAME,
    AutopilotStack,
    Speeds,
    Version,
)
from hil.autopilot.stacks.modes import CUSTOM, PX4, Behaviour, Mode, px4_number
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext

PLACED = frozenset((16, 17, 19, 21, 22, 31, 195, 201))
PLAIN = frozenset((
    20, 93, 177, 178, 179, 183, 189, 195, 197, 203, 204, 205, 206, 214, 530, 531, 532, 1000, 1001,
    2000, 2001, 2003, 2500, 2501,
))  # fmt: skip
FRAMES = {0: 5, 5: 5, 3: 6, 6: 6}  # as sent -> as handed out
MISSION_FRAME = 2


class Px4(AutopilotStack):
    """PX4 on a multicopter."""

    name = "px4"
    autopilot = 12
    modes = PX4
    initial_mode = "LOITER"
    parameter_table = "px4"
    bytewise_params = True
    mission_behavior = mission_store.PX4
    # Version 1.17.0 alpha 1; capabilities as reported by it, without FTP, which is not served here.
    version = Version(software=0x01110040, capabilities=59647 & ~0x20, banner=())
    first_item = 0
    tab_ends_text = True
    numbers_texts = True
    guided_turns_nose = False
    guided_mode = "LOITER"
    hold_mode = "LOITER"
    return_is_mode = True
    failsafe = "px4"
    arming_texts = ("Armed by external command", "Disarmed by external command")
    takeoff_needs_mode = None
    # What a ground station's link gets unasked (mavlink_main.cpp, MAVLINK_MODE_NORMAL), as far as it is served here.
    default_streams = MappingProxyType(
        {
            "HEARTBEAT": 1.0,
            "ALTITUDE": 1.0,
            "ATTITUDE": 15.0,
            "ATTITUDE_QUATERNION": 10.0,
            "BATTERY_STATUS": 0.5,
            "CURRENT_MODE": 0.5,
            "ESTIMATOR_STATUS": 0.5,
            "EXTENDED_SYS_STATE": 1.0,
            "GLOBAL_POSITION_INT": 5.0,
            "GPS_GLOBAL_ORIGIN": 0.0,
            "GPS_RAW_INT": 1.0,
            "HOME_POSITION": 0.5,
            "LOCAL_POSITION_NED": 1.0,
            "MISSION_CURRENT": 1.0,
            "NAV_CONTROLLER_OUTPUT": 1.5,
            "PING": 0.1,
            "POSITION_TARGET_GLOBAL_INT": 1.5,
            "POSITION_TARGET_LOCAL_NED": 1.5,
            "RC_CHANNELS": 0.0,
            "SERVO_OUTPUT_RAW": 1.0,
            "SYS_STATUS": 1.0,
            "VFR_HUD": 4.0,
            "VIBRATION": 0.1,
        }
    )
    refused_streams = frozenset(("MISSION_CURRENT", "SIM_STATE", "HEARTBEAT"))
    silent_streams = frozenset((
        "ATTITUDE_TARGET", "ODOMETRY", "OPTICAL_FLOW_RAD", "WIND_COV",
        "CAMERA_TRIGGER", "GIMBAL_DEVICE_ATTITUDE_STATUS", "OPEN_DRONE_ID_LOCATION",
        "RAW_IMU", "SCALED_IMU2", "OPTICAL_FLOW", "SIM_STATE",
    ))  # fmt: skip
    boot_texts = ()
    plan_texts = MappingProxyType({})
    repeats_reached = 10

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return ItemTasks(vehicle, self)

    def starts_alone(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        return True

    def takeoff_text(self, vehicle: VehicleContext) -> str | None:
        return f"Using default takeoff altitude: {vehicle.params['MIS_TAKEOFF_ALT']:.1f} m"

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        return Speeds(
            vehicle.speed_m_s or max(p["MPC_XY_CRUISE"], 0.5),
            vehicle.climb_m_s or max(p["MPC_Z_V_AUTO_UP"], 0.3),
            vehicle.descend_m_s or max(p["MPC_Z_V_AUTO_DN"], 0.3),
        )

    def takeoff_speed(self, vehicle: VehicleContext) -> float:
        return max(vehicle.params["MPC_TKO_SPEED"], 0.3)

    def landing_speed(self, vehicle: VehicleContext) -> float:
        p = vehicle.params
        high, low = p["MPC_LAND_ALT1"], p["MPC_LAND_ALT2"]
        fast, slow = max(p["MPC_Z_V_AUTO_DN"], 0.3), max(p["MPC_LAND_SPEED"], 0.3)
        share = min(max((vehicle.height_m - low) / max(high - low, 0.1), 0.0), 1.0)
        return slow + share * (max(fast, slow) - slow)

    def return_steps(self, vehicle: VehicleContext) -> list[Task]:
        p = vehicle.params
        home = vehicle.home_ned()
        distance = vehicle.distance_m(home)
        cone = math.radians(p["RTL_CONE_ANG"])
        height = p["RTL_RETURN_ALT"]
        near = distance <= max(p["NAV_ACC_RAD"], p["RTL_MIN_DIST"])
        if near and cone > 0.0:
            height = p["RTL_DESCEND_ALT"]
        elif 0.0 < cone < math.pi / 2.0:
            height = min(height, max(distance / math.tan(cone), p["RTL_DESCEND_ALT"]))
        elif cone > 0.0:
            height = vehicle.height_m
        height = max(height, vehicle.height_m)
        amsl = height + (vehicle.home.alt_amsl_m if vehicle.home else vehicle.loop.home.alt_amsl_m)
        vehicle.say(f"RTL: start return at {amsl:.0f} m ({height:.0f} m above destination)")
        return [
            ClimbTo(height, slack_m=p["NAV_MC_ALT_RAD"]),
            FlyTo(vehicle.at_height(home, height), radius_m=self.acceptance_m(vehicle, 0.0)),
            ClimbTo(min(p["RTL_DESCEND_ALT"], height), slack_m=p["NAV_MC_ALT_RAD"]),
            Hold(max(p["RTL_LAND_DELAY"], 0.0) if p["RTL_LAND_DELAY"] >= 0.0 else math.inf),
            Land(vehicle.home),
        ]

    def return_lands(self, vehicle: VehicleContext) -> None:
        vehicle.say("RTL: land at destination")

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf  # losing the stream is OFFBOARD's failsafe

    def acceptance_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        asked = asked_m if math.isfinite(asked_m) else 0.0
        return asked if asked > 0.1 else max(vehicle.params["NAV_ACC_RAD"], 0.1)

    def item_yaw(self, item: MissionItem) -> float | None:
        return math.radians(item.param4) if math.isfinite(item.param4) else None

    def circle_radius_m(self, vehicle: VehicleContext, asked_m: float) -> float:  # noqa: ARG002
        return abs(asked_m) or 10.0

    def looks_ahead(self, vehicle: VehicleContext) -> bool:
        return vehicle.params["MPC_YAW_MODE"] in (0, 3, 4)

    # --- missions ---

    def refuse_item(self, item: MissionItem, seq: int) -> int:  # noqa: ARG002
        if item.mission_type:
            return ACCEPTED if item.frame in FRAMES else UNSUPPORTED_FRAME
        if item.frame == MISSION_FRAME:
            return ACCEPTED if item.command in PLAIN else UNSUPPORTED
        if item.frame not in FRAMES:
            return UNSUPPORTED_FRAME
        if item.command not in PLACED:
            return UNSUPPORTED
        if abs(item.x) > 900_000_000:
            return INVALID_PARAM5
        if abs(item.y) > 1_800_000_000:
            return INVALID_PARAM6
        return ACCEPTED if math.isfinite(item.z) else INVALID_PARAM7

    def stored(self, item: MissionItem) -> MissionItem:
        if item.mission_type or item.frame == MISSION_FRAME:
            return item
        item = replace(item, frame=FRAMES.get(item.frame, item.frame))
        match item.command:
            case 16:
                return replace(item, param3=0.0)
            case 19:
                return replace(item, param4=0.0 if math.isnan(item.param4) else item.param4)
        return item

    def reached_text(self, seq: int, command: int) -> str | None:  # noqa: ARG002
        return None

    def started_text(self, vehicle: VehicleContext, seq: int, item: MissionItem) -> str | None:  # noqa: ARG002
        if item.command != 22:
            return None
        height = (
            item.z if item.frame in (3, 6) else item.z - (vehicle.home.alt_amsl_m if vehicle.home else 0.0)
        )
        return f"Climb to {height:.1f} meters above home"

    def reports_reached(self, command: int) -> bool:
        return command != 177

    # --- modes and arming ---

    def mode_of(self, base_mode: int, main: float, sub: float) -> Mode | None:
        if not base_mode & CUSTOM or not (math.isfinite(main) and math.isfinite(sub)):
            return None
        if main > 255:  # SET_MODE carries both in one number
            return self.modes.find(int(main))
        return self.modes.find(px4_number(int(main), int(sub)))

    def prearm_faults(
        self, vehicle: VehicleContext, mode: Mode, *, mission_ok: bool, arming: bool
    ) -> list[str]:
        p = vehicle.params
        faults = []
        if not vehicle.est.ready.tilt_aligned:
            faults.append("Attitude estimate not valid")
        if mode.needs_position and (not vehicle.est.ready.gps_used or vehicle.home is None):
            faults.append("Position estimate not valid")
        if vehicle.remaining < max(p["COM_ARM_BAT_MIN"], p["BAT_CRIT_THR"]):
            faults.append("Low battery")
        if mode.behaviour is Behaviour.MISSION and not mission_ok:
            faults.append("No valid mission available")
        if arming and not mode.armable:
            faults.append(f"Mode {mode.name} does not allow arming")
        if p["NAV_DLL_ACT"] > 0 and not vehicle.ground_seen:
            faults.append("No connection to the GCS")
        return faults

    def on_refused_arming(self, vehicle: VehicleContext, faults: list[str]) -> None:
        for fault in faults:
            vehicle.say(f"Preflight Fail: {fault}", CRITICAL)
        vehicle.say("Arming denied: Resolve system health failures first", CRITICAL)

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:
        after = vehicle.params["COM_DISARM_LAND"]
        return after if after > 0.0 else math.inf

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:
        after = vehicle.params["COM_DISARM_PRFLT"]
        return after if after > 0.0 else math.inf
