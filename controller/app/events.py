"""What a flight tells while it goes on, and its summary at the end. Times are seconds since the procedure began."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from controller.errors import LandlineError
from controller.missions.checks.findings import Finding
from controller.vehicle.state import VehicleState


@dataclass(frozen=True, slots=True)
class Phase:
    """The procedure has come to a new part: `name` is a word of `app.fly.PHASES`, `text` is for people."""

    t_s: float
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why the aircraft is not ready yet; told when the reasons change."""

    t_s: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Transfer:
    """How far a transfer has come; `total` is 0 while unknown."""

    t_s: float
    what: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Checked:
    """What the checks before take-off found, the worst first."""

    t_s: float
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Item:
    """The plan's item `number` of `total` was reached, or is now being flown to."""

    t_s: float
    number: int
    total: int
    reached: bool


@dataclass(frozen=True, slots=True)
class Mode:
    """The aircraft changed its mode; `by_mission` False means that somebody else or a failsafe did it."""

    t_s: float
    mode: str
    by_mission: bool


@dataclass(frozen=True, slots=True)
class Words:
    """A status text of the aircraft; `severity` is MAV_SEVERITY, 0 the gravest."""

    t_s: float
    severity: int
    text: str


@dataclass(frozen=True, slots=True)
class LinkChange:
    """The aircraft fell silent, or is heard again after `silent_s`."""

    t_s: float
    up: bool
    silent_s: float


@dataclass(frozen=True, slots=True)
class Note:
    """Something the operator should know."""

    t_s: float
    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Sample:
    """The state, about once a second."""

    t_s: float
    state: VehicleState


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """How it ended. `outcome` is completed, aborted, refused or lost; `error` is what to raise for all but the first.

    `left` says how the aircraft was left. Items are numbered as in the plan, the first is 1; `items_missed` are those the
    aircraft should have flown to and did not. Lengths are metres, times seconds;
    `flight_time_s` is the time in the air, or under way for one that drives.
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

    @property
    def flew(self) -> bool:
        """Whether it left the ground; a rover never does."""
        return self.max_alt_m >= 1.0

    @property
    def exit_code(self) -> int:
        """For the command line."""
        return self.error.exit_code if self.error is not None else 0


FlyEvent: TypeAlias = (
    Phase | Waiting | Transfer | Checked | Item | Mode | Words | LinkChange | Note | Sample | Summary
)
