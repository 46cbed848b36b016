"""Event server: sends EVENTs, announces the newest one, and sends those that are requested again."""

from __future__ import annotations

from collections import deque

from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import EVENT_SEQUENCE_S
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

_RANGE = 1 << 16
KEPT = 20  # events that can be requested again


class EventService(StateMachine[None]):
    """Events of one component. `emit` returns the message of a new event; `first` is its sequence number."""

    def __init__(self, address: Address, *, first: int = 0) -> None:
        super().__init__()
        self._address = address
        self._next = first
        self._kept: deque[Message] = deque(maxlen=KEPT)

    def start(self, now: float) -> list[Message]:
        self.deadline = now + EVENT_SEQUENCE_S
        return []

    def emit(self, event_id: int, severity: int, arguments: bytes, boot_ms: int) -> Message:
        """Return the message of a new event; severity is MAV_SEVERITY, or 8 for an event that is not to be shown."""
        event: Message = m.EVENT(
            id=event_id,
            event_time_boot_ms=boot_ms,
            sequence=self._next,
            log_levels=severity << 4 | severity,
            arguments=arguments,
        )
        self._next = (self._next + 1) % _RANGE
        self._kept.append(event)
        return event

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        if (
            message.name != "REQUEST_EVENT"
            or (message.target_system, message.target_component) != self._address
        ):
            return []
        count = (message.last_sequence - message.first_sequence) % _RANGE + 1
        asked = [(message.first_sequence + at) % _RANGE for at in range(min(count, 2 * KEPT))]
        kept = {event.sequence: event for event in self._kept}
        return [kept[sequence] if sequence in kept else self._refusal(sequence, source) for sequence in asked]

    def _refusal(self, sequence: int, source: Address) -> Message:
        refusal: Message = m.RESPONSE_EVENT_ERROR(
            target_system=source.system,
            target_component=source.component,
            sequence=sequence,
            sequence_oldest_available=self._kept[0].sequence if self._kept else self._next,
        )
        return refusal

    def tick(self, now: float) -> list[Message]:
        if self.deadline is None or now < self.deadline:
            return []
        self.deadline = now + EVENT_SEQUENCE_S
        return [m.CURRENT_EVENT_SEQUENCE(sequence=(self._next - 1) % _RANGE)]
