"""What differs from one autopilot to the next, as one set of questions.

Everything above this room talks to an aircraft through `Autopilot`: names of modes, the steps of a procedure, how a plan
travels and what of it may come back changed. A procedure is data (a tuple of steps); `vehicle.actions` is what takes
the steps, so that waiting, refusals and verification are the same for every aircraft.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Protocol, TypeAlias

from controller.autopilots.readback import ReadbackDifference, area_rules, compare_items
from controller.missions.commands import POINTS_TO_AN_ITEM
from controller.missions.plan import Home
from controller.protocol.mission.items import MissionItem
from controller.wire.enums import MAV_CMD, MAV_TYPE


class VehicleClass(Enum):
    """The kinds of aircraft that have their own modes and procedures. The value is the word for people."""

    COPTER = "copter"
    PLANE = "plane"
    VTOL = "VTOL plane"
    ROVER = "rover"
    SUBMARINE = "submarine"
    OTHER = "vehicle"


_CLASS_OF_TYPE = {
    **dict.fromkeys(
        (
            MAV_TYPE.QUADROTOR,
            MAV_TYPE.COAXIAL,
            MAV_TYPE.HELICOPTER,
            MAV_TYPE.HEXAROTOR,
            MAV_TYPE.OCTOROTOR,
            MAV_TYPE.TRICOPTER,
            MAV_TYPE.DODECAROTOR,
            MAV_TYPE.DECAROTOR,
        ),
        VehicleClass.COPTER,
    ),
    MAV_TYPE.FIXED_WING: VehicleClass.PLANE,
    **dict.fromkeys(range(19, 26), VehicleClass.VTOL),  # all of MAV_TYPE_VTOL_*
    MAV_TYPE.GROUND_ROVER: VehicleClass.ROVER,
    MAV_TYPE.SURFACE_BOAT: VehicleClass.ROVER,
    MAV_TYPE.SUBMARINE: VehicleClass.SUBMARINE,
}


def vehicle_class(mav_type: int) -> VehicleClass:
    """The class of a HEARTBEAT's `type` (MAV_TYPE)."""
    return _CLASS_OF_TYPE.get(mav_type, VehicleClass.OTHER)


class LandedState(Enum):
    """MAV_LANDED_STATE."""

    UNKNOWN = 0
    ON_GROUND = 1
    IN_AIR = 2
    TAKING_OFF = 3
    LANDING = 4


class StateView(Protocol):
    """What procedures ask of the state of the aircraft; `vehicle.state.VehicleState` has it all."""

    @property
    def armed(self) -> bool: ...
    @property
    def mode(self) -> str: ...
    @property
    def landed(self) -> LandedState: ...
    @property
    def alt_rel_m(self) -> float | None: ...
    @property
    def home_alt_amsl_m(self) -> float | None: ...
    @property
    def prearm_ok(self) -> bool | None: ...
    @property
    def gps_fix(self) -> int | None: ...
    @property
    def position_good(self) -> bool | None: ...


@dataclass(frozen=True, slots=True)
class SetMode:
    """Ask for a mode by name; done when the heartbeats show it."""

    mode: str


@dataclass(frozen=True, slots=True)
class Arm:
    """Arm; done when the heartbeats show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCommand:
    """One MAV_CMD; done when it is accepted. Degrees, metres and seconds as the command has them, NaN for "as you like".

    With `frame` it travels as COMMAND_INT, `p5` and `p6` being degrees (latitude, longitude); without, as COMMAND_LONG.
    `repeatable` says that this stack takes the command twice without harm, where that does not hold for all.
    """

    command: int
    p1: float = 0.0
    p2: float = 0.0
    p3: float = 0.0
    p4: float = 0.0
    p5: float = 0.0
    p6: float = 0.0
    p7: float = 0.0
    frame: int | None = None
    repeatable: bool = False


@dataclass(frozen=True, slots=True)
class SetParam:
    """Write one parameter and read it back."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Wait until the state says so; after `timeout_s` the procedure has failed, `what` says at what."""

    what: str
    holds: Callable[[StateView], bool]
    timeout_s: float


Step: TypeAlias = SetMode | Arm | SendCommand | SetParam | WaitUntil
Procedure: TypeAlias = tuple[Step, ...]


