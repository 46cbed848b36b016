"""The command protocol from the ground's side: one COMMAND_LONG or COMMAND_INT until its COMMAND_ACK.

A command must not take effect twice. Real autopilots do not look at `confirmation`: a command repeated because its ACK was
lost is carried out again. That does no harm for "be in this state" commands (arm, set mode, go there), and is wrong for
those that count from where things are; `safe_to_retry` knows which, and the others are sent exactly once. Nothing is sent
again once the aircraft has said IN_PROGRESS, because the guide defines the repeat of a running command as a new start.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from controller.errors import AircraftRefused, LinkError, UserError
from controller.protocol.command.cancel import COMMAND_CANCEL
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import enums
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message

# MAV_RESULT
ACCEPTED, TEMPORARILY_REJECTED, DENIED, UNSUPPORTED, FAILED, IN_PROGRESS, CANCELLED = range(7)
LONG_ONLY, INT_ONLY = 7, 8

PROGRESS_UNKNOWN = 255

# Commands whose repeat does something more than their first: MAV_CMD names, looked up once a call.
_ALWAYS_ONCE = frozenset(
    (
        "PREFLIGHT_REBOOT_SHUTDOWN",
        "PREFLIGHT_CALIBRATION",
        "PREFLIGHT_STORAGE",
        "DO_REPEAT_SERVO",
        "DO_REPEAT_RELAY",
        "DO_JUMP",
        "DO_DIGICAM_CONTROL",
        "DO_MOUNT_CONTROL_QUAT",
        "IMAGE_START_CAPTURE",
        "DO_TRIGGER_CONTROL",
        "DO_MOTOR_TEST",
        "ACTUATOR_TEST",
        "START_RX_PAIR",
        "MISSION_START",
        "DO_INVERTED_FLIGHT",
        "DO_ENGINE_CONTROL",
        "DO_SEND_BANNER",
        "DO_ACCEPT_MAG_CAL",
        "DO_START_MAG_CAL",
        "PAYLOAD_PREPARE_DEPLOY",
        "PAYLOAD_CONTROL_DEPLOY",
        "INJECT_FAILURE",
        "DO_GUIDED_LIMITS",
        "CONDITION_DISTANCE",
        "CONDITION_DELAY",
        "NAV_DELAY",
        "SET_CAMERA_ZOOM",
        "SET_CAMERA_FOCUS",
        "DO_WINCH",
        "OBLIQUE_SURVEY",
        "DO_REPEAT_AIRSPEED_CAL",
    )
)


def safe_to_retry(command: int, params: Sequence[float]) -> bool:
    """Whether carrying this command out twice does the same as once.

    Not so are those in `_ALWAYS_ONCE`, and those with a "relative" switch that is on: CONDITION_YAW (param4), DO_CHANGE_SPEED
    (param4, offset to the current speed), DO_SET_MISSION_CURRENT with a reset (param2), DO_CHANGE_ALTITUDE in a frame
    relative to here. Sources: MAVLink's common.xml, ArduPilot's handlers.
    """
    name = enums.describe("MAV_CMD", command)
    if name in _ALWAYS_ONCE:
        return False
    second, fourth = params[1], params[3]
    if name in ("CONDITION_YAW", "DO_CHANGE_SPEED"):
        return fourth == 0 or math.isnan(fourth)
    if name == "DO_SET_MISSION_CURRENT":
        return second == 0 or math.isnan(second)
    if name == "DO_CHANGE_ALTITUDE":
        return second not in (7, 8, 9, 12)  # LOCAL_OFFSET_NED, BODY_NED, BODY_OFFSET_NED, BODY_FRD
    return True


@dataclass(frozen=True, slots=True)
class CommandResult:
    """The final answer. `progress` is the last percentage reported, None if there was none."""

    result: int
    progress: int | None = None
    result_param2: int = 0


class CommandRefused(AircraftRefused):
    """The aircraft answered a command with something other than ACCEPTED; `result` is the MAV_RESULT.

    `retried` says that this may be the answer to a repeat, whose first copy may have been carried out with its ACK lost: an
    aircraft that has just taken off refuses to take off. Look at its state before believing such a refusal.
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
            f"command {enums.describe('MAV_CMD', command)}{f' of {of}' if of else ''}"
            f" refused by {target}: {text}{detail}",
            hint=_RETRIED_HINT if retried else _REFUSAL_HINTS.get(result),
        )
        self.retried = retried
        self.command = command
        self.result = result
        self.result_param2 = result_param2


