"""Interface of an autopilot stack: all differences between autopilots.

All other code uses an aircraft through `Autopilot`: mode names, the steps of a procedure, the upload form of a plan
and the allowed read-back changes. A procedure is data (a tuple of steps); `controller.vehicle` executes the steps, so
that waiting, refusals and verification are the same for every aircraft.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase

from controller.autopilots.commands import HasCommand, navigation_numbers
from controller.autopilots.plan_checks import Climb, PlanContext, height_findings, kind_findings
from controller.autopilots.procedures import (
    Procedure,
    ProcedureUnavailable,
    SendCommand,
    SetMode,
)
from controller.autopilots.readback import ReadbackDifference, compare_items, no_change_allowed
from controller.autopilots.refusals import Cure
from controller.autopilots.state_view import StateView
from controller.autopilots.vehicle_class import VehicleClass
from controller.missions.checks.findings import Finding
from controller.missions.checks.items import Capabilities
from controller.missions.commands import POINTS_TO_AN_ITEM
from controller.missions.plan import Home
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.storage import ListStorage
from controller.protocol.mission.wire import MISSION
from controller.wire.enums import MAV_CMD, SPEED_TYPE


@dataclass(frozen=True, slots=True)
class ModeRequest:
    """Parameters of MAV_CMD_DO_SET_MODE."""

    base_mode: int
    custom_mode: int
    custom_submode: int = 0


@dataclass(frozen=True, slots=True)
class WirePlan:
    """Mission items for the upload to this autopilot. `notes` list the changes from the plan."""

    items: tuple[MissionItem, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FenceSettling:
    """Times of an autopilot that may drop a fence which it has acknowledged, in seconds.

    `clear_wait_s`: from clearing a fence of another kind to the upload; `count_after_s`: from the upload until the
    fence counts as stored.
    """

    clear_wait_s: float
    count_after_s: float


class MissionEnd(Enum):
    """State of the aircraft after the mission."""

    LANDED = "on the ground, disarmed"
    HOLDING = "in the air, holding position"


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """Message to stream and its rate. `may_refuse`: the autopilot is known to refuse it, and that is no error."""

    message: str
    rate_hz: float
    may_refuse: bool = False


class Autopilot(ABC):
    """Autopilot stack on a vehicle class. Objects have no state."""

    name: str
    packs_params: bool = False
    """Whether it serves all parameters with their defaults in a file, `@PARAM/param.pck`, over MAVLink FTP."""
    bytewise_params: bool
    """Encoding of integers in PARAM_VALUE: their bytes (True), or cast to float (False)."""
    first_seq: int
    """Sequence number of the plan's first item: 1 if item 0 is home, else 0."""
    fence_settling: FenceSettling | None = None
    """Set if an acknowledged fence may be dropped a moment later."""
    rejected_mission_state: int | None = None
    """MISSION_STATE of a mission that was acknowledged and rejected afterwards; None where that does not happen."""
    log_folders: tuple[str, ...] = ()
    """Log folders for MAVLink FTP, the usual ones first."""
    empty_log_list_silent: bool = False
    """Whether the log service sends nothing where there are no logs."""
    log_numbers_in_order: bool = False
    """Whether the log service numbers logs by age; PX4 numbers them in the order of the SD card's directory."""

    maintained_params: tuple[str, ...] = ()
    """Patterns of parameters that the autopilot changes itself: statistics, counters, calibration found in flight."""
    reboot_params: tuple[str, ...] = ()
    """Parameters that take effect only after a restart, as far as the autopilot's metadata are known here."""
    lists_all_params: bool = True
    """Whether a parameter that is in no list does not exist."""

    def __init__(self, kind: VehicleClass) -> None:
        self.kind = kind

    def needs_home(self, items: Sequence[MissionItem]) -> bool:  # noqa: ARG002
        """Return whether the upload form of the items depends on the home position."""
        return False

    def maintains(self, param: str) -> bool:
        """Return whether the autopilot changes this parameter itself, so that a saved value is not written back."""
        return any(fnmatchcase(param, pattern) for pattern in self.maintained_params)

    # Modes

    @property
    @abstractmethod
    def modes(self) -> Mapping[str, ModeRequest]:
        """All modes by name, in upper case."""

    @abstractmethod
    def mode_name(self, base_mode: int, custom_mode: int) -> str:
        """Return the mode name of a HEARTBEAT; `MODE 123` for an unknown mode."""

    @property
    @abstractmethod
    def mission_modes(self) -> frozenset[str]:
        """Modes in which the aircraft flies its mission."""

    @property
    @abstractmethod
    def modes_set_by_mission(self) -> frozenset[str]:
        """Modes that the mission itself can set, by a return or landing item or at its end."""

    @property
    @abstractmethod
    def mode_roles(self) -> Mapping[str, str]:
        """Modes for the roles "mission", "hold", "guided", "return", "land", "takeoff", if they exist."""

    def mode_for(self, role_or_name: str) -> str:
        """Return the name of a mode given by role or name, in any case.

        Raises ProcedureUnavailable with the known names.
        """
        name = self.mode_roles.get(role_or_name.lower(), role_or_name.upper())
        if name not in self.modes:
            raise ProcedureUnavailable(
                f"{self.name} {self.kind.value} has no mode {role_or_name!r}; "
                f"use one of {', '.join(sorted(self.modes))}"
            )
        return name

    def mode_request(self, name: str) -> SendCommand:
        """Return the command that sets a mode of `modes`."""
        mode = self.modes[name]
        return SendCommand(
            command=MAV_CMD.DO_SET_MODE,
            p1=mode.base_mode,
            p2=mode.custom_mode,
            p3=mode.custom_submode,
        )

    # Procedures

    @abstractmethod
    def arming_blockers(self, state: StateView) -> tuple[str, ...]:
        """Return the reasons why the aircraft would not arm now; empty if none is known."""

    def refusal_cure(self, reason: str, state: StateView) -> Cure:  # noqa: ARG002
        """Return whether waiting ends a reason against arming that the aircraft gave as status text or event."""
        return Cure.UNKNOWN

    @abstractmethod
    def start_mission(self, items: Sequence[MissionItem], state: StateView) -> Procedure:
        """Return the procedure that starts a mission on the ground, disarmed or armed; `items` are without home."""

    @abstractmethod
    def takeoff(self, alt_m: float, state: StateView) -> Procedure:
        """Return the procedure to take off to `alt_m` above home and hold there."""

    @abstractmethod
    def goto(self, lat_deg: float, lon_deg: float, alt_m: float, state: StateView) -> Procedure:
        """Return the procedure to fly to a position, `alt_m` above home, and hold there."""

    def change_speed(self, speed_m_s: float) -> Procedure:
        """Return the procedure that changes the speed: airspeed on wings, else ground speed."""
        wings = self.kind in (VehicleClass.PLANE, VehicleClass.VTOL)
        kind = SPEED_TYPE.AIRSPEED if wings else SPEED_TYPE.GROUNDSPEED
        return (SendCommand(command=MAV_CMD.DO_CHANGE_SPEED, p1=kind, p2=speed_m_s, p3=-1.0),)

    def pause(self) -> Procedure:
        """Return the procedure to pause the mission and hold position."""
        return (SetMode(self.mode_for("hold")),)

    def resume(self) -> Procedure:
        """Return the procedure to resume the mission."""
        return (SetMode(self.mode_for("mission")),)

    def return_home(self) -> Procedure:
        """Return the procedure to return to launch."""
        return (SetMode(self.mode_for("return")),)

    def land(self) -> Procedure:
        """Return the procedure to land at the current position."""
        return (SetMode(self.mode_for("land")),)

    # Checks before takeoff

    def capabilities(self, mav_type: int) -> Capabilities:
        """Return what an aircraft of this MAV_TYPE can do on this autopilot."""
        return Capabilities.of_type(mav_type)

    def plan_findings(self, context: PlanContext) -> tuple[Finding, ...]:
        """Return the findings of a plan on this aircraft: another kind of vehicle, heights of a return, ..."""
        return (
            *kind_findings(context.plan, self.kind),
            *height_findings(self.climbs(context), context.limits),
        )

    def climbs(self, context: PlanContext) -> tuple[Climb, ...]:  # noqa: ARG002
        """Return the heights that the autopilot may climb to by itself, of the parameters that have been read."""
        return ()

    @property
    def checked_params(self) -> tuple[tuple[str, ...], ...]:
        """Parameters that `plan_findings` uses: alternative names of one parameter, the newest first."""
        return ()

    def unavailable(self, command: str, items: Sequence[HasCommand]) -> str:  # noqa: ARG002
        """Return why the aircraft cannot `hold`, `return` or `land` on command with this mission, "" if it can."""
        try:
            {"hold": self.pause, "return": self.return_home, "land": self.land}[command]()
        except ProcedureUnavailable as error:
            return str(error)
        return ""

    def failsafe_named(self, text: str) -> str | None:  # noqa: ARG002
        """Return the failsafe that a status text or event names, such as "battery failsafe"; None for other texts."""
        return None

    # Missions

    @abstractmethod
    def wire_plan(self, items: Sequence[MissionItem], home: Home | None) -> WirePlan:
        """Return the plan's items for the upload (numbered from `first_seq`), with the home item if the autopilot has
        one.
        """

    @abstractmethod
    def storage(self, mission_type: int) -> ListStorage | None:
        """Return how this autopilot stores a list (MAV_MISSION_TYPE); None if it must read back unchanged."""

    def readback_differences(
        self, sent: Sequence[MissionItem], received: Sequence[MissionItem], mission_type: int = MISSION
    ) -> tuple[ReadbackDifference, ...]:
        """Return every field that reads back changed, with the reason if this autopilot's storage allows the change."""
        storage = self.storage(mission_type)
        return compare_items(sent, received, storage.changes if storage else no_change_allowed)

    def plan_items(self, received: Sequence[MissionItem]) -> tuple[MissionItem, ...]:
        """Return the plan's items of a mission read from the aircraft: without home, and with item numbers in jumps."""
        return tuple(
            replace(item, param1=item.param1 + 1 - self.first_seq)
            if item.command in POINTS_TO_AN_ITEM
            else item
            for item in received[self.first_seq :]
        )

    def seq_of(self, number: int) -> int:
        """Return the sequence number of the plan's item `number` (from 1)."""
        return number - 1 + self.first_seq

    def number_of(self, seq: int) -> int | None:
        """Return the plan's item number (from 1) of a sequence number; None for home."""
        return seq + 1 - self.first_seq or None

    def start_seqs(self, items: Sequence[MissionItem]) -> range:
        """Return the sequence numbers of the current item with which a mission begins at its first item.

        Home counts, and so does the first navigation item: items before it need no flying.
        """
        return range(self.seq_of(min(navigation_numbers(items), default=1)) + 1)

    def passed_over(self, items: Sequence[MissionItem], number: int) -> range:
        """Return the sequence numbers of the current item with which a mission goes on at item `number`.

        They end with the next navigation item: items before it need no flying.
        """
        later = (one for one in navigation_numbers(items) if one >= number)
        return range(self.seq_of(number), self.seq_of(next(later, number)) + 1)

    @abstractmethod
    def mission_end(self, items: Sequence[MissionItem]) -> MissionEnd:
        """Return the state of the aircraft at the end of a mission with these items."""

    # Telemetry

    @property
    @abstractmethod
    def streams(self) -> tuple[StreamRequest, ...]:
        """Messages to request, with the rates for a good link."""
