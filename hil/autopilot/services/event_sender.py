"""Sends the events of a stack, and its health report whenever a check has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.protocol.events.definitions import packed_table
from controller.protocol.events.server import EventService
from controller.wire.address import Address
from controller.wire.message import Message
from hil.autopilot.stacks.stack_events import SentEvent, StackEvents

REPORT_S = 0.5


class EventSender:
    """Events of one vehicle. All methods return the messages to send on all links."""

    def __init__(self, stack: StackEvents, address: Address) -> None:
        self.stack = stack
        self.service = EventService(address)
        self._table = packed_table(stack.table) if stack.table else None
        self._reported: tuple[SentEvent, ...] = ()
        self._report_at_s = 0.0
        self._battery_state = 0

    def send(self, event: SentEvent, time_s: float) -> list[Message]:
        """Return the message of an event."""
        if self._table is None:
            return []
        event_id, arguments = self._table.encode(event.name, *event.arguments)
        return [self.service.emit(event_id, event.severity, arguments, round(time_s * 1e3) & 0xFFFFFFFF)]

    def report(self, faults: Sequence[str], time_s: float, *, always: bool = False) -> list[Message]:
        """Return the health report, if it differs from the last one or is asked for."""
        found = self.stack.report(faults, self._battery_state)
        if not found or (found == self._reported and not always):
            return []
        self._reported = found
        return [message for event in found for message in self.send(event, time_s)]

    def step(self, faults: Callable[[], Sequence[str]], battery_state: int, time_s: float) -> list[Message]:
        """Return what is due: the report, and the number of the newest event."""
        if self._table is None or time_s < self._report_at_s:
            return []
        if self.service.deadline is None:
            self.service.start(time_s)
        self._report_at_s, self._battery_state = time_s + REPORT_S, battery_state
        return self.report(faults(), time_s) + self.service.tick(time_s)
