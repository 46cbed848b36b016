"""Client of MAVLink's log service: list the logs on board, and download one of them or the rest of one.

The vehicle streams the requested range, ninety bytes a LOG_DATA, and serves one request at a time. The protocol has
no acknowledgement: data that is missing when the stream ends or falls silent is requested again. `LogDownload`
requests the log in blocks, so that a slow link never has much queued, and joins missing ranges that lie close
together.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import LinkError
from controller.protocol.message_fields import count_of, is_addressed_to
from controller.protocol.missing_ranges import MissingRanges
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, RoundTripEstimator, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message

DATA_BYTES = 90  # of one LOG_DATA
BLOCK_BYTES = 512 * DATA_BYTES  # QGC requests as much at a time
NEAR_BYTES = 10 * DATA_BYTES  # sending this twice takes less time than another round trip
LAST_ID = 0xFFFF
SILENT_LISTS = 3  # ours: so many requests without an answer mean that there are no logs
MAX_BYTES = 1 << 31  # ours: a larger announced size is an error


@dataclass(frozen=True, slots=True)
class LogEntry:
    """Log on board. The size may be an estimate (ArduPilot).

    `utc_s` is the time of the last write, 0 if the autopilot did not know it.
    """

    id: int
    utc_s: int
    size_bytes: int


class LogListing(StateMachine[tuple[LogEntry, ...]]):
    """Lists all logs on board. Ends with the entries, sorted by number (empty without logs), or LinkError.

    With `silence_is_empty` no answer means no logs: PX4 sends nothing then.
    """

    def __init__(
        self,
        target: Address,
        *,
        silence_is_empty: bool = False,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self._target = target
        self._own_address = own_address
        self._retry = timing.log_list
        self._silence_is_empty = silence_is_empty
        self._entries: dict[int, LogEntry] = {}
        self._numbers: range | None = None
        self._tries = 0

    def start(self, now: float) -> list[Message]:
        return self._ask(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        ours = (
            source == self._target
            and message.name == "LOG_ENTRY"
            and is_addressed_to(message, self._own_address)
        )
        if self.outcome is not None or not ours:
            return []
        if not message.num_logs:
            return self.finish(())
        # Numbers are consecutive. ArduPilot begins with 1, or after the logs it has overwritten; PX4 begins with 0,
        # and its last_log_num may be one too high.
        first = max(0, message.last_log_num - message.num_logs + 1)
        if message.id == 0 or 0 in self._entries:
            first = 0
        self._numbers = range(first, first + message.num_logs)
        if message.id in self._numbers and message.id not in self._entries:
            self._entries[message.id] = LogEntry(message.id, message.time_utc, message.size)
            self._tries = 0
            self.deadline = now + self._retry.timeout_s
        self.progress = Progress(len(self._entries), message.num_logs, "listing logs")
        if not self._missing():
            entries = [self._entries[number] for number in self._numbers]
            return self.finish(tuple(entries))
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._silence_is_empty and self._numbers is None and self._tries >= SILENT_LISTS:
            return self.finish(())
        if self._tries > self._retry.retries:
            return self.fail(
                LinkError(
                    f"cannot list logs: no answer from {self._target} to {self._tries} tries",
                    hint="check the link; some autopilots answer only while disarmed",
                )
            )
        return self._ask(now)

    def _missing(self) -> list[int]:
        return [number for number in self._numbers or () if number not in self._entries]

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._retry.timeout_s
        missing = self._missing()
        return [
            m.LOG_REQUEST_LIST(
                target_system=self._target.system,
                target_component=self._target.component,
                # After a fruitless request start at 0: the first entry may be the missing one.
                start=missing[0] if missing and self._tries < 2 else 0,
                # Always up to the newest: both autopilots report the end of the request as the last number.
                end=LAST_ID,
            )
        ]


class LogDownload(StateMachine[bytes]):
    """Downloads a log from byte `offset` on.

    Ends with its bytes, or LinkError; the log may be shorter than announced.
    """

    def __init__(
        self,
        target: Address,
        entry: LogEntry,
        *,
        offset: int = 0,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self._target = target
        self._entry = entry
        self._offset = offset
        self._own_address = own_address
        self._retry = timing.log_data
        self._ranges = MissingRanges(max(0, min(entry.size_bytes, MAX_BYTES) - offset))
        self._asked_end = 0
        self._asked_ends: set[int] = set()
        self._asked_at_s: float | None = None
        self._round_trip = RoundTripEstimator()
        self._tries = 0
        self._action = f"download log {entry.id}"

    @property
    def size_bytes(self) -> int:
        """Size of the whole log, as far as it is known."""
        return self._offset + self._ranges.size

    def received_from(self, begin: int = 0) -> bytes:
        """Return the bytes received without a gap from byte `begin` after the offset on, to keep them after a
        failure.
        """
        return self._ranges.contiguous_from(begin)

    def start(self, now: float) -> list[Message]:
        return self._ask_or_end(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        ours = source == self._target and message.name == "LOG_DATA" and message.id == self._entry.id
        if self.outcome is not None or not ours or (count := count_of(message)) > DATA_BYTES:
            return []
        at = message.ofs - self._offset
        if at < 0 or at > self._ranges.size:
            return []
        if self._asked_at_s is not None:
            self._round_trip.add(now - self._asked_at_s)
            self._asked_at_s = None
        end = at + count
        if self._ranges.add(at, bytes(message.data[:count])):
            self._tries = 0
        if count == 0 or (count < DATA_BYTES and end not in self._asked_ends):
            # A short message within a request marks the end of the log. At the end of a request it does not.
            self._ranges.ends_at(end)
        self.progress = Progress(self._ranges.received, self._ranges.size, self._action)
        self.deadline = now + self._round_trip.timeout_s(self._retry.timeout_s)
        if self._ranges.complete or end >= min(self._asked_end, self._ranges.size):
            return self._ask_or_end(now)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._tries > self._retry.retries:
            return self.fail(
                LinkError(
                    f"cannot {self._action}: {self._target} stopped answering at byte "
                    f"{self._offset + len(self.received_from()):,d} of {self.size_bytes:,d}",
                    hint="check the link",
                )
            )
        return self._ask_or_end(now)

    def _ask_or_end(self, now: float) -> list[Message]:
        if self._ranges.complete:
            return self.finish(self._ranges.data())
        begin, end = self._next_range()
        self._asked_end = end
        self._asked_ends.add(end)
        self._asked_at_s = now if self._tries == 0 else None
        # Short at first, then longer, to wait for a link that is interrupted for some seconds.
        soon_s = self._round_trip.timeout_s(self._retry.timeout_s) * (1 + self._tries)
        self.deadline = now + min(soon_s, self._retry.timeout_s)
        return [
            m.LOG_REQUEST_DATA(
                target_system=self._target.system,
                target_component=self._target.component,
                id=self._entry.id,
                ofs=self._offset + begin,
                count=end - begin,
            )
        ]

    def _next_range(self) -> tuple[int, int]:
        """Return the next range to request: the first missing range, with those close behind it."""
        missing = self._ranges.missing(BLOCK_BYTES // DATA_BYTES)
        begin, end = missing[0]
        for start, stop in missing[1:]:
            if start - end > NEAR_BYTES:
                break
            end = stop
        return begin, min(end, begin + BLOCK_BYTES)
