"""Client of MAVLink's log service: list the logs on board, and download one of them or the rest of one.

The vehicle streams the requested range, ninety bytes a LOG_DATA, and serves one request at a time. The protocol has no
acknowledgement: data that is missing when the stream ends or falls silent is requested again. `LogDownload` requests the
log in blocks, so that a slow link never has much queued, and joins missing ranges that lie close together.
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
STRETCH_BYTES = 512 * DATA_BYTES  # QGC asks for as much at a time
NEAR_BYTES = 10 * DATA_BYTES  # sending so much twice takes less than another round trip
LAST_ID = 0xFFFF
MOST_BYTES = 1 << 31  # ours: no autopilot's log is larger, and what says so is wrong


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log on board. `utc_s` is 0 where the autopilot did not know the time; the size may be an estimate (ArduPilot)."""

    id: int
    utc_s: int
    size_bytes: int


class LogListing(StateMachine[tuple[LogEntry, ...]]):
    """All logs on board, by their numbers; none where there are none. Ends with them, or LinkError."""

    def __init__(
        self, target: Address, *, own_address: Address = GROUND_STATION, timing: Timing = DEFAULT_TIMING
    ) -> None:
        super().__init__()
        self._target = target
        self._own_address = own_address
        self._patience = timing.log_list
        self._entries: dict[int, LogEntry] = {}
        self._span: range | None = None
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
        # Numbers follow each other; ArduPilot begins with 1, or behind the logs that it wrote over, PX4 with 0, and what PX4
        # calls the last may be one too many.
        first = max(0, message.last_log_num - message.num_logs + 1)
        if message.id == 0 or 0 in self._entries:
            first = 0
        self._span = range(first, first + message.num_logs)
        if message.id in self._span and message.id not in self._entries:
            self._entries[message.id] = LogEntry(message.id, message.time_utc, message.size)
            self._tries = 0
            self.deadline = now + self._patience.timeout_s
        self.progress = Progress(len(self._entries), message.num_logs, "listing logs")
        if not self._missing():
            kept = [self._entries[number] for number in self._span]
            return self.finish(tuple(kept))
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._tries > self._patience.retries:
            return self.fail(
                LinkError(
                    f"listing the logs: no answer from {self._target} to {self._tries} tries",
                    hint="check the link; some autopilots answer only while they are disarmed",
                )
            )
        return self._ask(now)

    def _missing(self) -> list[int]:
        return [number for number in self._span or () if number not in self._entries]

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._patience.timeout_s
        missing = self._missing()
        return [
            m.LOG_REQUEST_LIST(
                target_system=self._target.system,
                target_component=self._target.component,
                # What brings nothing is asked for from the beginning: the first may be what is missing.
                start=missing[0] if missing and self._tries < 2 else 0,
                # Always all to the newest: both answer with the end of the request as the last number.
                end=LAST_ID,
            )
        ]


class LogDownload(StateMachine[bytes]):
    """A log from byte `offset` on. Ends with its bytes, or LinkError; the log may turn out shorter than its entry says."""

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
        self._patience = timing.log_data
        self._holes = MissingRanges(max(0, min(entry.size_bytes, MOST_BYTES) - offset))
        self._asked_end = 0
        self._asked_ends: set[int] = set()
        self._asked_at_s: float | None = None
        self._round_trip = RoundTripEstimator()
        self._tries = 0
        self._what = f"reading log {entry.id}"

    @property
    def size_bytes(self) -> int:
        """The whole log's size, as far as it is known."""
        return self._offset + self._holes.size

    def so_far(self, begin: int = 0) -> bytes:
        """What has come without a hole from byte `begin` behind the offset on: worth keeping when the rest does not come."""
        return self._holes.whole_from(begin)

    def start(self, now: float) -> list[Message]:
        return self._ask_or_end(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        ours = source == self._target and message.name == "LOG_DATA" and message.id == self._entry.id
        if self.outcome is not None or not ours or (count := count_of(message)) > DATA_BYTES:
            return []
        at = message.ofs - self._offset
        if at < 0 or at > self._holes.size:
            return []
        if self._asked_at_s is not None:
            self._round_trip.add(now - self._asked_at_s)
            self._asked_at_s = None
        end = at + count
        if self._holes.add(at, bytes(message.data[:count])):
            self._tries = 0
        if count == 0 or (count < DATA_BYTES and end not in self._asked_ends):
            # Short though more was asked for: there is no more. Otherwise a request ended here.
            self._holes.ends_at(end)
        self.progress = Progress(self._holes.received, self._holes.size, self._what)
        self.deadline = now + self._round_trip.timeout_s(self._patience.timeout_s)
        if self._holes.complete or end >= min(self._asked_end, self._holes.size):
            return self._ask_or_end(now)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._tries > self._patience.retries:
            return self.fail(
                LinkError(
                    f"{self._what}: {self._target} fell silent at byte {self._offset + len(self.so_far()):,d} "
                    f"of {self.size_bytes:,d}",
                    hint="check the link",
                )
            )
        return self._ask_or_end(now)

    def _ask_or_end(self, now: float) -> list[Message]:
        if self._holes.complete:
            return self.finish(self._holes.data())
        begin, end = self._stretch()
        self._asked_end = end
        self._asked_ends.add(end)
        self._asked_at_s = now if self._tries == 0 else None
        # Soon at first; a link that is gone for some seconds is waited for.
        soon_s = self._round_trip.timeout_s(self._patience.timeout_s) * (1 + self._tries)
        self.deadline = now + min(soon_s, self._patience.timeout_s)
        return [
            m.LOG_REQUEST_DATA(
                target_system=self._target.system,
                target_component=self._target.component,
                id=self._entry.id,
                ofs=self._offset + begin,
                count=end - begin,
            )
        ]

    def _stretch(self) -> tuple[int, int]:
        """What to ask for next: the first hole, with those close behind it."""
        holes = self._holes.missing(STRETCH_BYTES // DATA_BYTES)
        begin, end = holes[0]
        for start, stop in holes[1:]:
            if start - end > NEAR_BYTES:
                break
            end = stop
        return begin, min(end, begin + STRETCH_BYTES)
