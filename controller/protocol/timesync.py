"""TIMESYNC: clock offset and round trip between two systems.

A request has tc1 = 0 and ts1 = the client's time in nanoseconds; the answer has tc1 = the server's time and the same
ts1. The answers with the shortest round trip give the best offset, because they waited least. Source: MAVLink guide,
services/timesync.md. ArduPilot adds its system id to ts1 and identifies its own answers by it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from controller.protocol.message_fields import is_addressed_to
from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

KEPT_SAMPLES = 10


@dataclass(frozen=True, slots=True)
class TimeOffset:
    """Measured offset: the peer's clock minus ours.

    Its error is at most half of `round_trip_s` if both ways are equal.
    """

    offset_ns: int
    round_trip_s: float


class TimesyncClient(StateMachine[None]):
    """Measures the clock offset of `peer` every second: `offset` (None before the first answer).

    Never ends or fails.
    """

    def __init__(self, peer: Address, *, timing: Timing = DEFAULT_TIMING) -> None:
        super().__init__()
        self.peer = peer
        self.offset: TimeOffset | None = None
        self._timing = timing
        self._pending: deque[int] = deque(maxlen=timing.timesync.retries)
        self._samples: deque[TimeOffset] = deque(maxlen=KEPT_SAMPLES)

    def start(self, now: float) -> list[Message]:
        return self._ask(now)

    def tick(self, now: float) -> list[Message]:
        return self._ask(now) if self.deadline is not None and now >= self.deadline else []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "TIMESYNC" or source != self.peer or message.tc1 == 0:
            return []
        asked_ns = message.ts1
        if asked_ns not in self._pending:
            return []  # answer to another client, or a duplicate
        self._pending.remove(asked_ns)
        now_ns = nanoseconds(now)
        sample = TimeOffset(message.tc1 - (asked_ns + now_ns) // 2, (now_ns - asked_ns) / 1e9)
        self._samples.append(sample)
        self.offset = min(self._samples, key=lambda one: one.round_trip_s)
        return []

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.timesync.timeout_s
        asked_ns = max(1, nanoseconds(now))
        self._pending.append(asked_ns)
        request: Message = m.TIMESYNC(tc1=0, ts1=asked_ns)
        return [request]


class TimesyncService(StateMachine[None]):
    """Server: answers TIMESYNC requests with our time. Never ends."""

    def __init__(self, own_address: Address) -> None:
        super().__init__()
        self.own_address = own_address

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if message.name != "TIMESYNC" or message.tc1 != 0 or source == self.own_address:
            return []
        if not is_addressed_to(message, self.own_address):
            return []
        # tc1 = 0 would be a request.
        answer: Message = m.TIMESYNC(tc1=max(1, nanoseconds(now)), ts1=message.ts1)
        return [answer]


def nanoseconds(seconds: float) -> int:
    """Convert seconds to the nanoseconds of TIMESYNC's fields."""
    return round(seconds * 1e9)
