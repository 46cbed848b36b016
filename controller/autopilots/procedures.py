"""Steps of a procedure. `controller.vehicle` executes them, in the same way for every aircraft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from controller.autopilots.state_view import StateView


@dataclass(frozen=True, slots=True)
class SetMode:
    """Step: set a mode by name; done when the heartbeats report it."""

    mode: str


@dataclass(frozen=True, slots=True)
class Arm:
    """Step: arm; done when the heartbeats report it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendCommand:
    """Step: send one MAV_CMD; done when it is accepted.

    Units are those of the command; NaN leaves the choice to the autopilot.

    With `frame` it is sent as COMMAND_INT, with `p5` and `p6` as latitude and longitude in degrees; without, as
    COMMAND_LONG. `repeatable` marks a command that this autopilot may receive twice without harm, although others may
    not.
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
    """Step: set one parameter and read it back."""

    name: str
    value: float


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Step: wait until `holds(state)`; after `timeout_s` the procedure fails with `what` as the description."""

    what: str
    holds: Callable[[StateView], bool]
    timeout_s: float


Step: TypeAlias = SetMode | Arm | SendCommand | SetParam | WaitUntil
Procedure: TypeAlias = tuple[Step, ...]


class ProcedureUnavailable(Exception):
    """The aircraft has no such procedure; the text has the reason and an alternative."""