class ProcedureUnavailable(Exception):
    """This aircraft has no such procedure; the text says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class ModeRequest:
    """Parameters of MAV_CMD_DO_SET_MODE."""

    base_mode: int
    custom_mode: int
    custom_submode: int = 0


@dataclass(frozen=True, slots=True)
class WirePlan:
    """A plan as this autopilot wants it. `notes` say what had to be put differently than the file has it."""

    items: tuple[MissionItem, ...]
    notes: tuple[str, ...] = ()


class MissionEnd(Enum):
    """How a mission ends, when it has ended."""

    LANDED = "on the ground, disarmed"
    HOLDING = "in the air, holding position"


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """A message wanted and how often, per second. `may_refuse`: these autopilots are known to say no, and it does no harm."""

    message: str
    rate_hz: float
    may_refuse: bool = False


class Autopilot(ABC):
    """One stack on one class of vehicle. Objects have no state."""

    name: str
    bytewise_params: bool
    """Integers in PARAM_VALUE travel as their bytes (True) or as a float of their value (False)."""
    first_seq: int
    """Sequence number on the wire of the plan's first item: 1 where item 0 is home, else 0."""
    log_folders: tuple[str, ...] = ()
    """Where its logs lie, as MAVLink FTP names the folders; others than the first where it runs on a computer."""
    log_numbers_in_order: bool = False
    """Whether the log service numbers the logs as they came, or (PX4) as the card happens to list them."""

    def __init__(self, kind: VehicleClass) -> None:
        self.kind = kind

    # Modes

    @property
    @abstractmethod
    def modes(self) -> Mapping[str, ModeRequest]:
        """All modes by their own names, upper case."""

    @abstractmethod
    def mode_name(self, base_mode: int, custom_mode: int) -> str:
        """The mode of a HEARTBEAT; `MODE 123` when it is none we know."""

    @property
    @abstractmethod
    def mission_modes(self) -> frozenset[str]:
        """In these modes the aircraft follows its mission; in others it does something else."""

    @property
    @abstractmethod
    def own_modes(self) -> frozenset[str]:
        """Modes into which the mission itself may lead: a return or landing item, the end."""

    @property
    @abstractmethod
    def purposes(self) -> Mapping[str, str]:
        """Modes for "mission", "hold", "guided", "return", "land", "takeoff", as far as there are any."""

    def mode_for(self, wanted: str) -> str:
        """The name of a mode given by purpose or by name, in any case. Raises ProcedureUnavailable with the names there are."""
        name = self.purposes.get(wanted.lower(), wanted.upper())
        if name not in self.modes:
            raise ProcedureUnavailable(
                f"{self.name} {self.kind.value} has no mode {wanted!r}; it has {', '.join(sorted(self.modes))}"
            )
        return name

    def mode_request(self, name: str) -> SendCommand:
        """The command that asks for a mode of `modes`."""
        mode = self.modes[name]
        return SendCommand(
            command=MAV_CMD.DO_SET_MODE,
            p1=mode.base_mode,
            p2=mode.custom_mode,
            p3=mode.custom_submode,
        )

    # Procedures

    @abstractmethod
    def not_ready(self, state: StateView) -> tuple[str, ...]:
        """Why the aircraft would not arm now; empty when nothing speaks against trying."""

    @abstractmethod
    def start_mission(self, items: Sequence[MissionItem], state: StateView) -> Procedure:
        """From the ground, disarmed or armed, into the mission whose plan items (without home) these are."""

    @abstractmethod
    def takeoff(self, alt_m: float, state: StateView) -> Procedure:
        """From the ground to `alt_m` above home, and hold there."""

    @abstractmethod
    def goto(self, lat_deg: float, lon_deg: float, alt_m: float, state: StateView) -> Procedure:
        """In the air: to a place, `alt_m` above home, and hold there."""

    def pause(self) -> Procedure:
        return (SetMode(self.mode_for("hold")),)

    def resume(self) -> Procedure:
        return (SetMode(self.mode_for("mission")),)

    def return_home(self) -> Procedure:
        return (SetMode(self.mode_for("return")),)

    def land(self) -> Procedure:
        return (SetMode(self.mode_for("land")),)

    # Missions

    @abstractmethod
    def wire_plan(self, items: Sequence[MissionItem], home: Home | None) -> WirePlan:
        """The plan's items (numbered from `first_seq`) as they must be sent, home in front where it belongs there."""

    @abstractmethod
    def differences(
        self, sent: Sequence[MissionItem], received: Sequence[MissionItem]
    ) -> tuple[ReadbackDifference, ...]:
        """Every field that came back otherwise, each with the reason why this stack may do so, or with none."""

    def plan_items(self, received: Sequence[MissionItem]) -> tuple[MissionItem, ...]:
        """The plan's items of a mission read from the aircraft: without home, and with the plan's numbers in its jumps."""
        return tuple(
            replace(item, param1=item.param1 + 1 - self.first_seq)
            if item.command in POINTS_TO_AN_ITEM
            else item
            for item in received[self.first_seq :]
        )

    def seq_of(self, number: int) -> int:
        """Sequence number on the wire of the plan's item `number` (from 1)."""
        return number - 1 + self.first_seq

    def number_of(self, seq: int) -> int | None:
        """The plan's number (from 1) of a sequence number on the wire; None for home."""
        return seq + 1 - self.first_seq or None

    def area_differences(
        self, sent: Sequence[MissionItem], received: Sequence[MissionItem]
    ) -> tuple[ReadbackDifference, ...]:
        """The same for a fence or a list of rally points."""
        return compare_items(sent, received, area_rules)

    @abstractmethod
    def end_of(self, items: Sequence[MissionItem]) -> MissionEnd:
        """How a mission with these plan items ends by itself."""

    # Telemetry

    @property
    @abstractmethod
    def streams(self) -> tuple[StreamRequest, ...]:
        """What to ask for, with the rates of a good link."""
