"""Differences between the autopilot stacks, as data and small decisions. The flying itself is shared.

`hil.autopilot.stacks.ardupilot` and `hil.autopilot.stacks.px4` fill this in. No other file asks which stack it serves.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar

from controller.protocol.mission.behavior import MissionBehavior
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import ListStorage
from controller.protocol.params.server import ParamBehavior, ParamStore
from controller.protocol.params.values import ParamValue
from controller.wire.message import Message
from hil.airframes.load import Airframe
from hil.autopilot.control.setpoints import Setpoint
from hil.autopilot.mission.command_actions import change_speed
from hil.autopilot.mission.item_tasks import ItemTasks
from hil.autopilot.mission.mission_end import MissionEnding, MissionEndReaction
from hil.autopilot.mission.task import FlightRules, Task
from hil.autopilot.mission.tasks import ClimbTo
from hil.autopilot.services.rc_input import RcInput
from hil.autopilot.services.sim_parameters import SimParameters
from hil.autopilot.stacks.fence_kinds import FenceKinds
from hil.autopilot.stacks.ftp.vehicle_files import VehicleFiles
from hil.autopilot.stacks.item_results import ACCEPTED
from hil.autopilot.stacks.modes import Mode, ModeTable
from hil.autopilot.stacks.profiles import AutopilotVersion, CommandResults, StatusTexts, TelemetryProfile
from hil.autopilot.stacks.stack_events import NO_STACK_EVENTS, SentEvent, StackEvents
from hil.autopilot.vehicle_context import CRITICAL, VehicleContext


class AutopilotStack(FlightRules):
    """One autopilot stack on one kind of vehicle."""

    name: ClassVar[str]
    autopilot: ClassVar[int]  # MAV_AUTOPILOT
    version: ClassVar[AutopilotVersion]
    failsafe: ClassVar[str]  # key of `hil.autopilot.failsafe.make.FAILSAFES`

    # --- parameters ---
    parameter_table: ClassVar[str]
    bytewise_params: ClassVar[bool]
    param_behavior: ClassVar[ParamBehavior]
    empty_log_list_silent: ClassVar[
        bool
    ]  # the list of logs, of which a simulated vehicle has none, is not answered
    system_id_param: ClassVar[str]
    injection_param: ClassVar[str | None]  # not 0: INJECT_FAILURE is accepted; None: not supported

    # --- modes ---
    modes: ClassVar[ModeTable]
    initial_mode: ClassVar[str]
    guided_mode: ClassVar[str]  # mode of DO_REPOSITION
    setpoint_mode: ClassVar[str]  # mode that flies SET_POSITION_TARGET_*
    keeps_setpoints: ClassVar[bool]  # the latest setpoint from outside its mode is kept
    hold_mode: ClassVar[str]
    mission_mode: ClassVar[str]
    return_is_mode: ClassVar[bool]  # an RTL item ends the mission and changes the mode
    takeoff_needs_mode: ClassVar[
        str | None
    ]  # NAV_TAKEOFF is only obeyed in this mode; None: it changes to its own

    # --- arming ---
    restores_mode_on_disarm: ClassVar[bool]  # back to the last mode that allows arming
    resets_mission_on_disarm: ClassVar[bool]
    announces_restart: ClassVar[bool] = True  # the text of the first item, when a landing resets the mission
    disarms_after_any_landing: ClassVar[bool]  # not only after landings that a mode or a mission commanded

    # --- commands ---
    results: ClassVar[CommandResults]
    long_height_above_home: ClassVar[
        bool
    ]  # heights of COMMAND_LONG are above home, else above mean sea level
    ignores_command_frame: ClassVar[bool]  # heights of COMMAND_INT are above mean sea level in every frame
    calibrates_by_texts: ClassVar[bool]  # status texts lead through a calibration, else messages of its own
    supports_pause: ClassVar[bool]  # DO_PAUSE_CONTINUE
    supports_set_item: ClassVar[bool]  # DO_SET_MISSION_CURRENT
    supports_land_start: ClassVar[bool]  # DO_LAND_START
    reposition_unflagged: ClassVar[
        int | None
    ]  # MAV_RESULT of DO_REPOSITION without its flag; None: by the mode
    reposition_needs_flag: ClassVar[bool]  # DO_REPOSITION changes the mode only with MAV_DO_REPOSITION_FLAGS
    start_selects_item: ClassVar[bool]  # MISSION_START begins at its first parameter; else it must be 0
    set_mode_ack: ClassVar[int]  # command number in the COMMAND_ACK of a SET_MODE message

    # --- missions ---
    mission_behavior: ClassVar[MissionBehavior]
    most_items: ClassVar[int]  # of one list; more are refused for lack of space
    storages: ClassVar[Mapping[int, ListStorage]]  # MAV_MISSION_TYPE -> how the list is stored
    loiters_without_mission: ClassVar[bool]  # in flight, with a mission that was cleared or is finished
    keeps_item_on_upload: ClassVar[bool]  # the number of the current item outlasts an upload
    repeats_reached: ClassVar[int]  # how many times MISSION_ITEM_REACHED is sent, once a second

    # --- telemetry ---
    telemetry: ClassVar[TelemetryProfile]
    default_streams: ClassVar[Mapping[str, float]]  # message name -> Hz before any request
    refused_requests: ClassVar[frozenset[str]]  # streamed, but not sent by REQUEST_MESSAGE
    refused_streams: ClassVar[frozenset[str]]  # SET_MESSAGE_INTERVAL for these fails
    silent_streams: ClassVar[frozenset[str]]  # may be requested, but are not simulated

    # --- texts ---
    texts: ClassVar[StatusTexts]
    events: ClassVar[StackEvents] = NO_STACK_EVENTS
    numbers_texts: ClassVar[bool]
    repeats_prearm_faults: ClassVar[bool]  # every 30 s while disarmed
    boot_texts: ClassVar[tuple[tuple[str, str], ...]]  # milestone ("boot", "tilt", "home"), text
    plan_texts: ClassVar[Mapping[int, str]]  # MAV_MISSION_TYPE -> text after an upload

    @staticmethod
    def defaults(airframe: Airframe) -> dict[str, float]:  # noqa: ARG004
        """Return the parameter defaults that follow from the airframe."""
        return {}

    @abstractmethod
    def sim_parameters(self, vehicle: VehicleContext) -> SimParameters:
        """Return the handler of the stack's SIM_ parameters."""

    @abstractmethod
    def files(
        self,
        params: ParamStore,
        defaults: Sequence[ParamValue],
        banner: Callable[[], Iterable[Message]],
    ) -> VehicleFiles:
        """Return the files that it serves over MAVLink FTP; `banner` makes the texts after a request for parameters."""

    # --- tasks ---

    @abstractmethod
    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        """Return the converter from mission items to tasks."""

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:  # noqa: ARG002
        """Return the first task of a mode where the stack has its own; None for the common one."""
        return None

    def takeoff_mode_task(self, vehicle: VehicleContext, height_m: float | None) -> Task:  # noqa: ARG002
        """Return the task of the takeoff mode; `height_m` is above home, None for the default height."""
        return ClimbTo(height_m or 0.0, takeoff=True)

    def manual_setpoint(
        self,
        vehicle: VehicleContext,  # noqa: ARG002
        rc_input: RcInput,  # noqa: ARG002
        mode: Mode,  # noqa: ARG002
    ) -> Setpoint | None:
        """Return the setpoint of RC input in a manual mode where the stack has its own; None for the common one."""
        return None

    def flies_when_armed(self) -> bool:
        """Return whether the vehicle needs no takeoff."""
        return False

    @abstractmethod
    def starts_mission_when_armed(self, vehicle: VehicleContext) -> bool:
        """Return whether a mission starts on the ground without MISSION_START or a raised throttle."""

    def may_start_mission(self, vehicle: VehicleContext, *, takes_off: bool) -> bool:  # noqa: ARG002
        """Return whether a mission may start on the ground; `takes_off`: its first item is a takeoff."""
        return True

    def restarts_mission(self, vehicle: VehicleContext) -> bool:  # noqa: ARG002
        """Return whether a mission starts at its first item each time its mode is entered."""
        return False

    @abstractmethod
    def after_mission(self, vehicle: VehicleContext, ending: MissionEnding) -> MissionEndReaction:
        """Return the reaction to the end of a mission."""

    def takeoff_task(self, vehicle: VehicleContext, height_m: float) -> Task:  # noqa: ARG002
        """Return the task of NAV_TAKEOFF in a guided mode."""
        return ClimbTo(height_m, takeoff=True)

    def takeoff_text(self, vehicle: VehicleContext) -> str | None:  # noqa: ARG002
        """Return the text of the takeoff mode with its default height."""
        return None

    def tune_core(self, vehicle: VehicleContext) -> None:
        """Give the control core the limits and gains of the parameters; called at 10 Hz."""

    def change_speed(self, vehicle: VehicleContext, kind: float, speed_m_s: float) -> bool:
        """Carry out DO_CHANGE_SPEED; `kind` is a SPEED_TYPE. Return whether it is valid."""
        return change_speed(vehicle, kind, speed_m_s)

    # --- missions ---

    @abstractmethod
    def refuse_item(self, item: MissionItem, seq: int) -> int:
        """Return the MAV_MISSION_RESULT for an uploaded item."""

    def refuse_list(self, items: Sequence[MissionItem], mission_type: int) -> int:  # noqa: ARG002
        """Return the MAV_MISSION_RESULT for a complete list whose items were accepted."""
        return ACCEPTED

    def loses_fence_after_s(
        self,
        before: FenceKinds,  # noqa: ARG002
        fence: Sequence[MissionItem],  # noqa: ARG002
        now_s: float,  # noqa: ARG002
    ) -> float:
        """Return the seconds after which the stack drops an acknowledged fence; infinite for never."""
        return math.inf

    def infeasible(self, items: Sequence[MissionItem]) -> bool:
        """Return whether the stack rejects an accepted mission afterwards."""
        return self.rejection(items) is not None

    def rejection(self, items: Sequence[MissionItem]) -> SentEvent | None:  # noqa: ARG002
        """Return the event that says why the stack rejects an accepted mission; None where it does not."""
        return None

    def send_checks(self, vehicle: VehicleContext, faults: Sequence[str]) -> None:
        """Send the failed pre-arm checks, when a ground station asks for them."""
        for fault in faults:
            vehicle.send_text(self.texts.prearm_prefix + fault, CRITICAL)

    def stored(self, item: MissionItem) -> MissionItem:
        """Return the item as a download of this stack returns it."""
        return self.storages[item.mission_type].stored(item)

    @abstractmethod
    def reached_text(self, seq: int, command: int) -> str | None:
        """Return the text for an item that was reached."""

    @abstractmethod
    def started_text(self, vehicle: VehicleContext, seq: int, item: MissionItem) -> str | None:
        """Return the text for an item that starts."""

    @abstractmethod
    def reports_reached(self, command: int) -> bool:
        """Return whether MISSION_ITEM_REACHED is sent for this command."""

    # --- modes, arming, commands ---

    @abstractmethod
    def mode_of(self, base_mode: int, main: float, sub: float) -> Mode | None:
        """Return the mode of DO_SET_MODE's three parameters, or of SET_MODE's fields."""

    @abstractmethod
    def on_refused_mode(self, vehicle: VehicleContext, mode: Mode, reason: str) -> None:
        """Send the text of a mode change that was refused."""

    @abstractmethod
    def on_unknown_mode(self, vehicle: VehicleContext, requested: str) -> None:
        """Send the text for a mode that does not exist."""

    @abstractmethod
    def reposition_yaw_rad(self, yaw: float) -> float:
        """Return the heading of DO_REPOSITION in rad, NaN for none."""

    @abstractmethod
    def prearm_faults(
        self, vehicle: VehicleContext, mode: Mode, *, mission_ok: bool, arming: bool
    ) -> list[str]:
        """Return the failed pre-arm checks in the stack's words; `arming`: at arming, not only for reports."""

    @abstractmethod
    def on_refused_arming(self, vehicle: VehicleContext, faults: list[str]) -> None:
        """Send the texts of an arming that was refused."""

    @abstractmethod
    def landed_disarm_s(self, vehicle: VehicleContext) -> float:
        """Return the seconds on the ground after a landing until the motors stop; infinite for never."""

    @abstractmethod
    def idle_disarm_s(self, vehicle: VehicleContext) -> float:
        """Return the seconds armed without takeoff until the motors stop; infinite for never."""
