"""Which messages an aircraft sends when: one scheduler for each of its links, since intervals are a link's own.

The owner asks `due(now)` and makes the messages; requests for rates and single messages come in through `set_interval`,
`handle` (the commands 510, 511, 512) and `data_stream` (the old REQUEST_DATA_STREAM).
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
    """Decides what is due. `rates` are Hz by message number, as they are before anybody asks for others.

    Messages keep their beat: one that was asked for late is not sent twice to catch up.
    """

    def __init__(self, rates: Mapping[int, float], *, now: float) -> None:
        self._defaults = {msg_id: 1.0 / rate for msg_id, rate in rates.items() if rate > 0}
        self._intervals = dict(self._defaults)
        # Started evenly apart, so that not everything goes out at one instant.
        count = max(1, len(self._intervals))
        self._due = {
            msg_id: now + interval * index / count
            for index, (msg_id, interval) in enumerate(self._intervals.items())
        }

    @property
    def deadline(self) -> float | None:
        """When the next message is due."""
        return min(self._due.values(), default=None)

    def due(self, now: float) -> list[int]:
        """The numbers of the messages to send now, the longest overdue first."""
        ready = sorted((at, msg_id) for msg_id, at in self._due.items() if at <= now)
        for at, msg_id in ready:
            interval = self._intervals[msg_id]
            following = at + interval
            self._due[msg_id] = following if following > now else now + interval
        return [msg_id for _, msg_id in ready]

    def interval_us(self, msg_id: int) -> int:
        """As MESSAGE_INTERVAL says it: -1 where the message is not sent."""
        interval = self._intervals.get(msg_id)
        return -1 if interval is None else round(interval * 1e6)

    def set_interval(self, msg_id: int, interval_us: float, now: float) -> None:
        """-1 stops the message, 0 restores its default, else the interval in microseconds."""
        interval = self._defaults.get(msg_id) if interval_us == 0 else interval_us / 1e6
        if interval is None or not interval > 0:
            self._intervals.pop(msg_id, None)
            self._due.pop(msg_id, None)
            return
        self._intervals[msg_id] = max(interval, MIN_INTERVAL_S)
        self._due[msg_id] = now


class IntervalService(StateMachine[None]):
    """A scheduler as a machine: sends what is due, made by `make(msg_id)` (None: not available now). Never ends.

    `handle(call, now)` answers the three commands for the owner's command handler, or None for any other command.
    `refused` are messages whose interval cannot be changed (PX4 answers FAILED for some that it does stream).
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
        """`known` are the numbers of all messages that can be had at all."""
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
        """The old way: a rate in Hz for a whole group of messages (0 is all groups)."""
        rate = message.req_message_rate
        interval_us = 1e6 / rate if message.start_stop and rate > 0 else -1.0
        wanted = (
            DATA_STREAMS.values()
            if message.req_stream_id == 0
            else [DATA_STREAMS.get(message.req_stream_id, ())]
        )
        for names in wanted:
            for name in names:
                msg_id = dialect.by_name(name).msg_id
                if msg_id in self._known and msg_id not in self._refused:
                    self._scheduler.set_interval(msg_id, interval_us, now)
        self.deadline = self._scheduler.deadline

    def handle(self, call: ReceivedCommand, now: float) -> CommandReply | None:
        """The reply to SET_MESSAGE_INTERVAL, GET_MESSAGE_INTERVAL or REQUEST_MESSAGE; None for any other command."""
        if call.command not in (SET_MESSAGE_INTERVAL, GET_MESSAGE_INTERVAL, REQUEST_MESSAGE):
            return None
        wanted = call.params[0]
        if not 0 <= wanted < 1 << 24 or wanted != int(wanted):
            return CommandReply(DENIED)
        msg_id = int(wanted)
        if call.command == GET_MESSAGE_INTERVAL:
            interval = self._scheduler.interval_us(msg_id) if msg_id in self._known else 0
            answer: Message = m.MESSAGE_INTERVAL(message_id=msg_id & 0xFFFF, interval_us=interval)
            return CommandReply(ACCEPTED, messages=(answer,))
        if msg_id not in self._known:
            return CommandReply(UNSUPPORTED)
        if call.command == REQUEST_MESSAGE:
            message = self._make(msg_id)
            return CommandReply(FAILED) if message is None else CommandReply(ACCEPTED, messages=(message,))
        interval_us = call.params[1]
        if msg_id in self._refused:
            return CommandReply(self._refusal)
        if not (interval_us >= 0 or interval_us == -1):
            return CommandReply(DENIED)
        self._scheduler.set_interval(msg_id, interval_us, now)
        self.deadline = self._scheduler.deadline
        return CommandReply(ACCEPTED)
