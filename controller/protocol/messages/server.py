"""Server for message intervals and single messages; one scheduler for each link, because intervals belong to a link.

`handle` answers the commands GET_MESSAGE_INTERVAL, SET_MESSAGE_INTERVAL and REQUEST_MESSAGE; `data_stream` handles
the old REQUEST_DATA_STREAM.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.protocol.command.client import ACCEPTED, DENIED, FAILED, UNSUPPORTED
from controller.protocol.command.server import CommandReply, ReceivedCommand
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.messages.client import (
    DATA_STREAMS,
    GET_MESSAGE_INTERVAL,
    REQUEST_MESSAGE,
    SET_MESSAGE_INTERVAL,
)
from controller.protocol.state_machine import StateMachine
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

MIN_INTERVAL_S = 0.001


class StreamScheduler:
    """Schedule of streamed messages. `rates` are the default rates in Hz by message number.

    After a delay a message is sent once, not several times to catch up.
    """

    def __init__(self, rates: Mapping[int, float], *, now: float) -> None:
        self._defaults = {msg_id: 1.0 / rate for msg_id, rate in rates.items() if rate > 0}
        self._intervals = dict(self._defaults)
        # Staggered, so that the messages do not all go out at one instant.
        count = max(1, len(self._intervals))
        self._due = {
            msg_id: now + interval * index / count
            for index, (msg_id, interval) in enumerate(self._intervals.items())
        }

    @property
    def deadline(self) -> float | None:
        """Time at which the next message is due, None without messages."""
        return min(self._due.values(), default=None)

    def due(self, now: float) -> list[int]:
        """Return the numbers of the messages to send now, the longest overdue first."""
        ready = sorted((at, msg_id) for msg_id, at in self._due.items() if at <= now)
        for at, msg_id in ready:
            interval = self._intervals[msg_id]
            following = at + interval
            self._due[msg_id] = following if following > now else now + interval
        return [msg_id for _, msg_id in ready]

    def interval_us(self, msg_id: int) -> int:
        """Return the interval in microseconds as in MESSAGE_INTERVAL: -1 if the message is not sent."""
        interval = self._intervals.get(msg_id)
        return -1 if interval is None else round(interval * 1e6)

    def set_interval(self, msg_id: int, interval_us: float, now: float) -> None:
        """Set the interval in microseconds; -1 stops the message, 0 restores its default."""
        interval = self._defaults.get(msg_id) if interval_us == 0 else interval_us / 1e6
        if interval is None or not interval > 0:
            self._intervals.pop(msg_id, None)
            self._due.pop(msg_id, None)
            return
        self._intervals[msg_id] = max(interval, MIN_INTERVAL_S)
        self._due[msg_id] = now


class IntervalService(StateMachine[None]):
    """Sends the scheduled messages, created by `make(msg_id)` (None: not available now). Never ends.

    The owner's command handler calls `handle` for the three interval commands. `refused` are messages whose interval
    cannot be changed (PX4 answers FAILED for some that it streams).
    """

    def __init__(
        self,
        own_address: Address,
        make: Callable[[int], Message | None],
        rates: Mapping[int, float],
        *,
        known: frozenset[int],
        refused: frozenset[int] = frozenset(),
        refusal: int = FAILED,
    ) -> None:
        """`known` are the numbers of all messages that `make` can create."""
        super().__init__()
        self.own_address = own_address
        self._make = make
        self._rates = dict(rates)
        self._known = known | frozenset(rates)
        self._refused = refused
        self._refusal = refusal
        self._scheduler = StreamScheduler({}, now=0.0)

    def start(self, now: float) -> list[Message]:
        self._scheduler = StreamScheduler(self._rates, now=now)
        self.deadline = self._scheduler.deadline
        return []

    def tick(self, now: float) -> list[Message]:
        made = [self._make(msg_id) for msg_id in self._scheduler.due(now)]
        self.deadline = self._scheduler.deadline
        return [message for message in made if message is not None]

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        if message.name == "REQUEST_DATA_STREAM" and is_addressed_to(message, self.own_address):
            self.data_stream(message, now)
        return []

    def data_stream(self, message: Message, now: float) -> None:
        """Handle REQUEST_DATA_STREAM: a rate in Hz for a group of messages (group 0: all)."""
        rate = message.req_message_rate
        interval_us = 1e6 / rate if message.start_stop and rate > 0 else -1.0
        streams = (
            DATA_STREAMS.values()
            if message.req_stream_id == 0
            else [DATA_STREAMS.get(message.req_stream_id, ())]
        )
        for names in streams:
            for name in names:
                msg_id = dialect.by_name(name).msg_id
                if msg_id in self._known and msg_id not in self._refused:
                    self._scheduler.set_interval(msg_id, interval_us, now)
        self.deadline = self._scheduler.deadline

    def handle(self, request: ReceivedCommand, now: float) -> CommandReply | None:
        """Return the reply to SET_ or GET_MESSAGE_INTERVAL or REQUEST_MESSAGE; None for other commands."""
        if request.command not in (SET_MESSAGE_INTERVAL, GET_MESSAGE_INTERVAL, REQUEST_MESSAGE):
            return None
        number = request.params[0]
        if not 0 <= number < 1 << 24 or number != int(number):
            return CommandReply(DENIED)
        msg_id = int(number)
        if request.command == GET_MESSAGE_INTERVAL:
            interval = self._scheduler.interval_us(msg_id) if msg_id in self._known else 0
            answer: Message = m.MESSAGE_INTERVAL(message_id=msg_id & 0xFFFF, interval_us=interval)
            return CommandReply(ACCEPTED, messages=(answer,))
        if msg_id not in self._known:
            return CommandReply(UNSUPPORTED)
        if request.command == REQUEST_MESSAGE:
            message = self._make(msg_id)
            return CommandReply(FAILED) if message is None else CommandReply(ACCEPTED, messages=(message,))
        interval_us = request.params[1]
        if msg_id in self._refused:
            return CommandReply(self._refusal)
        if not (interval_us >= 0 or interval_us == -1):
            return CommandReply(DENIED)
        self._scheduler.set_interval(msg_id, interval_us, now)
        self.deadline = self._scheduler.deadline
        return CommandReply(ACCEPTED)
