"""Mission client: upload a mission, geofence or rally list, whole or in part.

The aircraft drives the transfer: after MISSION_COUNT (or MISSION_WRITE_PARTIAL_LIST) it requests item after item and
ends with a MISSION_ACK. Deviations of real autopilots, and how the client handles them:

* An acceptance before all items were requested belongs to an earlier attempt and is ignored.
* ArduPilot answers an unrequested item with INVALID_SEQUENCE, PX4 a repeated MISSION_COUNT with ERROR, and both
  continue; for other autopilots these are final. So these results end the upload only if no further request follows.
* The last acceptance may be lost. The client then repeats the last item: PX4 accepts it again; ArduPilot answers
  ERROR, because the transfer has ended. The client then requests the item count; the read-back after the upload
  compares the rest.
* An ERROR to a repeated item means that the aircraft has ended the transfer (PX4 does so silently).
* An aircraft that gives up after too much loss sends OPERATION_CANCELLED; the upload restarts, a few times.
* During another transfer the aircraft refuses to start (DENIED, ERROR); the client retries for some seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from controller.errors import LinkError, UserError
from controller.protocol.message_fields import count_of, is_addressed_to, with_known_fields
from controller.protocol.mission.items import MissionItem
from controller.protocol.mission.wire import (
    ACCEPTED,
    CANCELLED,
    DENIED,
    ERROR,
    INVALID_SEQUENCE,
    MISSION,
    TYPE_NAMES,
    MissionRefused,
    item_message,
)
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message


@dataclass(frozen=True, slots=True)
class UploadResult:
    """Result of an upload. `items` is their number; `acknowledged` is False if the last MISSION_ACK was lost and only
    the item count was confirmed. `opaque_id` is the aircraft's id of the list, 0 if it sends none."""

    items: int
    acknowledged: bool = True
    opaque_id: int = 0


class _State(Enum):
    OPENING = "no item requested yet"
    SENDING = "the aircraft requests items"
    CLOSING = "all items sent, waiting for the acceptance"
    COUNTING = "acceptance lost, waiting for the item count"


