"""Mission client: download a mission, geofence or rally list, whole or in part.

The client drives the transfer: MISSION_REQUEST_LIST, then item after item, then MISSION_ACK. PX4 sends items only in
order and aborts on a request out of order (a late copy of an old request is enough): it sends ERROR once and ignores
further requests. The download therefore restarts after an ERROR or a long silence. Both autopilots refuse to start
while another transfer runs; the client retries for some seconds.
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import LinkError
from controller.protocol.message_fields import count_of, is_addressed_to, with_known_fields
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import (
    ACCEPTED,
    CANCELLED,
    DENIED,
    ERROR,
    MISSION,
    TYPE_NAMES,
    MissionRefused,
    item_from,
)
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, RoundTripEstimator, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message


@dataclass(frozen=True, slots=True)
class DownloadedMission:
    """Downloaded list. `current` is the index marked as current (None: none), `first` the sequence number of items[0].

    `opaque_id` is the aircraft's id of the list, 0 if it sends none.
    """

    items: tuple[MissionItem, ...]
    current: int | None = None
    opaque_id: int = 0
    first: int = 0


class MissionDownload(StateMachine[DownloadedMission]):
    """Downloads the list of `mission_type`. Ends with a DownloadedMission, MissionRefused or LinkError.

    `span` (first, last) downloads only these items. With `announce` the client sends MISSION_REQUEST_PARTIAL_LIST;
    without, it only requests the items (ArduPilot does not support that message, but sends any item at any time).
    With `as_int` False it sends the old MISSION_REQUEST.
    """

    def __init__(
        self,
        target: Address,
        mission_type: int = MISSION,
        *,
        span: tuple[int, int] | None = None,
        announce: bool = True,
        as_int: bool = True,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.mission_type = mission_type
        self.span = span
        self._announce = announce
        self._as_int = as_int
        self._own_address = own_address
        self._timing = timing
        self._tries = 0
        self._restarts = 0
        self._round_trip = RoundTripEstimator()
        self._failure: str | None = None
        self._busy: int | None = None
        self._count: int | None = None
        self._first = span[0] if span else 0
        self._items: list[MissionItem] = []
        self._current: int | None = None
        self._opaque_id = 0
        self._requested_at_s = 0.0

    @property
    def _list_name(self) -> str:
        return TYPE_NAMES.get(self.mission_type, f"mission type {self.mission_type}")

    def start(self, now: float) -> list[Message]:
        return self._open(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if (
            self.outcome is not None
            or source != self.target
            or not is_addressed_to(message, self._own_address)
            or getattr(message, "mission_type", None) != self.mission_type
        ):
            return []
        match message.name:
            case "MISSION_COUNT" if self._count is None:
                return self._counted(message, now)
            case "MISSION_ITEM_INT" | "MISSION_ITEM" if self._count is not None:
                return self._item(message, now)
            case "MISSION_ACK":
                return self._acknowledged(message.type, now)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._count is None:
            policy = self._timing.mission_open if self._busy is None else self._timing.mission_busy
            if self._tries <= policy.retries:
                return self._open(now)
            if self._busy is not None:
                return self._refused(self._busy)
            failure = self._failure or f"no answer from {self.target} to {self._tries} tries"
            return self.fail(
                LinkError(
                    f"cannot download {self._list_name}: {failure}",
                    hint="check the link, and that this system is an autopilot",
                )
            )
        if self._tries <= self._timing.mission_item.retries:
            return self._ask(now)
        self._failure = f"{self.target} stopped answering at item {self._next} of {self._count}"
        if self._restarts < self._timing.mission_restarts and (self.span is None or self._announce):
            self._restart()
            return self._open(now)
        return self.fail(
            LinkError(
                f"cannot download {self._list_name}: {self._failure}", hint="check the link and try again"
            )
        )

    def cancel(self, now: float) -> list[Message]:  # noqa: ARG002
        """Cancel the download: notify the aircraft and end with LinkError."""
        if self.outcome is not None:
            return []
        self.fail(
            LinkError(
                f"cannot download {self._list_name} from {self.target}: cancelled at item {self._next}",
                hint="download it again",
            )
        )
        return [self._ack(CANCELLED)]

    @property
    def _next(self) -> int:
        return self._first + len(self._items)

    def _counted(self, message: Message, now: float) -> list[Message]:
        self._count = count_of(message)
        if self.span is not None:
            self._count = min(count_of(message), self.span[1] - self.span[0] + 1)
        self._opaque_id = getattr(message, "opaque_id", 0)
        self._tries = 0
        self._busy = None
        self.progress = Progress(0, self._count, f"downloading {self._list_name}")
        return self._ask_or_end(now)

    def _item(self, message: Message, now: float) -> list[Message]:
        if message.seq != self._next:
            return []  # late copy of an earlier item
        if message.current:
            self._current = message.seq
        self._items.append(item_from(message))
        if self._tries == 0:  # else it may answer any of the requests
            self._round_trip.add(now - self._requested_at_s)
        self._tries = 0
        self.progress = Progress(len(self._items), self._count or 0, f"downloading {self._list_name}")
        return self._ask_or_end(now)

    def _acknowledged(self, result: int, now: float) -> list[Message]:
        if result == ACCEPTED:
            return []  # the end of an earlier upload
        if self._count is None:
            if result == CANCELLED:
                return []  # the end of an earlier transfer
            if result in (DENIED, ERROR):
                self._busy = result
                return []
            return self._refused(result)
        if result in (ERROR, CANCELLED, DENIED) and self._restarts < self._timing.mission_restarts:
            self._restart()
            # The aircraft may be busy for a while: the deadline starts the next attempt, not this answer.
            self.deadline = now + self._timing.mission_open.timeout_s
            return []
        return self._refused(result)

    def _restart(self) -> None:
        self._restarts += 1
        self._count = self._current = None
        self._items.clear()
        self._tries = 0

    def _open(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.mission_open.timeout_s
        target = {
            "target_system": self.target.system,
            "target_component": self.target.component,
            "mission_type": self.mission_type,
        }
        if self.span is None:
            return [m.MISSION_REQUEST_LIST(**target)]
        if self._announce:
            return [
                m.MISSION_REQUEST_PARTIAL_LIST(start_index=self.span[0], end_index=self.span[1], **target)
            ]
        self._count = self.span[1] - self.span[0] + 1
        self._tries = 0
        return self._ask_or_end(now)

    def _ask_or_end(self, now: float) -> list[Message]:
        if len(self._items) < (self._count or 0):
            return self._ask(now)
        self.finish(DownloadedMission(tuple(self._items), self._current, self._opaque_id, self._first))
        return [self._ack(ACCEPTED)]

    def _ask(self, now: float) -> list[Message]:
        self._requested_at_s = now
        self.deadline = now + self._round_trip.timeout_s(self._timing.mission_item.timeout_s)
        cls = m.MISSION_REQUEST_INT if self._as_int else m.MISSION_REQUEST
        return [
            cls(
                seq=self._next,
                target_system=self.target.system,
                target_component=self.target.component,
                mission_type=self.mission_type,
            )
        ]

    def _ack(self, result: int) -> Message:
        return with_known_fields(
            m.MISSION_ACK,
            target_system=self.target.system,
            target_component=self.target.component,
            type=result,
            mission_type=self.mission_type,
        )

    def _refused(self, result: int) -> list[Message]:
        item = None if self._count is None else self._next
        place = "" if item is None else f" at item {item}"
        return self.fail(
            MissionRefused(
                f"cannot download {self._list_name}: refused by {self.target}{place}", result, item=item
            )
        )
