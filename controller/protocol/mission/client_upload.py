"""Sends a mission, fence or rally list to an aircraft, whole or in part.

The aircraft leads: after MISSION_COUNT (or MISSION_WRITE_PARTIAL_LIST) it asks for item after item and ends with a
MISSION_ACK. What real ones do besides, and what is done about it here:

* An acceptance before all items were asked for belongs to an earlier attempt and is ignored.
* ArduPilot answers each item it did not ask for with INVALID_SEQUENCE, PX4 a repeated MISSION_COUNT with ERROR, and both
  go on; others mean it. So these two only end the upload if the aircraft asks for nothing more.
* The last acceptance may be lost. The last item is then sent again: PX4 accepts again, ArduPilot says ERROR because it is
  no longer receiving. Then the number of items it has now is asked for; the read-back that must follow compares the rest.
* An ERROR to an item that was sent again means that the aircraft has given the transfer up (PX4 does so silently).
* An aircraft that gave up because too much was lost says OPERATION_CANCELLED; the upload begins anew, a few times.
* While it is busy with another transfer it refuses to begin (DENIED, ERROR); that is tried again for some seconds.
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
    """`acknowledged` is False where the last MISSION_ACK was lost and only the item count was confirmed.

    `opaque_id` is the aircraft's own mark of this list, 0 where it gives none.
    """

    items: int
    acknowledged: bool = True
    opaque_id: int = 0


class _State(Enum):
    OPENING = "no item asked for yet"
    SENDING = "items are being asked for"
    CLOSING = "all were sent, the acceptance is awaited"
    COUNTING = "the acceptance was lost, the count is awaited"


class MissionUpload(StateMachine[UploadResult]):
    """Uploads `items` (all of one `mission_type`). Ends with UploadResult, MissionRefused or LinkError.

    `first` not None replaces only the items from there on, with MISSION_WRITE_PARTIAL_LIST (ArduPilot; PX4 does not know
    it); the list on board keeps its length or grows by what goes beyond. `as_int` False sends the old float items.
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
                f"an item of another mission type among those for the {TYPE_NAMES.get(mission_type, mission_type)}"
            )
        if first is not None and not items:
            raise UserError("a partial upload needs at least one item")
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
        self._asked: set[int] = set()
        self._last_seq: int | None = None
        self._doubt: int | None = None
        self._busy: int | None = None
        self._resent = False
        self.progress = Progress(0, len(self.items), f"sending {self._what}")

    @property
    def _what(self) -> str:
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
        if self._doubt is not None:
            return self._doubt_confirmed(now)
        self._tries += 1
        match self._state:
            case _State.OPENING:
                return self._open_again(now)
            case _State.COUNTING:
                return self._count_again(now)
            case _:
                return self._item_again(now)

    def cancel(self, now: float) -> list[Message]:  # noqa: ARG002
        """Give up on purpose: tells the aircraft, and ends with LinkError. What is on board then is the aircraft's matter."""
        if self.outcome is not None:
            return []
        self.fail(
            LinkError(
                f"upload of {self._what} to {self.target} cancelled after {len(self._asked)} of {len(self.items)} items",
                hint="upload again before flying: the list on board may be incomplete",
            )
        )
        return [self._ack(CANCELLED)]

    # -- the aircraft speaks

    def _requested(self, seq: int, now: float) -> list[Message]:
        index = seq - self._offset
        if not 0 <= index < len(self.items):
            return []
        # Requests that were under way when the acceptance was given up for lost are taken up again.
        self._asked.add(index)
        self._last_seq = index
        self._doubt = self._busy = None
        self._tries = 0
        self._resent = False
        self._state = _State.CLOSING if len(self._asked) == len(self.items) else _State.SENDING
        self.progress = Progress(len(self._asked), len(self.items), f"sending {self._what}")
        self.deadline = now + self._timing.mission_resend.timeout_s
        return [self._item(index)]

    def _acknowledged(self, message: Message, now: float) -> list[Message]:
        result = message.type
        all_asked = len(self._asked) == len(self.items)
        if result == ACCEPTED:
            if not all_asked:
                return []
            return self.finish(UploadResult(len(self.items), True, getattr(message, "opaque_id", 0)))
        if self._state is _State.COUNTING and result == DENIED:
            # ArduPilot does so while it is still receiving: it never got the last item.
            return self._resume(now, result)
        if result == CANCELLED:
            if not self._asked:
                return []  # the end of an earlier attempt
            return self._restart(now, result)
        if self._state is _State.OPENING and result in (DENIED, ERROR):
            self._busy = result
            return []
        if result in (ERROR, INVALID_SEQUENCE):
            if self._doubt is None:
                self._doubt = result
                self.deadline = now + self._timing.mission_error_wait.timeout_s
            return []
        return self._refused(result)

    def _counted(self, message: Message, now: float) -> list[Message]:
        close = self._ack(CANCELLED)  # nothing is wanted but the number; PX4 waits for an end
        if count_of(message) == self._offset + len(self.items) or (
            self.first is not None and count_of(message) >= self._offset + len(self.items)
        ):
            self.finish(UploadResult(len(self.items), acknowledged=False))
            return [close]
        return [close, *self._restart(now, ERROR)]

    # -- silence

    def _open_again(self, now: float) -> list[Message]:
        patience = self._timing.mission_open if self._busy is None else self._timing.mission_busy
        if self._tries <= patience.retries:
            return self._open(now)
        if self._busy is not None:
            return self._refused(self._busy)
        return self.fail(
            LinkError(
                f"upload of {self._what}: {self.target} did not ask for any item, {self._tries} tries",
                hint="check the link and that this system carries an autopilot",
            )
        )

    def _item_again(self, now: float) -> list[Message]:
        patience = self._timing.mission_resend
        closing = self._state is _State.CLOSING
        if self._tries <= patience.retries:
            # Either our item or the aircraft's next request was lost; an item it has already does no harm.
            self.deadline = now + patience.timeout_s
            self._resent = True
            return [self._item(self._last_seq or 0)]
        if closing:
            return self._count(now)
        return self.fail(self._silence())

    def _doubt_confirmed(self, now: float) -> list[Message]:
        """It said ERROR or INVALID_SEQUENCE and then nothing more."""
        result, self._doubt = self._doubt, None
        assert result is not None
        self._tries += 1
        if self._state is _State.CLOSING:
            return self._count(now)
        if self._state is _State.COUNTING:
            return self._count_again(now)
        if result == INVALID_SEQUENCE:
            # It did not want that item, so it wants another: let it ask.
            return self._item_again(now) if self._asked else self._open_again(now)
        if self._resent:
            return self._restart(now, result)  # not that item is wrong: it no longer knows of the transfer
        return self._refused(result)

    def _silence(self) -> LinkError:
        number = (self._last_seq or 0) + self._offset
        then = "acknowledge" if len(self._asked) == len(self.items) else "ask for more"
        return LinkError(
            f"upload of {self._what}: {self.target} fell silent after item {number}"
            f" ({len(self._asked)} of {len(self.items)} sent) and did not {then}",
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
            return self.fail(self._silence()) if result == CANCELLED else self._refused(result)
        self._restarts += 1
        self._asked.clear()
        self._tries = 0
        self._last_seq = self._doubt = self._busy = None
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
            return self.fail(self._silence())
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
            return self.fail(MissionRefused(f"upload of {self._what} refused by {self.target}", result))
        seq = self._last_seq + self._offset
        return self.fail(
            MissionRefused(
                f"upload of {self._what}: {self.target} refused item {seq}",
                result,
                item=seq,
                where=f"item {seq} of {len(self.items) + self._offset}, command {self.items[self._last_seq].command}",
                hint="the list on board may be incomplete: correct the item and upload again before flying",
            )
        )