class MissionUpload(StateMachine[UploadResult]):
    """Uploads `items` (all of one `mission_type`). Ends with UploadResult, MissionRefused or LinkError.

    With `first` only the items from that sequence number on are replaced, by MISSION_WRITE_PARTIAL_LIST (ArduPilot;
    PX4 does not support it); the list on board keeps its length, or grows. With `as_int` False the client sends
    MISSION_ITEM.

    Raises UserError for items of another mission type, or a partial upload without items.
    """

    def __init__(
        self,
        target: Address,
        items: Sequence[MissionItem],
        mission_type: int = MISSION,
        *,
        first: int | None = None,
        as_int: bool = True,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        if any(item.mission_type != mission_type for item in items):
            raise UserError(
                f"invalid upload: items of another mission type in the {TYPE_NAMES.get(mission_type, mission_type)}"
            )
        if first is not None and not items:
            raise UserError("invalid upload: a partial upload needs at least one item")
        self.target = target
        self.items = tuple(items)
        self.mission_type = mission_type
        self.first = first
        self._offset = first or 0
        self._as_int = as_int
        self._own_address = own_address
        self._timing = timing
        self._state = _State.OPENING
        self._tries = 0
        self._restarts = 0
        self._requested_items: set[int] = set()
        self._last_seq: int | None = None
        self._pending_error: int | None = None
        self._busy: int | None = None
        self._resent = False
        self.progress = Progress(0, len(self.items), f"uploading {self._list_name}")

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
            case "MISSION_REQUEST" | "MISSION_REQUEST_INT":
                return self._requested(message.seq, now)
            case "MISSION_ACK":
                return self._acknowledged(message, now)
            case "MISSION_COUNT" if self._state is _State.COUNTING:
                return self._counted(message, now)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        if self._pending_error is not None:
            return self._error_confirmed(now)
        self._tries += 1
        match self._state:
            case _State.OPENING:
                return self._open_again(now)
            case _State.COUNTING:
                return self._count_again(now)
            case _:
                return self._item_again(now)

    def cancel(self, now: float) -> list[Message]:  # noqa: ARG002
        """Cancel the upload: notify the aircraft and end with LinkError. The list on board may be incomplete."""
        if self.outcome is not None:
            return []
        self.fail(
            LinkError(
                f"cannot upload {self._list_name} to {self.target}: cancelled after "
                f"{len(self._requested_items)} of {len(self.items)} items",
                hint="upload again before flying: the list on board may be incomplete",
            )
        )
        return [self._ack(CANCELLED)]

    # -- messages from the aircraft

    def _requested(self, seq: int, now: float) -> list[Message]:
        index = seq - self._offset
        if not 0 <= index < len(self.items):
            return []
        # A request delayed until after the acceptance was considered lost resumes the transfer.
        self._requested_items.add(index)
        self._last_seq = index
        self._pending_error = self._busy = None
        self._tries = 0
        self._resent = False
        self._state = _State.CLOSING if len(self._requested_items) == len(self.items) else _State.SENDING
        self.progress = Progress(len(self._requested_items), len(self.items), f"uploading {self._list_name}")
        self.deadline = now + self._timing.mission_resend.timeout_s
        return [self._item(index)]

    def _acknowledged(self, message: Message, now: float) -> list[Message]:
        result = message.type
        all_requested_items = len(self._requested_items) == len(self.items)
        if result == ACCEPTED:
            if not all_requested_items:
                return []
            return self.finish(UploadResult(len(self.items), True, getattr(message, "opaque_id", 0)))
        if self._state is _State.COUNTING and result == DENIED:
            # ArduPilot denies the count during an upload: it has not received the last item.
            return self._resume(now, result)
        if result == CANCELLED:
            if not self._requested_items:
                return []  # end of an earlier attempt
            return self._restart(now, result)
        if self._state is _State.OPENING and result in (DENIED, ERROR):
            self._busy = result
            return []
        if result in (ERROR, INVALID_SEQUENCE):
            if self._pending_error is None:
                self._pending_error = result
                self.deadline = now + self._timing.mission_error_wait.timeout_s
            return []
        return self._refused(result)

    def _counted(self, message: Message, now: float) -> list[Message]:
        close = self._ack(CANCELLED)  # only the count was needed; PX4 waits for the end of the transfer
        if count_of(message) == self._offset + len(self.items) or (
            self.first is not None and count_of(message) >= self._offset + len(self.items)
        ):
            self.finish(UploadResult(len(self.items), acknowledged=False))
            return [close]
        return [close, *self._restart(now, ERROR)]

    # -- timeouts

    def _open_again(self, now: float) -> list[Message]:
        policy = self._timing.mission_open if self._busy is None else self._timing.mission_busy
        if self._tries <= policy.retries:
            return self._open(now)
        if self._busy is not None:
            return self._refused(self._busy)
        return self.fail(
            LinkError(
                f"cannot upload {self._list_name}: {self.target} did not request any item, {self._tries} tries",
                hint="check the link, and that this system is an autopilot",
            )
        )

    def _item_again(self, now: float) -> list[Message]:
        policy = self._timing.mission_resend
        closing = self._state is _State.CLOSING
        if self._tries <= policy.retries:
            # Our item or the aircraft's next request was lost; a repeated item is harmless.
            self.deadline = now + policy.timeout_s
            self._resent = True
            return [self._item(self._last_seq or 0)]
        if closing:
            return self._count(now)
        return self.fail(self._silent_error())

    def _error_confirmed(self, now: float) -> list[Message]:
        """Handle an ERROR or INVALID_SEQUENCE that no further request followed."""
        result, self._pending_error = self._pending_error, None
        assert result is not None
        self._tries += 1
        if self._state is _State.CLOSING:
            return self._count(now)
        if self._state is _State.COUNTING:
            return self._count_again(now)
        if result == INVALID_SEQUENCE:
            # The aircraft expects another item: wait for its request.
            return self._item_again(now) if self._requested_items else self._open_again(now)
        if self._resent:
            return self._restart(now, result)  # the item is valid; the aircraft has ended the transfer
        return self._refused(result)

    def _silent_error(self) -> LinkError:
        number = (self._last_seq or 0) + self._offset
        then = "acknowledge" if len(self._requested_items) == len(self.items) else "request more"
        return LinkError(
            f"cannot upload {self._list_name}: {self.target} stopped answering after item {number}"
            f" ({len(self._requested_items)} of {len(self.items)} sent) and did not {then}",
            hint="upload again before flying: the list on board may be incomplete",
        )

    # -- steps

    def _open(self, now: float) -> list[Message]:
        self._state = _State.OPENING
        self.deadline = now + self._timing.mission_open.timeout_s
        target = {"target_system": self.target.system, "target_component": self.target.component}
        if self.first is not None:
            return [
                m.MISSION_WRITE_PARTIAL_LIST(
                    start_index=self.first,
                    end_index=self.first + len(self.items) - 1,
                    mission_type=self.mission_type,
                    **target,
                )
            ]
        return [m.MISSION_COUNT(count=len(self.items), mission_type=self.mission_type, **target)]

    def _restart(self, now: float, result: int) -> list[Message]:
        if self._restarts >= self._timing.mission_restarts:
            return self.fail(self._silent_error()) if result == CANCELLED else self._refused(result)
        self._restarts += 1
        self._requested_items.clear()
        self._tries = 0
        self._last_seq = self._pending_error = self._busy = None
        self._resent = False
        return self._open(now)

    def _resume(self, now: float, result: int) -> list[Message]:
        if self._restarts >= self._timing.mission_restarts:
            return self._refused(result)
        self._restarts += 1
        self._state = _State.CLOSING
        self._tries = 0
        self.deadline = now + self._timing.mission_resend.timeout_s
        return [self._item(self._last_seq or 0)]

    def _count(self, now: float) -> list[Message]:
        self._state = _State.COUNTING
        self._tries = 0
        return self._ask_count(now)

    def _count_again(self, now: float) -> list[Message]:
        if self._tries > self._timing.mission_count_check.retries:
            return self.fail(self._silent_error())
        return self._ask_count(now)

    def _ask_count(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.mission_count_check.timeout_s
        return [
            m.MISSION_REQUEST_LIST(
                target_system=self.target.system,
                target_component=self.target.component,
                mission_type=self.mission_type,
            )
        ]

    def _item(self, index: int) -> Message:
        return item_message(self.items[index], index + self._offset, self.target, as_int=self._as_int)

    def _ack(self, result: int) -> Message:
        return with_known_fields(
            m.MISSION_ACK,
            target_system=self.target.system,
            target_component=self.target.component,
            type=result,
            mission_type=self.mission_type,
        )

    def _refused(self, result: int) -> list[Message]:
        if self._last_seq is None:
            return self.fail(
                MissionRefused(f"cannot upload {self._list_name}: refused by {self.target}", result)
            )
        seq = self._last_seq + self._offset
        return self.fail(
            MissionRefused(
                f"cannot upload {self._list_name}: {self.target} refused item {seq}",
                result,
                item=seq,
                where=f"item {seq} of {len(self.items) + self._offset}, command {self.items[self._last_seq].command}",
                hint="the list on board may be incomplete: correct the item and upload again before flying",
            )
        )
