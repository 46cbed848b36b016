"""Event client: receives the EVENTs of one system, and requests those that were lost.

Each component counts its events (16 bits) and broadcasts the newest number in CURRENT_EVENT_SEQUENCE. A gap is
requested with REQUEST_EVENT; RESPONSE_EVENT_ERROR answers for events that are no longer kept. An event is passed on as
soon as it arrives, so a warning never waits for one before it that was lost. Events before the first one received are
not requested. Source: the events service of the MAVLink specification.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_EVENT_CURRENT_SEQUENCE_FLAGS
from controller.wire.message import Message

_RANGE = 1 << 16
_RESET = int(MAV_EVENT_CURRENT_SEQUENCE_FLAGS.RESET)
_RESTART_MS = 10_000  # an event this much older than the newest one is of a restarted component
_REMEMBERED = 64
_MISSING_MAX = 100  # autopilots keep fewer events than that


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An EVENT message and its sender."""

    source: Address
    message: Message


@dataclass(slots=True)
class _Stream:
    """Events of one component: the newest number known to exist, and the numbers of those that were not received."""

    newest: int | None = None
    missing: list[int] = field(default_factory=list)
    boot_ms: int = 0
    lost: int = 0
    tries: int = 0
    deadline: float | None = None
    taken: deque[tuple[int, int, int]] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    def restart(self, newest: int) -> None:
        self.newest, self.boot_ms = newest, 0
        self.missing.clear()
        self.taken.clear()
        self.tries, self.deadline = 0, None

    def advance(self, newest: int) -> None:
        """Note that all events up to `newest` exist."""
        assert self.newest is not None
        self.missing += [(self.newest + at) % _RANGE for at in range(1, (newest - self.newest) % _RANGE + 1)]
        self.newest = newest
        self.give_up(self.missing[:-_MISSING_MAX])

    def give_up(self, numbers: list[int]) -> None:
        self.lost += len(numbers)
        self.missing = [number for number in self.missing if number not in numbers]

    def gap(self) -> list[int]:
        """Return the first missing numbers without a received one between them."""
        found = self.missing[:1]
        for number in self.missing[1:]:
            if number != (found[-1] + 1) % _RANGE:
                break
            found.append(number)
        return found


class EventReceiver(StateMachine[None]):
    """Receives the events of `system`. Never ends.

    `events()` returns those since the last call, and `lost()` the numbers of events that could not be received.
    """

    def __init__(self, own_address: Address, system: int, *, timing: Timing = DEFAULT_TIMING) -> None:
        super().__init__()
        self._own = own_address
        self._policy = timing.event
        self._system = system
        self._streams: dict[Address, _Stream] = {}
        self._events: list[ReceivedEvent] = []

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if source.system != self._system:
            return []
        match message.name:
            case "EVENT":
                self._take(self._stream(source), message, source, now)
            case "CURRENT_EVENT_SEQUENCE":
                self._announced(self._stream(source), message)
            case "RESPONSE_EVENT_ERROR":
                if (message.target_system, message.target_component) == self._own:
                    self._unavailable(self._stream(source), message)
            case _:
                return []
        requests = self._request(self._stream(source), source, now)
        self._set_deadline()
        return requests

    def tick(self, now: float) -> list[Message]:
        sent: list[Message] = []
        for source, stream in self._streams.items():
            if stream.deadline is None or now < stream.deadline:
                continue
            if stream.tries > self._policy.retries:
                stream.give_up(stream.gap())
                stream.tries = 0
            stream.deadline = None
            sent += self._request(stream, source, now)
        self._set_deadline()
        return sent

    def events(self) -> list[ReceivedEvent]:
        """Return the events received since the last call, in the order of their arrival."""
        taken, self._events = self._events, []
        return taken

    def lost(self) -> dict[Address, int]:
        """Return how many events were given up since the last call, by sender."""
        found = {source: stream.lost for source, stream in self._streams.items() if stream.lost}
        for source in found:
            self._streams[source].lost = 0
        return found

    def heard(self, source: Address) -> bool:
        """Whether a component sends events."""
        return source in self._streams

    def _stream(self, source: Address) -> _Stream:
        return self._streams.setdefault(source, _Stream())

    def _take(self, stream: _Stream, message: Message, source: Address, now: float) -> None:
        sequence, boot_ms = message.sequence, message.event_time_boot_ms
        taken = (sequence, message.id, boot_ms)
        if taken in stream.taken:
            return  # requested by another ground station
        if sequence in stream.missing:
            stream.missing.remove(sequence)
            if stream.deadline is not None:
                stream.tries, stream.deadline = 0, now + self._policy.timeout_s if stream.missing else None
        elif stream.newest is None or boot_ms + _RESTART_MS < stream.boot_ms:
            stream.restart(sequence)
        elif _ahead(sequence, stream.newest):
            stream.advance(sequence)
            stream.missing.remove(sequence)
        else:
            return
        stream.taken.append(taken)
        stream.boot_ms = max(stream.boot_ms, boot_ms)
        if self._for_us(message):
            self._events.append(ReceivedEvent(source, message))

    def _announced(self, stream: _Stream, message: Message) -> None:
        if stream.newest is None or message.flags & _RESET:
            stream.restart(message.sequence)
        elif _ahead(message.sequence, stream.newest):
            stream.advance(message.sequence)

    def _unavailable(self, stream: _Stream, message: Message) -> None:
        if message.sequence not in stream.missing:
            return
        oldest = message.sequence_oldest_available
        stream.give_up(
            [number for number in stream.missing if number == message.sequence or _ahead(oldest, number)]
        )
        stream.tries, stream.deadline = 0, None

    def _for_us(self, message: Message) -> bool:
        return message.destination_system in (0, self._own.system) and message.destination_component in (
            0,
            self._own.component,
        )

    def _request(self, stream: _Stream, source: Address, now: float) -> list[Message]:
        """Request the next missing events, unless an answer is still awaited."""
        gap = stream.gap()
        if not gap:
            stream.tries, stream.deadline = 0, None
        if not gap or stream.deadline is not None:
            return []
        stream.tries += 1
        stream.deadline = now + self._policy.timeout_s
        return [
            m.REQUEST_EVENT(
                target_system=source.system,
                target_component=source.component,
                first_sequence=gap[0],
                last_sequence=gap[-1],
            )
        ]

    def _set_deadline(self) -> None:
        times = [stream.deadline for stream in self._streams.values() if stream.deadline is not None]
        self.deadline = min(times, default=None)


def _ahead(sequence: int, of: int) -> bool:
    """Whether `sequence` comes after `of`; the numbers wrap around at 65536."""
    return 0 < (sequence - of) % _RANGE < _RANGE // 2
