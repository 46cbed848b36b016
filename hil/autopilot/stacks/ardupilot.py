"""Base of ArduCopter, ArduPlane and ArduRover. Sources: AP_Mission and GCS_MAVLink, and flights of 4.7."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from types import MappingProxyType
from typing import ClassVar

from controller.autopilot_facts.facts import ARDUPILOT, StackFacts
from controller.protocol.mission import behavior
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import ardupilot_fence, ardupilot_mission, ardupilot_rally
from controller.protocol.mission.wire import FENCE, MISSION, RALLY
from controller.protocol.params.server import ParamBehavior, ParamStore
from controller.protocol.params.values import ParamValue
from controller.wire.enums import MAV_AUTOPILOT, MAV_FRAME, MAV_MODE_FLAG, MAV_RESULT, MAV_STATE
from controller.wire.message import Message
from hil.autopilot.mission.item_numbering import ItemNumbering
from hil.autopilot.services.sim_parameters import SimParameters
from hil.autopilot.stacks import ardupilot_items as known
from hil.autopilot.stacks.ardupilot_sim_parameters import ArduPilotSimParameters
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.stacks.fence_kinds import CIRCLES, FenceKinds
from hil.autopilot.stacks.ftp.vehicle_files import VehicleFiles, ardupilot_files
from hil.autopilot.stacks.item_results import ACCEPTED, UNSUPPORTED, UNSUPPORTED_FRAME
from hil.autopilot.stacks.modes import Mode, ModeKind
from hil.autopilot.stacks.profiles import CommandResults, StatusTexts, TelemetryProfile
from hil.autopilot.vehicle_context import CRITICAL, WARNING, VehicleContext

FACTS = StackFacts(ARDUPILOT)
SET_MODE_MESSAGE = 11
# Version 4.7.0-dev; capabilities as it reports them.
SOFTWARE, CAPABILITIES = 0x04070000, 64495
BOOT_TEXTS = (
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


class ArduPilot(AutopilotStack):
    """Members that all ArduPilot vehicles share."""

    name = "ardupilot"
    autopilot = int(MAV_AUTOPILOT.ARDUPILOTMEGA)
    accepted_commands: ClassVar[frozenset[int]] = frozenset(known.ACCEPTED_COMMANDS)
    bytewise_params = False
    calibrates_by_texts = False
    empty_log_list_silent = FACTS.flag("empty_log_list_silent")
    param_behavior = ParamBehavior(
        sends_errors=FACTS.flag("unknown_parameter"), cuts_to_type=FACTS.flag("parameter_integers")
    )
    system_id_param = "MAV_SYSID"
    injection_param = None
    guided_mode = "GUIDED"
    setpoint_mode = "GUIDED"
    keeps_setpoints = False
    mission_mode = "AUTO"
    takeoff_needs_mode = "GUIDED"
    restores_mode_on_disarm = False
    resets_mission_on_disarm = True
    disarms_after_any_landing = False
    results = CommandResults(
        not_now=int(MAV_RESULT.FAILED),
        disarm_in_air=int(MAV_RESULT.FAILED),
        invalid_arm_value=int(MAV_RESULT.UNSUPPORTED),
        unknown_mode=int(MAV_RESULT.FAILED),
        refused_mode=int(MAV_RESULT.FAILED),
        request_message=None,
        no_mission=int(MAV_RESULT.FAILED),
        reboot_when_armed=int(MAV_RESULT.FAILED),
    )
    long_height_above_home = True
    supports_pause = True
    ignores_command_frame = False
    supports_set_item = True
    supports_land_start = False
    reposition_unflagged = None
    reposition_needs_flag = True
    start_selects_item = False
    set_mode_ack = SET_MODE_MESSAGE
    mission_behavior = behavior.ARDUPILOT
    most_items = 724  # 16 kB of storage, as in its own simulator
    storages = MappingProxyType(
        {MISSION: ardupilot_mission(winged=False), FENCE: ardupilot_fence(), RALLY: ardupilot_rally()}
    )
    numbering = ItemNumbering(first_item=FACTS.integer("home_item"))
    loiters_without_mission = False
    keeps_item_on_upload = FACTS.text("current_item_after_upload") == "kept"
    repeats_reached = 1
    guided_yaw_follows_course = True
    takeoff_accuracy_m = 0.3
    flies_to_takeoff_item = False
    zero_height_keeps_height = True
    telemetry = TelemetryProfile(
        own_messages=frozenset(("RANGEFINDER", "RAW_IMU", "SCALED_IMU2", "EKF_STATUS_REPORT", "SIMSTATE")),
        unaligned_status=int(MAV_STATE.BOOT),
        active_when_armed=False,
        heartbeat_on_change=True,
        reports_vtol_state=True,
        reports_rc_receiver=True,
        disables_outputs_disarmed=True,
        position_without_gps=True,
        ground_speed_as_airspeed=True,
        empty_mission_total=FACTS.integer("no_mission_total"),
        mode_without_mission=False,
        sends_list_ids=False,
        target_frame=int(MAV_FRAME.GLOBAL),
        target_type_mask=0xFDF8,
        home_attitude=False,
        disarmed_pulse_us=1000,
        unused_pulse_us=0,
        rc_channels_without_input=True,
        rangefinder_param="RNGFND1_TYPE",
        camera_feedback=True,
    )
    default_streams = MappingProxyType({"HEARTBEAT": 1.0})
    refused_requests = frozenset()
    refused_streams = frozenset()
    silent_streams = frozenset((
        "SCALED_PRESSURE2", "SCALED_IMU3", "SIM_STATE", "AHRS", "AHRS2",
        "POWER_STATUS", "MEMINFO", "GPS2_RAW", "WIND", "TERRAIN_REPORT", "RPM", "ESC_TELEMETRY_1_TO_4",
        "RC_CHANNELS_RAW", "FENCE_STATUS", "MOUNT_STATUS",
    ))  # fmt: skip
    texts = StatusTexts(armed="Throttle armed", disarmed="Throttle disarmed", prearm_prefix="PreArm: ")
    numbers_texts = False
    repeats_prearm_faults = True
    boot_texts: ClassVar[tuple[tuple[str, str], ...]] = BOOT_TEXTS
    plan_texts = MappingProxyType({int(kind): text for kind, text in FACTS.table("mission_texts").items()})

    def sim_parameters(self, vehicle: VehicleContext) -> SimParameters:
        return ArduPilotSimParameters(vehicle)

    def files(
        self, params: ParamStore, defaults: Sequence[ParamValue], banner: Callable[[], Iterable[Message]]
    ) -> VehicleFiles:
        return ardupilot_files(params, defaults, banner)

    def starts_mission_when_armed(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        return True

    def arms_in_mission(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        """Return whether the vehicle may be armed in the mission's mode."""
        return True

    def restarts_mission(self, vehicle: VehicleContext) -> bool:
        return bool(vehicle.params["MIS_RESTART"])

    def item_yaw(self, item: MissionItem) -> float | None:  # noqa: ARG002
        return None

    # --- missions ---

    def refuse_item(self, item: MissionItem, seq: int) -> int:
        if item.mission_type == 0:
            if seq == 0:
                return ACCEPTED  # any item is accepted as home
            if item.command not in self.accepted_commands:
                return UNSUPPORTED
            if bad := known.not_a_number(item):
                return bad
        if item.mission_type or item.command in known.PLACED:
            if item.frame not in known.FRAMES[item.mission_type]:
                return UNSUPPORTED_FRAME
            return known.bad_place(item)
        return ACCEPTED

    def loses_fence_after_s(self, before: FenceKinds, fence: Sequence[MissionItem], now_s: float) -> float:
        times = FACTS.table("fence_kind_replaced")
        only_circles = bool(fence) and all(item.command in CIRCLES for item in fence)
        if only_circles and before.had_polygon(now_s, within_s=times["clear_wait_s"]):
            return float(times["gone_after_s"])
        return math.inf

    def refuse_list(self, items: Sequence[MissionItem], mission_type: int) -> int:
        return known.bad_fence(items) if mission_type == FENCE else ACCEPTED

    def reached_text(self, seq: int, command: int) -> str | None:  # noqa: ARG002
        return None  # the task sends it, with the distance

    def started_text(self, vehicle: VehicleContext, seq: int, item: MissionItem) -> str | None:  # noqa: ARG002
        return f"Mission: {seq} {known.NAMES.get(item.command, '?')}"

    def reports_reached(self, command: int) -> bool:
        return command in known.REPORTS_REACHED

    # --- modes, arming, commands ---

    def mode_of(self, base_mode: int, main: float, sub: float) -> Mode | None:  # noqa: ARG002
        if not base_mode & MAV_MODE_FLAG.CUSTOM_MODE_ENABLED or not math.isfinite(main):
            return None
        return self.modes.find(int(main))

    def on_refused_mode(self, vehicle: VehicleContext, mode: Mode, reason: str) -> None:
        vehicle.send_text(f"Mode change to {mode.name} failed: {reason}", WARNING)

    def on_unknown_mode(self, vehicle: VehicleContext, requested: str) -> None:
        vehicle.send_text(f"No such mode {requested}", CRITICAL)

    def reposition_yaw_rad(self, yaw: float) -> float:
        return math.radians(yaw) if yaw else math.nan

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
        if vehicle.breached_fences:
            faults.append(f"Vehicle breaching {vehicle.breached_fences}")
        volts = vehicle.sensors.battery_v
        if volts < p["BATT_CRT_VOLT"]:
            faults.append("Battery 1 critical voltage failsafe")
        elif volts < p["BATT_LOW_VOLT"]:
            faults.append("Battery 1 low voltage failsafe")
        elif volts < p["BATT_ARM_VOLT"]:
            faults.append("Battery 1 below minimum arming voltage")
        in_auto = mode.kind is ModeKind.MISSION and self.arms_in_mission(vehicle)
        if int(p["ARMING_SKIPCHK"]) == -1:
            faults = []
        if arming and not mode.armable and not in_auto:
            faults.append(f"{mode.name} mode not armable")
        return faults

    def on_refused_arming(self, vehicle: VehicleContext, faults: list[str]) -> None:
        for fault in faults:
            vehicle.send_text(f"Arm: {fault}", CRITICAL)
