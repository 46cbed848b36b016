"""PX4. Sources: PX4-Autopilot sources (commander, navigator, mavlink), flights of 1.17."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType

from controller.autopilot_facts.facts import PX4 as FACTS_OF_PX4
from controller.autopilot_facts.facts import StackFacts
from controller.protocol.mission import behavior
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import px4_fence, px4_mission, px4_rally
from controller.protocol.mission.wire import FENCE, MISSION, RALLY
from controller.protocol.params.server import ParamBehavior, ParamStore
from controller.protocol.params.values import ParamValue
from controller.wire.enums import (
    MAV_AUTOPILOT,
    MAV_CMD,
    MAV_FRAME,
    MAV_MISSION_TYPE,
    MAV_MODE_FLAG,
    MAV_RESULT,
    MAV_STATE,
)
from controller.wire.message import Message
from hil.autopilot.control.control_step import SPOOL_S
from hil.autopilot.guidance.guidance import Speeds
from hil.autopilot.guidance.multicopter import MulticopterGuidance
from hil.autopilot.mission.item_commands import RELATIVE_FRAMES
from hil.autopilot.mission.item_numbering import ItemNumbering
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.mission_end import MissionEnding, MissionEndReaction
from hil.autopilot.mission.task import Task
from hil.autopilot.mission.tasks import ClimbTo, Face, FlyTo, Hold, Land
from hil.autopilot.services.sim_parameters import SimParameters
from hil.autopilot.stacks import px4_feasibility
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.fence_kinds import POLYGONS
from hil.autopilot.stacks.ftp.vehicle_files import VehicleFiles, px4_files
from hil.autopilot.stacks.item_results import ACCEPTED
from hil.autopilot.stacks.modes import PX4, Mode, ModeKind, px4_number
from hil.autopilot.stacks.profiles import AutopilotVersion, CommandResults, StatusTexts, TelemetryProfile
from hil.autopilot.stacks.px4_events import Px4Events
from hil.autopilot.stacks.px4_sim_parameters import Px4SimParameters
from hil.autopilot.stacks.stack_events import SentEvent
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext

GRAVITY_M_S2 = 9.80665
LIFT_OFF_LAG_S = 1.3  # from then to lift-off: measured

FACTS = StackFacts(FACTS_OF_PX4)
_REFUSAL = FACTS.table("unsupported_item")
_FEWEST_VERTICES = FACTS.table("fence_refused")["fewest_vertices"]


class Px4(AutopilotStack):
    """PX4 on a multicopter."""

    name = "px4"
    autopilot = int(MAV_AUTOPILOT.PX4)
    # Version 1.17.0 alpha 1; capabilities as it reports them.
    version = AutopilotVersion(software=0x01110040, capabilities=59647, banner=())
    failsafe = "px4"
    parameter_table = "px4"
    bytewise_params = True
    calibrates_by_texts = True
    empty_log_list_silent = FACTS.flag("empty_log_list_silent")
    param_behavior = ParamBehavior(
        checks_type=not FACTS.flag("parameter_wrong_type"),
        echoes=FACTS.integer("parameter_limits"),
        hash_leaves_out=FACTS.texts("maintained_parameters"),
    )
    system_id_param = "MAV_SYS_ID"
    injection_param = "SYS_FAILURE_EN"
    modes = PX4
    initial_mode = "LOITER"
    guided_mode = "LOITER"
    setpoint_mode = "OFFBOARD"
    keeps_setpoints = True
    hold_mode = "LOITER"
    mission_mode = "MISSION"
    return_is_mode = True
    takeoff_needs_mode = None
    restores_mode_on_disarm = True
    resets_mission_on_disarm = False
    disarms_after_any_landing = True
    results = CommandResults(
        not_now=int(MAV_RESULT.TEMPORARILY_REJECTED),
        disarm_in_air=FACTS.integer("disarm_in_air"),
        invalid_arm_value=int(MAV_RESULT.DENIED),
        unknown_mode=FACTS.integer("set_mode"),
        refused_mode=FACTS.integer("set_mode"),
        request_message=FACTS.integer("request_message"),
        no_mission=int(MAV_RESULT.DENIED),
        reboot_when_armed=int(MAV_RESULT.DENIED),
    )
    long_height_above_home = False
    supports_pause = False
    ignores_command_frame = True
    supports_set_item = False
    supports_land_start = False
    reposition_unflagged = int(MAV_RESULT.UNSUPPORTED)
    reposition_needs_flag = False
    start_selects_item = True
    set_mode_ack = int(MAV_CMD.DO_SET_MODE)
    mission_behavior = behavior.PX4
    most_items = 65_534  # navigation.h for simulations; 500 on most boards
    storages = MappingProxyType({MISSION: px4_mission(), FENCE: px4_fence(), RALLY: px4_rally()})
    numbering = ItemNumbering(first_item=FACTS.integer("first_mission_item"))
    loiters_without_mission = True
    keeps_item_on_upload = FACTS.text("current_item_after_upload") == "kept"
    repeats_reached = FACTS.integer("item_reached")
    guided_yaw_follows_course = False
    takeoff_accuracy_m = 0.8
    flies_to_takeoff_item = True
    zero_height_keeps_height = False
    telemetry = TelemetryProfile(
        own_messages=frozenset(
            (
                "SCALED_IMU",
                "HIGHRES_IMU",
                "ESTIMATOR_STATUS",
                "ALTITUDE",
                "PING",
                "HIL_STATE_QUATERNION",
                "ATTITUDE_TARGET",
            )
        ),
        unaligned_status=int(MAV_STATE.UNINIT),
        active_when_armed=True,
        heartbeat_on_change=False,
        reports_vtol_state=False,
        reports_rc_receiver=False,
        disables_outputs_disarmed=False,
        position_without_gps=False,
        ground_speed_as_airspeed=False,
        empty_mission_total=FACTS.integer("no_mission_total"),
        mode_without_mission=True,
        sends_list_ids=True,
        target_frame=int(MAV_FRAME.GLOBAL_INT),
        target_type_mask=0xFF8,
        home_attitude=True,
        disarmed_pulse_us=900,
        unused_pulse_us=900,
        rc_channels_without_input=False,
        rangefinder_param="SYS_HAS_NUM_DIST",
        camera_feedback=False,
    )
    # Streams of a ground station's link without a request (mavlink_main.cpp, MAVLINK_MODE_NORMAL) that are served here.
    default_streams = MappingProxyType(
        {
            "HEARTBEAT": 1.0,
            "ALTITUDE": 1.0,
            "ATTITUDE": 15.0,
            "ATTITUDE_QUATERNION": 10.0,
            "ATTITUDE_TARGET": 2.0,
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
    refused_requests = frozenset(("MISSION_CURRENT",))
    refused_streams = frozenset(("MISSION_CURRENT", "SIM_STATE", "HEARTBEAT"))
    silent_streams = frozenset((
        "ODOMETRY", "OPTICAL_FLOW_RAD", "WIND_COV",
        "CAMERA_TRIGGER", "GIMBAL_DEVICE_ATTITUDE_STATUS", "OPEN_DRONE_ID_LOCATION",
        "RAW_IMU", "SCALED_IMU2", "OPTICAL_FLOW", "SIM_STATE", "TIME_ESTIMATE_TO_TARGET",
    ))  # fmt: skip
    texts = StatusTexts(
        armed="Armed by external command",
        disarmed="Disarmed by external command",
        prearm_prefix="Preflight Fail: ",
        mission_start="Executing Mission",
        refused_disarm="Disarming denied: not landed",
        takeoff="Takeoff detected",
        landing="Landing detected",
        disarmed_after_landing="Disarmed by landing",
        disarmed_on_ground="Disarmed by auto preflight disarming",
    )
    events = Px4Events()
    numbers_texts = True
    repeats_prearm_faults = False
    boot_texts = ()
    plan_texts = MappingProxyType({})

    def sim_parameters(self, vehicle: VehicleContext) -> SimParameters:
        return Px4SimParameters(vehicle)

    def files(
        self,
        params: ParamStore,  # noqa: ARG002
        defaults: Sequence[ParamValue],
        banner: Callable[[], Iterable[Message]],  # noqa: ARG002
    ) -> VehicleFiles:
        return px4_files(defaults)

    def __init__(self) -> None:
        super().__init__()
        self.guidance = MulticopterGuidance()

    # --- tasks ---

    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        return ItemTasks(vehicle, self)

    def starts_mission_when_armed(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        return True

    def takeoff_mode_task(self, vehicle: VehicleContext, height_m: float | None) -> Task:
        height = vehicle.params["MIS_TAKEOFF_ALT"] if height_m is None else height_m
        return ClimbTo(height, accuracy_m=vehicle.params["NAV_MC_ALT_RAD"], takeoff=True)

    def after_mission(self, vehicle: VehicleContext, ending: MissionEnding) -> MissionEndReaction:  # noqa: ARG002
        if ending is MissionEnding.LANDED:
            return MissionEndReaction(text=FACTS.table("disarm_after_landing")["text"], disarms=True)
        return MissionEndReaction(
            mode=self.hold_mode,
            text="Mission finished, loitering",
            returns=ending is MissionEnding.RETURN,
            return_text="Returning to launch",
        )

    def takeoff_text(self, vehicle: VehicleContext) -> str | None:
        return f"Using default takeoff altitude: {vehicle.params['MIS_TAKEOFF_ALT']:.1f} m"

    # --- flight rules ---

    def speeds(self, vehicle: VehicleContext) -> Speeds:
        p = vehicle.params
        return Speeds(
            vehicle.speed_m_s or max(p["MPC_XY_CRUISE"], 0.5),
            vehicle.climb_m_s or max(p["MPC_Z_V_AUTO_UP"], 0.3),
            vehicle.descend_m_s or max(p["MPC_Z_V_AUTO_DN"], 0.3),
        )

    def motors_wait_s(self, vehicle: VehicleContext) -> float:
        # The rising limit of the climb speed passes zero where the aircraft may leave the ground.
        p = vehicle.params
        below = GRAVITY_M_S2 / max(p["MPC_Z_VEL_P_ACC"], 0.5)
        share = below / (below + max(p["MPC_Z_VEL_MAX_UP"], 0.5))
        ramp_s = max(p["MPC_TKO_RAMP_T"], 0.0) * share
        return max(p["COM_SPOOLUP_TIME"] + ramp_s + LIFT_OFF_LAG_S - SPOOL_S, 0.0)

    def landing_speed(self, vehicle: VehicleContext) -> float:
        p = vehicle.params
        high, low = p["MPC_LAND_ALT1"], p["MPC_LAND_ALT2"]
        fast, slow = max(p["MPC_Z_V_AUTO_DN"], 0.3), max(p["MPC_LAND_SPEED"], 0.3)
        blend = min(max((vehicle.height_m - low) / max(high - low, 0.1), 0.0), 1.0)
        return slow + blend * (max(fast, slow) - slow)

    def return_tasks(self, vehicle: VehicleContext) -> list[Task]:
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
        amsl = height + (vehicle.home.alt_amsl_m if vehicle.home else vehicle.core.home.alt_amsl_m)
        vehicle.speed_m_s = vehicle.climb_m_s = vehicle.descend_m_s = None
        delay_s = p["RTL_LAND_DELAY"]
        waits: list[Task] = []
        if distance <= p["RTL_MIN_DIST"]:
            waits.append(Face(vehicle.armed_yaw_rad, math.radians(p["MIS_YAW_ERR"])))
        if delay_s:
            low = ClimbTo(min(p["RTL_DESCEND_ALT"], height), accuracy_m=p["NAV_MC_ALT_RAD"])
            waits += [low, Hold(delay_s if delay_s > 0.0 else math.inf)]
        vehicle.send_text(f"RTL: start return at {amsl:.0f} m ({height:.0f} m above destination)")
        return [
            ClimbTo(height, accuracy_m=p["NAV_MC_ALT_RAD"]),
            FlyTo(vehicle.at_height(home, height), radius_m=self.acceptance_radius_m(vehicle, 0.0)),
            *waits,
            Land(vehicle.home),
        ]

    def on_return_landing(self, vehicle: VehicleContext) -> None:
        vehicle.send_text("RTL: land at destination")

    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:  # noqa: ARG002
        return math.inf  # OFFBOARD's failsafe handles a lost stream

    def acceptance_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:
        requested = requested_m if math.isfinite(requested_m) else 0.0
        return requested if requested > 0.1 else max(vehicle.params["NAV_ACC_RAD"], 0.1)

    def item_yaw(self, item: MissionItem) -> float | None:
        return math.radians(item.param4) if math.isfinite(item.param4) else None

    def circle_radius_m(self, vehicle: VehicleContext, requested_m: float) -> float:  # noqa: ARG002
        return abs(requested_m) or 10.0

    def faces_next_waypoint(self, vehicle: VehicleContext) -> bool:
        return vehicle.params["MPC_YAW_MODE"] in (0, 3, 4)

    # --- missions ---

    def refuse_item(self, item: MissionItem, seq: int) -> int:  # noqa: ARG002
        storage = px4_mission()
        match item.mission_type:
            case MAV_MISSION_TYPE.MISSION if item.frame == MAV_FRAME.MISSION:
                return ACCEPTED if item.command in storage.unplaced else int(_REFUSAL["command"])
            case MAV_MISSION_TYPE.MISSION if item.frame in storage.frames:
                return ACCEPTED if item.command in storage.placed else int(_REFUSAL["command"])
            case MAV_MISSION_TYPE.FENCE if item.frame in px4_fence().frames:
                short = item.command in POLYGONS and item.param1 + 0.5 < _FEWEST_VERTICES
                return int(FACTS.table("fence_refused")["ack"]) if short else ACCEPTED
            case MAV_MISSION_TYPE.RALLY if item.frame in px4_rally().frames:
                return ACCEPTED
        return int(_REFUSAL["frame"])

    def rejection(self, items: Sequence[MissionItem]) -> SentEvent | None:
        return px4_feasibility.rejection(items)

    def reached_text(self, seq: int, command: int) -> str | None:  # noqa: ARG002
        return None

    def started_text(self, vehicle: VehicleContext, seq: int, item: MissionItem) -> str | None:  # noqa: ARG002
        if item.command != MAV_CMD.NAV_TAKEOFF:
            return None
        home_m = vehicle.home.alt_amsl_m if vehicle.home else 0.0
        height = item.z if item.frame in RELATIVE_FRAMES else item.z - home_m
        return f"Climb to {height:.1f} meters above home"

    def reports_reached(self, command: int) -> bool:
        return bool(command != MAV_CMD.DO_JUMP)

    # --- modes, arming, commands ---

    def mode_of(self, base_mode: int, main: float, sub: float) -> Mode | None:
        if not base_mode & MAV_MODE_FLAG.CUSTOM_MODE_ENABLED or not (
            math.isfinite(main) and math.isfinite(sub)
        ):
            return None
        if main > 255:  # SET_MODE has main and sub mode in one number
            return self.modes.find(int(main))
        return self.modes.find(px4_number(int(main), int(sub)))

    def on_refused_mode(self, vehicle: VehicleContext, mode: Mode, reason: str) -> None:
        vehicle.send_text(f"Switching to mode '{mode.name}' is currently not available: {reason}", CRITICAL)

    def on_unknown_mode(self, vehicle: VehicleContext, requested: str) -> None:  # noqa: ARG002
        vehicle.send_text("Unsupported mode", CRITICAL)

    def reposition_yaw_rad(self, yaw: float) -> float:
        return yaw

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
        if mode.kind is ModeKind.MISSION and not mission_ok:
            faults.append("No valid mission available")
        if arming and not mode.armable:
            faults.append(f"Mode {mode.name} does not allow arming")
        if p["NAV_DLL_ACT"] > 0 and not vehicle.gcs_connected:
            faults.append("No connection to the GCS")
        return faults

    def send_checks(self, vehicle: VehicleContext, faults: Sequence[str]) -> None:
        vehicle.outbox += vehicle.events.report(faults, vehicle.time_s, always=True)

    def on_refused_arming(self, vehicle: VehicleContext, faults: list[str]) -> None:  # noqa: ARG002
        # Why is said by the events of the health report alone.
        vehicle.send_text("Arming denied: Resolve system health failures first", CRITICAL)

    def landed_disarm_s(self, vehicle: VehicleContext) -> float:
        after = vehicle.params["COM_DISARM_LAND"]
        return after if after > 0.0 else math.inf

    def idle_disarm_s(self, vehicle: VehicleContext) -> float:
        after = vehicle.params["COM_DISARM_PRFLT"]
        return after if after > 0.0 else math.inf
