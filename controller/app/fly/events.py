"""Events of a flight in progress, and its summary at the end.

Times `t_s` are seconds since the fly procedure began, by the aircraft's clock as soon as it is known.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from controller.errors import LandlineError
from controller.missions.checks.findings import Finding
from controller.protocol.announcements import AUTOPILOT
from controller.vehicle.monitoring.events import (
    FailsafeReported,
    ItemUpdate,
    ItemWaits,
    ModeChanged,
    TelemetryLink,
)
from controller.vehicle.state import VehicleState

if TYPE_CHECKING:
    from controller.logs.review.crash import Crash

PHASES = ("connect", "identify", "parameters", "ready", "check", "upload", "start", "fly", "end")


@dataclass(frozen=True, slots=True)
class FlightPhase:
    """A new phase of the procedure begins: `name` is one of `PHASES`, `text` describes it."""

    t_s: float
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ArmReadiness:
    """Reasons why the aircraft is not ready to arm, none when it is ready; sent when they change."""

    t_s: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TransferProgress:
    """Progress of a transfer in items; `total` is 0 while it is unknown."""

    t_s: float
    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class PlanChecked:
    """Findings of the check before takeoff, the most severe first."""

    t_s: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class MissionUpdate:
    """Progress of the mission in flight: an item, the flight mode, a failsafe, or the telemetry link."""

    t_s: float
    change: ItemUpdate | ModeChanged | TelemetryLink | FailsafeReported | ItemWaits


@dataclass(frozen=True, slots=True)
class StatusTextReceived:
    """A status text, or an event in words, from the aircraft or the ground box.

    `severity` is MAV_SEVERITY, 0 is the most severe. `sender` is the name of the component;
    `event_name` is empty for a status text.
    """

    t_s: float
    severity: int
    text: str
    sender: str = AUTOPILOT
    event_name: str = ""


@dataclass(frozen=True, slots=True)
class OperatorNote:
    """A note, or with `warning` a warning, to the operator."""

    t_s: float
    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class StateSample:
    """State of the aircraft, about once a second, also while the link is silent.

    `item` of `items` is the plan's item that is being flown, None before the start; `flying` is True from the start
    of the mission on. `link_percent` is the share of frames received in the last ten seconds.
    """

    t_s: float
    state: VehicleState
    silent_s: float = 0.0
    flying: bool = False
    item: int | None = None
    items: int = 0
    distance_m: float = 0.0
    link_percent: float = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FlySummary:
    """Result of a flight.

    `outcome` is completed, aborted, crashed, refused or lost; `crash` describes a crash; `error` is the
    exception to raise for all but the first. `left` describes the state in which the aircraft was left. Items
    are numbered as in the plan, from 1; `items_missed` are those that the aircraft should have flown to and did
    not. Lengths are metres, times seconds; `flight_time_s` is the time in the air, for a rover the time armed, by
    the aircraft's clock and without the time of a silent link.
    """

    t_s: float
    outcome: str
    why: str
    left: str
    items: int
    items_reached: tuple[int, ...]
    items_missed: tuple[int, ...]
    max_alt_m: float
    distance_m: float
    flight_time_s: float
    frames_lost: int
    findings: tuple[str, ...]
    error: LandlineError | None = field(default=None, compare=False)
    crash: Crash | None = None

    @property
    def flew(self) -> bool:
        """Whether the aircraft left the ground; a rover never does."""
        return self.max_alt_m >= 1.0

    @property
    def exit_code(self) -> int:
        """Exit code of the command line."""
        return self.error.exit_code if self.error is not None else 0


FlyEvent: TypeAlias = (
    FlightPhase
    | ArmReadiness
    | TransferProgress
    | PlanChecked
    | MissionUpdate
    | StatusTextReceived
    | OperatorNote
    | StateSample
    | FlySummary
)
