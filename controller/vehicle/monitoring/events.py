"""Limits, events and outcomes of the mission monitor."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

OWN_COMMAND = "Landline's command"


@dataclass(frozen=True, slots=True)
class MonitorLimits:
    """Time limits of the monitor, in seconds."""

    link_lost_s: float = 5.0
    """Without any message until the link counts as lost."""
    give_up_s: float = 60.0
    """Without any message until the flight counts as lost."""
    stall_s: float = 180.0
    """Without progress until the flight counts as aborted, beside the hold times of the items."""
    hold_s: float = 10.0
    """Holding at the end until the mission counts as completed."""
    landed_armed_s: float = 90.0
    """On the ground and still armed until the mission counts as ended."""
    start_s: float = 30.0
    """From the start until the aircraft must be armed."""
    deviation_s: float = 600.0
    """How long the rest of a flight is monitored after another operator or a failsafe took over."""
    flight_s: float = 3600.0
    """Limit of the whole flight."""


class FlightOutcome(Enum):
    """How a flight ended, with the word of the summary."""

    COMPLETED = "completed"
    ABORTED = "aborted"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class ItemUpdate:
    """Mission item `number` of `total` (both count from 1) was reached, or with `reached` False is now being
    flown to.
    """

    number: int
    total: int
    reached: bool


@dataclass(frozen=True, slots=True)
class ModeChanged:
    """The flight mode changed to `mode`.

    With `by_mission` False the mission did not change it; `cause` is then the failsafe that the aircraft names,
    `OWN_COMMAND`, or "" where it came from elsewhere: another ground station, the transmitter, a failsafe without
    a text.
    """

    mode: str
    by_mission: bool
    cause: str = ""


@dataclass(frozen=True, slots=True)
class ArmedChanged:
    """The aircraft armed or disarmed."""

    armed: bool


@dataclass(frozen=True, slots=True)
class InAirChanged:
    """The aircraft took off or landed."""

    in_air: bool


@dataclass(frozen=True, slots=True)
class TelemetryLink:
    """Telemetry stopped (`up` False) or is received again; `silent_s` is the time without messages."""

    up: bool
    silent_s: float


@dataclass(frozen=True, slots=True)
class FailsafeReported:
    """A failsafe of the aircraft acted: its name, such as "battery failsafe", and the aircraft's own text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ItemWaits:
    """The aircraft has flown item `number` for `waited_s` seconds without leaving its place."""

    number: int
    waited_s: float
    text: str


@dataclass(frozen=True, slots=True)
class MissionEnded:
    """The mission ended. `left` describes the state in which the aircraft was left."""

    outcome: FlightOutcome
    why: str
    left: str


MonitorEvent: TypeAlias = (
    ItemUpdate
    | ModeChanged
    | ArmedChanged
    | InAirChanged
    | TelemetryLink
    | FailsafeReported
    | ItemWaits
    | MissionEnded
)
