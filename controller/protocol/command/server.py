"""Server of the command protocol: executes each command once, and always answers.

A retry (COMMAND_LONG with `confirmation` above 0) of a command already received from that peer is not executed again:
it gets the answer of the first copy, or IN_PROGRESS while that runs. Another command of the same number while one
runs is TEMPORARILY_REJECTED. COMMAND_INT has no `confirmation`; an equal one is a new command, as on real autopilots.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.protocol import timing
from controller.protocol.command.client import (
    ACCEPTED,
    CANCELLED,
    DENIED,
    IN_PROGRESS,
    PROGRESS_UNKNOWN,
    TEMPORARILY_REJECTED,
)
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.state_machine import StateMachine
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message


@dataclass(frozen=True, slots=True)
class ReceivedCommand:
    """Command to execute. For COMMAND_LONG `frame` is None and `params` holds all seven parameters as sent.

    For COMMAND_INT `params` holds the first four; the position is `x`, `y` (degrees times 1e7, or metres times 1e4)
    and `z`.
    """

    command: int
    params: tuple[float, ...]
    source: Address
    frame: int | None = None
    x: int = 0
    y: int = 0
    z: float = 0.0


@dataclass(frozen=True, slots=True)
class CommandReply:
    """Answer of a command handler: the MAV_RESULT, and messages to send after the ACK (for REQUEST_MESSAGE and the
    like).

    With IN_PROGRESS the owner calls `report` and `conclude` later.
    """

    result: int
    progress: int = 0
    result_param2: int = 0
    messages: tuple[Message, ...] = ()


CommandHandler = Callable[[ReceivedCommand, float], CommandReply]


@dataclass(slots=True)
class _Record:
    """Last command of one number from one peer."""

    contents: tuple[object, ...]
    received_at_s: float
    reply: CommandReply
    # The first copy (confirmation 0) has not arrived, or arrives after its retry.
    original_missing: bool


class CommandService(StateMachine[None]):
    """Serves COMMAND_LONG, COMMAND_INT and COMMAND_CANCEL for `own_address`. Never ends."""

    def __init__(
        self,
        own_address: Address,
        handler: CommandHandler,
        *,
        cancel: Callable[[ReceivedCommand, float], bool] | None = None,
        repeat_s: float = timing.COMMAND_REPEAT_S,
        duplicate_s: float = timing.COMMAND_DUPLICATE_S,
    ) -> None:
        """`cancel(request, now)` stops a running command and returns whether it did; by default none can be
        cancelled.
        """
        super().__init__()
        self.own_address = own_address
        self._handler = handler
        self._cancel = cancel
        self._repeat_s = repeat_s
        self._duplicate_s = duplicate_s
        self._records: dict[tuple[Address, int], _Record] = {}
        self._running: dict[int, ReceivedCommand] = {}

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if not is_addressed_to(message, self.own_address):
            return []
        match message.name:
            case "COMMAND_LONG":
                params = tuple(getattr(message, f"param{i}") for i in range(1, 8))
                request = ReceivedCommand(message.command, params, source)
                return self._command(request, message.confirmation, now)
            case "COMMAND_INT":
                params = tuple(getattr(message, f"param{i}") for i in range(1, 5))
                place = {"x": message.x, "y": message.y, "z": message.z}
                return self._command(
                    ReceivedCommand(message.command, params, source, frame=message.frame, **place), 0, now
                )
            case "COMMAND_CANCEL":
                return self._cancel_running(message.command, source, now)
        return []

    def report(self, command: int, progress: int = PROGRESS_UNKNOWN) -> list[Message]:
        """Return IN_PROGRESS with `progress` in per cent, addressed to the sender of the running `command`."""
        request = self._running.get(command)
        return [] if request is None else [self._ack(request, CommandReply(IN_PROGRESS, progress))]

    def conclude(self, command: int, result: int, result_param2: int = 0) -> list[Message]:
        """Return the final ACK of the running `command` with this MAV_RESULT."""
        request = self._running.pop(command, None)
        if request is None:
            return []
        reply = CommandReply(result, 0, result_param2)
        record = self._records.get((request.source, command))
        if record is not None:
            record.reply = reply
        return [self._ack(request, reply)]

    def _command(self, request: ReceivedCommand, confirmation: int, now: float) -> list[Message]:
        self._forget(now)
        key = (request.source, request.command)
        record = self._records.get(key)
        contents = (request.params, request.frame, request.x, request.y, request.z)
        if (
            record is not None
            and _equal_contents(record.contents, contents)
            and self._is_copy(record, confirmation, now)
        ):
            return [self._ack(request, record.reply), *record.reply.messages]
        if request.command in self._running:
            return [self._ack(request, CommandReply(TEMPORARILY_REJECTED))]
        reply = self._handler(request, now)
        self._records[key] = _Record(contents, now, reply, original_missing=confirmation > 0)
        if reply.result == IN_PROGRESS:
            self._running[request.command] = request
        return [self._ack(request, reply), *reply.messages]

    def _is_copy(self, record: _Record, confirmation: int, now: float) -> bool:
        if confirmation > 0:
            return True
        if record.original_missing:
            record.original_missing = False
            return True
        return now - record.received_at_s < self._duplicate_s

    def _cancel_running(self, command: int, source: Address, now: float) -> list[Message]:
        request = self._running.get(command)
        if request is None or self._cancel is None or not self._cancel(request, now):
            return [self._ack(ReceivedCommand(command, (), source), CommandReply(DENIED))]
        messages = self.conclude(command, CANCELLED)
        return (
            messages
            if request.source == source
            else [*messages, self._ack(ReceivedCommand(command, (), source), CommandReply(ACCEPTED))]
        )

    def _forget(self, now: float) -> None:
        self._records = {
            key: record
            for key, record in self._records.items()
            if record.reply.result == IN_PROGRESS or now - record.received_at_s < self._repeat_s
        }

    def _ack(self, request: ReceivedCommand, reply: CommandReply) -> Message:
        message: Message = m.COMMAND_ACK(
            command=request.command,
            result=reply.result,
            progress=reply.progress,
            result_param2=reply.result_param2,
            target_system=request.source.system,
            target_component=request.source.component,
        )
        return message


def _equal_contents(one: tuple[object, ...], two: tuple[object, ...]) -> bool:
    """Return whether the contents are equal, with NaN equal to NaN."""
    return repr(one) == repr(two)