_RETRIED_HINT = "the command had been sent before and may have been carried out: look at the aircraft's state"

_REFUSAL_HINTS = {
    TEMPORARILY_REJECTED: "it may be accepted in another state; read the aircraft's status texts and try again",
    DENIED: "check the parameters of the command and the aircraft's state",
    UNSUPPORTED: "this autopilot does not know the command",
    FAILED: "read the aircraft's status texts",
}


class NoAnswer(LinkError):
    """No answer to a command: `maybe_done` says whether it may have been carried out all the same."""


class CommandRequest(StateMachine[CommandResult]):
    """Sends one command and waits for its end.

    Give all seven `params` for COMMAND_LONG. With `frame` (MAV_FRAME) it goes as COMMAND_INT: `params` then need only the
    first four, `x`, `y` are degrees times 1e7 (metres times 1e4 in local frames), `z` is metres. Where the aircraft says
    that it takes only the other form, that one is sent, once.

    Ends with a CommandResult (ACCEPTED), CommandRefused, or LinkError when no answer came. `retry` overrules
    `safe_to_retry`.
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
            raise UserError(f"command {command} has {len(params)} parameters; seven is the most")
        self.target = target
        self.command = command
        self.params = (*params, *(0.0,) * (7 - len(params)))
        self.last_progress: int | None = None
        self._frame, self._x, self._y, self._z = frame, x, y, z
        self._own_address = own_address
        self._timing = timing
        self._retry = safe_to_retry(command, self.params) if retry is None else retry
        self._switched = False
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
            return []  # the answer to a copy of a command that is already running
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
                    f"command {name}: {self.target} was carrying it out{last} and went silent",
                    hint="look at the aircraft's state before sending it again",
                )
            )
        if not self._retry:
            return self.fail(
                NoAnswer(
                    f"command {name}: no answer from {self.target}; it was sent once, since a repeat could take effect twice",
                    hint="it may have been carried out: look at the aircraft's state before sending it again",
                )
            )
        if self._confirmation >= self._timing.command.retries:
            return self.fail(
                NoAnswer(
                    f"command {name}: no answer from {self.target} to {self._confirmation + 1} tries",
                    hint="check the link; the command may have been carried out all the same",
                )
            )
        self._confirmation += 1
        self.deadline = now + self._timing.command.timeout_s
        return [self._message()]

    def cancel(self, now: float) -> list[Message]:
        """Ask the aircraft to stop a running command; the machine goes on until it answers (CANCELLED) or is silent."""
        if self.outcome is not None:
            return []
        self._cancelled = True
        self.deadline = now + self._timing.command.timeout_s
        self._running = True  # from here on nothing is sent again
        return [
            COMMAND_CANCEL(
                target_system=self.target.system,
                target_component=self.target.component,
                command=self.command,
            )
        ]

    def _from_target(self, source: Address) -> bool:
        """Component 0 as target means any component of that system may answer."""
        return source.system == self.target.system and self.target.component in (0, source.component)

    def _in_progress(self, message: Message, now: float) -> list[Message]:
        self._running = True
        if message.progress != PROGRESS_UNKNOWN:
            self.last_progress = message.progress
            self.progress = Progress(message.progress, 100, enums.describe("MAV_CMD", self.command))
        self.deadline = now + self._timing.command_running.timeout_s
        return []

    def _other_form(self, result: int, now: float) -> list[Message]:
        wanted_int = result == INT_ONLY
        if wanted_int == (self._frame is not None):
            return []  # the answer to the form that is no longer in use
        if self._switched:
            return self.fail(CommandRefused(self.command, result, 0, self.target))
        self._switched = True
        if wanted_int:
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


_LOCAL_FRAMES = frozenset((1, 4, 7, 8, 9, 12, 20, 21))  # MAV_FRAME LOCAL_NED and its kin

# Commands whose fifth and sixth parameters are a place (hasLocation in MAVLink's common.xml).
_PLACES = frozenset(
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
    """What COMMAND_INT's x and y are divided by for COMMAND_LONG."""
    if enums.describe("MAV_CMD", command) not in _PLACES:
        return 1.0
    return 1e4 if frame in _LOCAL_FRAMES else 1e7


def _to_int(command: int, params: Sequence[float]) -> tuple[int, int]:
    scale = _scale_of(command, None)
    x, y = (round(value * scale) if math.isfinite(value) else 0x7FFFFFFF for value in params)
    return x, y
