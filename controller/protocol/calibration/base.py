"""Base of the calibrations: the command that starts one, what is shown of it, and its end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from controller.protocol.command.client import CommandRequest
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.state_machine import Done, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, RetryPolicy, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message

Phase = Literal["starting", "position", "measuring", "done", "failed", "cancelled"]
SideState = Literal["open", "now", "done"]
SIDES = ("level", "left", "right", "nose_down", "nose_up", "back")
"""Positions of the aircraft: level, on its left side, on its right side, nose down, nose up, on its back."""
CANCEL_S = 5.0


@dataclass(frozen=True, slots=True)
class CalibrationView:
    """What the operator sees of a calibration.

    `wanted` is the side into which the aircraft must be turned, `confirm` whether the operator says when it is there.
    `sides` holds the state of each side that is measured, `compasses` the per cent of each compass.
    """

    phase: Phase = "starting"
    wanted: str = ""
    confirm: bool = False
    sides: tuple[tuple[str, SideState], ...] = ()
    percent: int | None = None
    compasses: tuple[tuple[int, int, str], ...] = ()
    says: str = ""
    """The aircraft's own words, or why it ended."""
    reboot: bool = False


class Calibration(StateMachine[CalibrationView]):
    """Sends the command once and follows what the aircraft says; ends with the last view.

    `answer_s` is the time for the answer to the command: some autopilots answer when they have measured. `silence_s` is
    the longest silence after that.
    """

    def __init__(
        self,
        target: Address,
        command: int,
        params: tuple[float, ...],
        *,
        answer_s: float,
        silence_s: float,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.view = CalibrationView()
        self._own_address = own_address
        self._silence_s = silence_s
        policy = RetryPolicy(
            answer_s, 0, "an autopilot that measures first answers late; a second copy is refused"
        )
        self._request = CommandRequest(
            target,
            command,
            params,
            own_address=own_address,
            timing=replace(timing, command=policy),
            retry=False,
        )
        self._accepted = False
        self._cancel_by_s: float | None = None

    def start(self, now: float) -> list[Message]:
        messages = self._request.start(now)
        self.deadline = self._request.deadline
        return messages

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if self.outcome is not None or source.system != self.target.system:
            return []
        if message.name == "COMMAND_ACK":
            if not is_addressed_to(message, self._own_address):
                return []
            self._request.receive(message, source, now)
            self._follow_request(now)
            return []
        if message.name == "COMMAND_LONG" and not is_addressed_to(message, self._own_address):
            return []
        return self.follow(message, now)

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        if self._cancel_by_s is not None:
            return self.end("cancelled", "the aircraft has not confirmed that it stopped")
        if not self._accepted:
            self._request.tick(now)
            self._follow_request(now)
            return []
        return self.end("failed", f"nothing was heard of the calibration for {self._silence_s:.0f} s")

    def confirm(self, now: float) -> list[Message]:  # noqa: ARG002
        """Say that the aircraft is in the position that it wants. Returns messages to send."""
        return []

    def stop(self, now: float) -> list[Message]:
        """Ask the aircraft to stop. The machine ends when it confirms, or a few seconds later."""
        messages = self.stop_messages()
        if not messages:
            return self.end("cancelled", self.stop_note())
        self._cancel_by_s = self.deadline = now + CANCEL_S
        return messages

    def cancel(self, now: float) -> list[Message]:  # noqa: ARG002
        return [] if self.outcome is not None else self.stop_messages()

    # For each way

    @abstractmethod
    def follow(self, message: Message, now: float) -> list[Message]:
        """Take a message of the aircraft. Returns messages to send."""

    def begun(self, now: float) -> None:
        """Take note that the aircraft has accepted the command."""

    def stop_messages(self) -> list[Message]:
        """Return the messages that stop it; none where the autopilot has no such command."""
        return []

    def stop_note(self) -> str:
        """Return what the operator must know where nothing stops it."""
        return "stopped here"

    # Shared

    def heard(self, now: float) -> None:
        """Take note that the aircraft is at work."""
        self._accepted = True
        if self._cancel_by_s is None:
            self.deadline = now + self._silence_s

    def show(self, **changes: object) -> None:
        """Change what is shown."""
        self.view = replace(self.view, **changes)  # type: ignore[arg-type]

    def end(self, phase: Phase, says: str = "", *, reboot: bool = False) -> list[Message]:
        """End with a phase."""
        self.show(phase=phase, wanted="", confirm=False, says=says or self.view.says, reboot=reboot)
        return self.finish(self.view)

    def command(self, number: int, *params: float) -> Message:
        """Return a COMMAND_LONG to the aircraft."""
        named = {f"param{at}": value for at, value in enumerate((*params, *(0.0,) * (7 - len(params))), 1)}
        message: Message = m.COMMAND_LONG(
            target_system=self.target.system,
            target_component=self.target.component,
            command=number,
            confirmation=0,
            **named,
        )
        return message

    def _follow_request(self, now: float) -> None:
        outcome = self._request.outcome
        if outcome is None:
            if not self._accepted:
                self.deadline = self._request.deadline
            return
        if isinstance(outcome, Done):
            if not self._accepted:
                self.heard(now)
                self.begun(now)
        elif not self._accepted:
            self.end("failed", outcome.error.what)


def side_states(done: Mapping[str, bool], current: str = "") -> tuple[tuple[str, SideState], ...]:
    """Return the sides for the view."""
    return tuple(
        (side, "done" if is_done else "now" if side == current else "open") for side, is_done in done.items()
    )
