"""Differences between the autopilot stacks that are plain data: texts, command results, telemetry."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AutopilotVersion:
    """AUTOPILOT_VERSION: `software` is major, minor, patch, type in a byte each, highest first."""

    software: int
    capabilities: int
    banner: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusTexts:
    """STATUSTEXTs of the stack; None where it sends none."""

    armed: str  # by command
    disarmed: str  # by command
    prearm_prefix: str  # before each failed pre-arm check
    mission_start: str | None = None  # armed in the mission's mode
    refused_disarm: str | None = None  # in the air
    takeoff: str | None = None  # detected
    landing: str | None = None  # detected
    auto_disarmed: str | None = None  # sent beside `disarmed` after a landing
    disarmed_after_landing: str | None = None  # None: as `disarmed`
    disarmed_on_ground: str | None = None  # armed for too long without takeoff; None: as `disarmed`


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResults:
    """MAV_RESULT values of commands that the stack refuses."""

    not_now: int  # not possible in the present state
    disarm_in_air: int
    invalid_arm_value: int  # COMPONENT_ARM_DISARM with a first parameter other than 0 and 1
    unknown_mode: int
    refused_mode: int  # DO_SET_MODE for a mode that cannot be entered now
    request_message: int | None  # REQUEST_MESSAGE for what is not sent; None: UNSUPPORTED or FAILED
    no_mission: int  # MISSION_START without flyable items
    reboot_when_armed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryProfile:
    """How the stack fills the messages that it streams."""

    own_messages: frozenset[str]  # streamed beside those that all stacks have in common
    unaligned_status: int  # MAV_STATE before the attitude is aligned
    active_when_armed: bool  # MAV_STATE_ACTIVE on the ground too
    heartbeat_on_change: bool  # a HEARTBEAT at once when the mode or the arming changes
    reports_vtol_state: bool
    reports_rc_receiver: bool  # in SYS_STATUS
    disables_outputs_disarmed: bool  # SYS_STATUS shows motor outputs and logging as disabled while disarmed
    position_without_gps: bool  # GLOBAL_POSITION_INT with latitude and longitude 0
    ground_speed_as_airspeed: bool  # VFR_HUD without a pitot tube
    empty_mission_total: int  # MISSION_CURRENT.total without items
    mode_without_mission: bool  # MISSION_CURRENT.mission_mode is set without items too
    sends_list_ids: bool  # MISSION_CURRENT carries the ids of mission, fence and rally points
    target_frame: int  # MAV_FRAME of POSITION_TARGET_GLOBAL_INT
    target_type_mask: int
    home_attitude: bool  # HOME_POSITION with an attitude
    disarmed_pulse_us: int  # SERVO_OUTPUT_RAW
    unused_pulse_us: int
    rc_channels_without_input: bool  # RC_CHANNELS with centred sticks
    rangefinder_param: str  # not 0: a rangefinder is fitted
    camera_feedback: bool  # images are reported with CAMERA_FEEDBACK, else with CAMERA_IMAGE_CAPTURED
