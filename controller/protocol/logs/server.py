"""Server of the log service: lists the logs and streams requested data, as ArduPilot and PX4 do.

It serves one request at a time; a new request replaces the current one. Messages go out in small batches, so that other
services are not delayed.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.protocol.logs.client import DATA_BYTES, LogEntry
from controller.protocol.message_fields import count_of, is_addressed_to
from controller.protocol.state_machine import StateMachine
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

INTERVAL_S = 0.002  # ours: 45 kB/s at most
BATCH = 10  # messages per step


class LogService(StateMachine[None]):
    """Serves `logs`: consecutive numbers to (UTC time of the last write in seconds, bytes). Never ends.

    Sends `batch` messages every `batch_s` seconds.
    """

    def __init__(
        self,
        own_address: Address,
        logs: Mapping[int, tuple[int, bytes]],
        *,
        batch: int = BATCH,
        batch_s: float = BATCH * INTERVAL_S,
    ) -> None:
        super().__init__()
        self._batch, self._batch_s = batch, batch_s
        self._own_address = own_address
        self._logs = dict(sorted(logs.items()))
        self._list: list[int] = []
        self._last = 0
        self._reading: int | None = None
        self._at = self._end = 0

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        if not is_addressed_to(message, self._own_address):
            return []
        match message.name:
            case "LOG_REQUEST_LIST":
                if not self._logs:
                    return [m.LOG_ENTRY()]
                self._list = [number for number in self._logs if message.start <= number <= message.end]
                self._last = min(message.end, next(reversed(self._logs)))
            case "LOG_REQUEST_DATA" if message.id in self._logs:
                size = len(self._logs[message.id][1])
                self._reading, self._at = message.id, min(message.ofs, size)
                self._end = min(message.ofs + count_of(message), size)
                # A request at or beyond the end gets one empty message.
                if self._at >= self._end:
                    self._reading = None
                    return [m.LOG_DATA(id=message.id, ofs=self._at, count=0)]
            case "LOG_REQUEST_END":
                self._reading, self._list = None, []
            case _:
                return []
        return self._next_batch(now)

    def tick(self, now: float) -> list[Message]:
        if self.deadline is None or now < self.deadline:
            return []
        return self._next_batch(now)

    def entry(self, number: int) -> LogEntry:
        """Return the list entry of a log."""
        utc_s, data = self._logs[number]
        return LogEntry(number, utc_s, len(data))

    def _next_batch(self, now: float) -> list[Message]:
        out: list[Message] = []
        while len(out) < self._batch and (self._list or self._reading is not None):
            out.append(self._next_entry() if self._list else self._next_data())
        self.deadline = now + self._batch_s if self._list or self._reading is not None else None
        return out

    def _next_entry(self) -> Message:
        entry = self.entry(self._list.pop(0))
        message: Message = m.LOG_ENTRY(
            id=entry.id,
            num_logs=len(self._logs),
            last_log_num=self._last,
            time_utc=entry.utc_s,
            size=entry.size_bytes,
        )
        return message

    def _next_data(self) -> Message:
        number = self._reading
        assert number is not None
        chunk = self._logs[number][1][self._at : min(self._at + DATA_BYTES, self._end)]
        data = chunk.ljust(DATA_BYTES, b"\0")
        message: Message = m.LOG_DATA(id=number, ofs=self._at, count=len(chunk), data=data)
        self._at += len(chunk)
        if self._at >= self._end:
            self._reading = None
        return message
