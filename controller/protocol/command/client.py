"""Client of the command protocol: sends one COMMAND_LONG or COMMAND_INT and waits for its COMMAND_ACK.

A command must not take effect twice, but autopilots ignore `confirmation`: they execute a command again that was
repeated because its ACK was lost. A repeat is harmless for commands that set a state (arm, set mode, go to a
position), and wrong for relative ones; `safe_to_retry` knows the difference, and unsafe commands are sent exactly
once. After IN_PROGRESS nothing is sent again, because the guide defines the repeat of a running command as a new
start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from controller.errors import AircraftRefused, LinkError, UserError
from controller.protocol.command.cancel import COMMAND_CANCEL
from controller.protocol.command.retry_safety import safe_to_retry
from controller.protocol.message_fields import LOCAL_FRAMES, is_addressed_to
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import enums
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.enums import MAV_RESULT
from controller.wire.message import Message

ACCEPTED = int(MAV_RESULT.ACCEPTED)
TEMPORARILY_REJECTED = int(MAV_RESULT.TEMPORARILY_REJECTED)
DENIED = int(MAV_RESULT.DENIED)
UNSUPPORTED = int(MAV_RESULT.UNSUPPORTED)
FAILED = int(MAV_RESULT.FAILED)
IN_PROGRESS = int(MAV_RESULT.IN_PROGRESS)
CANCELLED = 6  # MAV_RESULT_CANCELLED, missing in pymavlink
LONG_ONLY = int(MAV_RESULT.COMMAND_LONG_ONLY)
INT_ONLY = int(MAV_RESULT.COMMAND_INT_ONLY)

PROGRESS_UNKNOWN = 255


@dataclass(frozen=True, slots=True)
class CommandResult:
    """Final answer to a command. `progress` is the last reported percentage, None if there was none."""

    result: int
    progress: int | None = None
    result_param2: int = 0


class CommandRefused(AircraftRefused):
    """The aircraft did not accept a command; `result` is the MAV_RESULT.

    `retried` marks a possible answer to a repeat: the first copy may have been executed and its ACK lost (an aircraft
    in flight refuses a second takeoff). Check the aircraft's state before treating it as a refusal.
    """

    def __init__(
        self,
        command: int,
        result: int,
        result_param2: int,
        target: Address,
        *,
        of: str | None = None,
        retried: bool = False,
    ) -> None:
        text = enums.describe("MAV_RESULT", result)
        detail = f" (detail {result_param2})" if result_param2 else ""
        super().__init__(
            f"cannot execute command {enums.describe('MAV_CMD', command)}{f' of {of}' if of else ''}"
            f": refused by {target} with {text}{detail}",
            hint=_RETRIED_HINT if retried else _REFUSAL_HINTS.get(result),
        )
        self.retried = retried
        self.command = command
        self.result = result
        self.result_param2 = result_param2


_RETRIED_HINT = "an earlier copy may have been executed: check the aircraft's state"

_REFUSAL_HINTS = {
    TEMPORARILY_REJECTED: "read the aircraft's status texts and try again in another state",
    DENIED: "check the parameters of the command and the aircraft's state",
    UNSUPPORTED: "this autopilot does not support the command",
    FAILED: "read the aircraft's status texts",
}


class NoAnswer(LinkError):
    """The aircraft did not answer a command; it may have executed it."""


class CommandRequest(StateMachine[CommandResult]):
    """Sends one command and waits for the final answer.

    Without `frame` the command is a COMMAND_LONG with up to seven `params`. With `frame` (MAV_FRAME) it is a
    COMMAND_INT with the first four `params`, `x` and `y` in degrees times 1e7 (metres times 1e4 in local frames), and
    `z` in metres. If the aircraft accepts only the other form, the command is sent once more in that form.

    Ends with a CommandResult (ACCEPTED), CommandRefused, or NoAnswer (a LinkError). `retry` overrides `safe_to_retry`.
    """

    def __init__(
        self,
        target: Address,
        command: int,
        params: Sequence[float] = (),
        *,
        frame: int | None = None,
        x: int = 0,
        y: int = 0,
        z: float = 0.0,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
        retry: bool | None = None,
    ) -> None:
        super().__init__()
        if len(params) > 7:
            raise UserError(
                f"invalid command {command}: {len(params)} parameters; a command has at most seven"
            )
        self.target = target
        self.command = command
        self.params = (*params, *(0.0,) * (7 - len(params)))
        self.last_progress: int | None = None
        self._frame, self._x, self._y, self._z = frame, x, y, z
        self._own_address = own_address
        self._timing = timing
        self._retry = safe_to_retry(command, self.params) if retry is None else retry
        self._other_form_tried = False
        self._confirmation = 0
        self._running = False
        self._cancelled = False

    def start(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.command.timeout_s
        return [self._message()]

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if (
            self.outcome is not None
            or message.name != "COMMAND_ACK"
            or message.command != self.command
            or not self._from_target(source)
            or not is_addressed_to(message, self._own_address)
        ):
            return []
        result = message.result
        if result == IN_PROGRESS:
            return self._in_progress(message, now)
        if result in (LONG_ONLY, INT_ONLY):
            return self._other_form(result, now)
        if result == TEMPORARILY_REJECTED and self._running:
            return []  # answer to a duplicate of the running command
        if result == ACCEPTED:
            return self.finish(CommandResult(result, self.last_progress, message.result_param2))
        retried = self._confirmation > 0
        return self.fail(
            CommandRefused(self.command, result, message.result_param2, self.target, retried=retried)
        )

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        name = enums.describe("MAV_CMD", self.command)
        if self._running:
            last = f", last at {self.last_progress} %" if self.last_progress is not None else ""
            return self.fail(
                NoAnswer(
                    f"cannot confirm command {name}: {self.target} reported it in progress{last},"
                    " then stopped answering",
                    hint="check the aircraft's state before sending it again",
                )
            )
        if not self._retry:
            return self.fail(
                NoAnswer(
                    f"cannot confirm command {name}: no answer from {self.target}; it was sent once, "
                    "because a repeat could take effect twice",
                    hint="it may have been executed: check the aircraft's state before sending it again",
                )
            )
        if self._confirmation >= self._timing.command.retries:
            return self.fail(
                NoAnswer(
                    f"cannot confirm command {name}: no answer from {self.target} to {self._confirmation + 1} tries",
                    hint="check the link; the command may have been executed",
                )
            )
        self._confirmation += 1
        self.deadline = now + self._timing.command.timeout_s
        return [self._message()]

    def cancel(self, now: float) -> list[Message]:
        """Ask the aircraft to cancel the running command. The machine ends with its answer (CANCELLED) or a timeout."""
        if self.outcome is not None:
            return []
        self._cancelled = True
        self.deadline = now + self._timing.command.timeout_s
        self._running = True  # no more retries
        return [
            COMMAND_CANCEL(
                target_system=self.target.system,
                target_component=self.target.component,
                command=self.command,
            )
        ]

    def _from_target(self, source: Address) -> bool:
        """Return whether `source` may answer: any component of the system if the target component is 0."""
        return source.system == self.target.system and self.target.component in (0, source.component)

    def _in_progress(self, message: Message, now: float) -> list[Message]:
        self._running = True
        if message.progress != PROGRESS_UNKNOWN:
            self.last_progress = message.progress
            self.progress = Progress(message.progress, 100, enums.describe("MAV_CMD", self.command))
        self.deadline = now + self._timing.command_running.timeout_s
        return []

    def _other_form(self, result: int, now: float) -> list[Message]:
        int_needed = result == INT_ONLY
        if int_needed == (self._frame is not None):
            return []  # answer to the earlier form
        if self._other_form_tried:
            return self.fail(CommandRefused(self.command, result, 0, self.target))
        self._other_form_tried = True
        if int_needed:
            self._frame = int(enums.MAV_FRAME.GLOBAL)
            self._x, self._y = _to_int(self.command, self.params[4:6])
            self._z = self.params[6]
        else:
            scale = _scale_of(self.command, self._frame)
            self.params = (*self.params[:4], self._x / scale, self._y / scale, self._z)
            self._frame = None
        self._confirmation = 0
        self.deadline = now + self._timing.command.timeout_s
        return [self._message()]

    def _message(self) -> Message:
        target = {"target_system": self.target.system, "target_component": self.target.component}
        if self._frame is None:
            named = {f"param{i + 1}": float(value) for i, value in enumerate(self.params)}
            long_form: Message = m.COMMAND_LONG(
                command=self.command, confirmation=self._confirmation, **named, **target
            )
            return long_form
        named = {f"param{i + 1}": float(value) for i, value in enumerate(self.params[:4])}
        int_form: Message = m.COMMAND_INT(
            command=self.command, frame=self._frame, x=self._x, y=self._y, z=float(self._z), **named, **target
        )
        return int_form


# Commands whose fifth and sixth parameters are a position (hasLocation in MAVLink's common.xml).
_WITH_POSITION = frozenset(
    (
        "NAV_WAYPOINT",
        "NAV_LOITER_UNLIM",
        "NAV_LOITER_TURNS",
        "NAV_LOITER_TIME",
        "NAV_LAND",
        "NAV_TAKEOFF",
        "NAV_LOITER_TO_ALT",
        "DO_FOLLOW_REPOSITION",
        "DO_ORBIT",
        "NAV_ROI",
        "NAV_SPLINE_WAYPOINT",
        "NAV_VTOL_TAKEOFF",
        "NAV_VTOL_LAND",
        "DO_SET_HOME",
        "DO_LAND_START",
        "DO_REPOSITION",
        "DO_SET_ROI_LOCATION",
        "DO_SET_ROI",
        "DO_SET_GLOBAL_ORIGIN",
        "EXTERNAL_POSITION_ESTIMATE",
        "NAV_RALLY_POINT",
    )
)


def _scale_of(command: int, frame: int | None) -> float:
    """Return the divisor from COMMAND_INT's x and y to COMMAND_LONG's parameters 5 and 6."""
    if enums.describe("MAV_CMD", command) not in _WITH_POSITION:
        return 1.0
    return 1e4 if frame in LOCAL_FRAMES else 1e7


def _to_int(command: int, params: Sequence[float]) -> tuple[int, int]:
    scale = _scale_of(command, None)
    x, y = (round(value * scale) if math.isfinite(value) else 0x7FFFFFFF for value in params)
    return x, y
