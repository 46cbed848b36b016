"""What makes one autopilot stack differ from another, as data and small decisions. The flying itself is shared.

`hil.autopilot.stacks.arducopter` and `hil.autopilot.stacks.px4` fill this in; nothing else asks which stack it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.store import MissionBehavior
from hil.autopilot.stacks.modes import Mode, ModeTable

if TYPE_CHECKING:
    from hil.autopilot.control.setpoints import Setpoint
    from hil.autopilot.mission.item_tasks import ItemTasks
    from hil.autopilot.mission.tasks import Task
    from hil.autopilot.services.rc_input import RcInput
    from hil.autopilot.vehicle_context import VehicleContext

# MAV_MISSION_RESULT
ACCEPTED, UNSUPPORTED_FRAME, UNSUPPORTED, INVALID, INVALID_PARAM5, INVALID_PARAM6, INVALID_PARAM7 = (
    0,
    2,
    3,
    5,
    10,
    11,
    12,
)


@dataclass(frozen=True, slots=True)
class Speeds:
    """All positive, m/s."""

    cruise_m_s: float
    climb_m_s: float
    descend_m_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """AUTOPILOT_VERSION: `software` is major, minor, patch, type in a byte each, highest first."""

    software: int
    capabilities: int
    banner: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reaction:
    """What a failsafe wants: the mode to change to (None: only say so) after `hold_s` of standing still."""

    mode: str | None
    hold_s: float = 0.0


class AutopilotStack(ABC):
    """One stack. All that varies in flight is read from the craft's parameters at the moment of use."""

    name: ClassVar[str]
    autopilot: ClassVar[int]  # MAV_AUTOPILOT
    modes: ClassVar[ModeTable]
    initial_mode: ClassVar[str]
    parameter_table: ClassVar[str]
    bytewise_params: ClassVar[bool]
    mission_behavior: ClassVar[MissionBehavior]
    version: ClassVar[Version]
    first_item: ClassVar[int]  # number of the first item that is flown
    tab_ends_text: ClassVar[bool]
    numbers_texts: ClassVar[bool]
    guided_turns_nose: ClassVar[bool]
    guided_mode: ClassVar[str]  # where DO_REPOSITION and the like are flown
    hold_mode: ClassVar[str]
    arming_texts: ClassVar[tuple[str, str]]  # what is said when it is armed and disarmed by order
    failsafe: ClassVar[str]  # which of `hil.autopilot.autopilot`'s
    return_is_mode: ClassVar[bool]  # an RTL item ends the mission and changes the mode
    takeoff_needs_mode: ClassVar[
        str | None
    ]  # NAV_TAKEOFF is only obeyed in this mode; None: it changes to its own
    default_streams: ClassVar[Mapping[str, float]]  # message name -> Hz, before anybody asks
    refused_streams: ClassVar[frozenset[str]]  # SET_MESSAGE_INTERVAL for these fails
    silent_streams: ClassVar[frozenset[str]]  # may be asked for, but nothing here ever measures them
    boot_texts: ClassVar[
        tuple[tuple[str, str], ...]
    ]  # what happened ("boot", "tilt", "home") and what is said
    plan_texts: ClassVar[Mapping[int, str]]  # MAV_MISSION_TYPE -> what is said after an upload
    repeats_reached: ClassVar[int]  # how many times MISSION_ITEM_REACHED comes, once a second

    # --- what is flown ---

    @abstractmethod
    def item_tasks(self, vehicle: VehicleContext) -> ItemTasks:
        """What makes tasks of mission items."""

    def mode_task(self, vehicle: VehicleContext, mode: Mode) -> Task | None:  # noqa: ARG002
        """What a mode begins with, where the stack has its own idea; None for the common one."""
        return None

    def manual_setpoint(self, vehicle: VehicleContext, rc_input: RcInput, mode: Mode) -> Setpoint | None:  # noqa: ARG002
        """What the sticks ask for in a mode that they steer, likewise."""
        return None

    def lifted_when_armed(self) -> bool:
        """Whether there is no ground to leave: armed, it may go."""
        return False

    @abstractmethod
    def starts_alone(self, vehicle: VehicleContext) -> bool:
        """Whether armed in the mission's mode it starts without being told so once more."""

    def may_start(self, vehicle: VehicleContext, *, takes_off: bool) -> bool:  # noqa: ARG002
        """Whether a mission may begin on the ground, given whether its first item takes off."""
        return True

    def takeoff_task(self, vehicle: VehicleContext, height_m: float) -> Task:  # noqa: ARG002
        """What NAV_TAKEOFF flies, where it is obeyed in a guided mode."""
        from hil.autopilot.mission.tasks import ClimbTo

        return ClimbTo(height_m, takeoff=True)

    def takeoff_text(self, vehicle: VehicleContext) -> str | None:  # noqa: ARG002
        """What is said when the take-off mode goes to its own height."""
        return None

    # --- numbers in flight ---

    @abstractmethod
    def speeds(self, vehicle: VehicleContext) -> Speeds:
        """Cruise, climb and descent speed now."""

    @abstractmethod
    def takeoff_speed(self, vehicle: VehicleContext) -> float:
        """m/s upwards while taking off."""

    @abstractmethod
    def landing_speed(self, vehicle: VehicleContext) -> float:
        """m/s downwards at this height while landing."""

    @abstractmethod
    def return_steps(self, vehicle: VehicleContext) -> list[Task]:
        """The way home from here; the last step holds or lands."""

    def return_lands(self, vehicle: VehicleContext) -> None:  # noqa: B027
        """The return begins its landing."""

    @abstractmethod
    def velocity_timeout_s(self, vehicle: VehicleContext) -> float:
        """How long a velocity from the ground holds without being renewed."""

    @abstractmethod
    def acceptance_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        """How near is near enough to a waypoint that asks for `asked_m` (0: the default)."""

    @abstractmethod
    def item_yaw(self, item: MissionItem) -> float | None:
        """The heading in rad that a waypoint commands, or None."""

    @abstractmethod
    def circle_radius_m(self, vehicle: VehicleContext, asked_m: float) -> float:
        """The radius of a circle that asks for `asked_m` (0: the default)."""

    @abstractmethod
    def looks_ahead(self, vehicle: VehicleContext) -> bool:
        """Whether the nose turns to the next waypoint."""

    # --- missions ---

    @abstractmethod
    def refuse_item(self, item: MissionItem, seq: int) -> int:
        """The MAV_MISSION_RESULT for an item that is uploaded."""

    @abstractmethod
    def stored(self, item: MissionItem) -> MissionItem:
        """The item as this stack gives it back."""

    @abstractmethod
    def reached_text(self, seq: int, command: int) -> str | None:
        """What is said when an item has been reached."""

    @abstractmethod
    def started_text(self, vehicle: VehicleContext, seq: int, item: MissionItem) -> str | None:
        """What is said when an item begins."""

    @abstractmethod
    def reports_reached(self, command: int) -> bool:
        """Whether MISSION_ITEM_REACHED comes for this command."""

    # --- modes and arming ---

    @abstractmethod
    def mode_of(self, base_mode: int, main: float, sub: float) -> Mode | None:
        """The mode that DO_SET_MODE's three parameters, or SET_MODE's fields, mean."""

    @abstractmethod
    def prearm_faults(
        self, vehicle: VehicleContext, mode: Mode, *, mission_ok: bool, arming: bool
    ) -> list[str]:
        """What speaks against arming, in the stack's own words; `arming`: it is about to be armed, not only looked at."""

    @abstractmethod
    def on_refused_arming(self, vehicle: VehicleContext, faults: list[str]) -> None:
        """Say why."""

    @abstractmethod
    def landed_disarm_s(self, vehicle: VehicleContext) -> float:
        """Seconds on the ground after a landing until the motors stop; infinite for never."""

    @abstractmethod
    def idle_disarm_s(self, vehicle: VehicleContext) -> float:
        """Seconds armed without taking off until the motors stop; infinite for never."""
