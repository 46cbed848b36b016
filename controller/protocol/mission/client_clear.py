"""Mission client: clear a mission, geofence or rally list, or all of them; and set the current mission item."""

from __future__ import annotations

from collections.abc import Container

from controller.errors import LinkError, VerificationFailed
from controller.protocol.message_fields import count_of, is_addressed_to
from controller.protocol.mission.wire import (
    ACCEPTED,
    ALL,
    CANCELLED,
    DENIED,
    ERROR,
    FENCE,
    MISSION,
    RALLY,
    TYPE_NAMES,
    UNSUPPORTED,
    MissionRefused,
)
from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message


class MissionClear(StateMachine[None]):
    """Clears a list: MISSION_CLEAR_ALL until its MISSION_ACK, then a check of the item count.

    The count is needed because a late ACK of an earlier exchange looks the same. `mission_type` ALL (255) clears
    mission, geofence and rally points; if the aircraft does not support ALL (ArduPilot), the lists it supports are
    cleared one by one. One item may remain in a mission: ArduPilot's home. A busy aircraft (DENIED, ERROR) is asked
    again for some seconds. Ends with None, MissionRefused, VerificationFailed (items remain), or LinkError. Repeating
    is harmless.
    """

    def __init__(
        self,
        target: Address,
        mission_type: int = MISSION,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.mission_type = mission_type
        self._own_address = own_address
        self._timing = timing
        self._tries = 0
        self._rounds = 0
        self._busy: int | None = None
        self._to_clear = [mission_type]
        self._to_count = [MISSION, FENCE, RALLY] if mission_type == ALL else [mission_type]

    @property
    def _list_name(self) -> str:
        return TYPE_NAMES.get(self.mission_type, f"mission type {self.mission_type}")

    def start(self, now: float) -> list[Message]:
        return self._ask(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if (
            self.outcome is not None
            or source != self.target
            or not is_addressed_to(message, self._own_address)
        ):
            return []
        pending = self._to_clear or self._to_count
        if getattr(message, "mission_type", None) != pending[0]:
            return []
        if message.name == "MISSION_ACK":
            return self._acknowledged(message.type, now)
        if message.name == "MISSION_COUNT" and not self._to_clear:
            return self._counted(message, now)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        policy = self._timing.mission_open if self._busy is None else self._timing.mission_busy
        if self._tries <= policy.retries:
            return self._ask(now)
        if self._busy is not None:
            return self._refused(self._busy)
        return self.fail(
            LinkError(
                f"cannot clear {self._list_name}: no answer from {self.target} to {self._tries} tries",
                hint="check the link; the aircraft may have cleared it",
            )
        )

    def _acknowledged(self, result: int, now: float) -> list[Message]:
        if not self._to_clear:
            # A list that the aircraft does not support is clear; other answers are late copies.
            return self._next(self._to_count, now) if result == UNSUPPORTED else []
        if result == ACCEPTED:
            return self._next(self._to_clear, now)
        if result == UNSUPPORTED and self.mission_type == ALL:
            if self._to_clear == [ALL]:
                self._to_clear += [MISSION, FENCE, RALLY]
            return self._next(self._to_clear, now)
        if result in (DENIED, ERROR):
            self._busy = result
            return []
        if result == CANCELLED:
            return []  # the end of an earlier transfer
        return self._refused(result)

    def _counted(self, message: Message, now: float) -> list[Message]:
        left = count_of(message)
        close: Message = m.MISSION_ACK(
            target_system=self.target.system,
            target_component=self.target.component,
            type=CANCELLED,  # only the count was needed; PX4 waits for the end of the transfer
            mission_type=self._to_count[0],
        )
        if left <= (1 if self._to_count[0] == MISSION else 0):
            return [close, *self._next(self._to_count, now)]
        self._rounds += 1
        if self._rounds > self._timing.mission_restarts:
            name = TYPE_NAMES.get(self._to_count[0], "list")
            self.fail(
                VerificationFailed(
                    f"cannot clear {self._list_name}: {self.target} accepted it and still has {left} items ({name})",
                    hint="read the aircraft's status texts; another ground station may be uploading",
                )
            )
            return [close]
        self._to_clear = [self._to_count[0]]
        self._tries = 0
        return [close, *self._ask(now)]

    def _next(self, lists: list[int], now: float) -> list[Message]:
        lists.pop(0)
        self._tries = 0
        self._busy = None
        return self._ask(now) if self._to_clear or self._to_count else self.finish(None)

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.mission_open.timeout_s
        cls = m.MISSION_CLEAR_ALL if self._to_clear else m.MISSION_REQUEST_LIST
        return [
            cls(
                target_system=self.target.system,
                target_component=self.target.component,
                mission_type=(self._to_clear or self._to_count)[0],
            )
        ]

    def _refused(self, result: int) -> list[Message]:
        return self.fail(MissionRefused(f"cannot clear {self._list_name}: refused by {self.target}", result))


class MissionSetCurrent(StateMachine[int]):
    """Sets the current item: MISSION_SET_CURRENT until MISSION_CURRENT reports it.

    The protocol has no refusal: an aircraft that refuses sends a STATUSTEXT, and its MISSION_CURRENT, which is
    streamed all the time, keeps the old item. `accepts` are other sequence numbers that will do (an autopilot passes
    over items that need no flying). With `listen_s` the message is sent only if MISSION_CURRENT reports another item,
    or nothing in this time. Ends with the sequence number reported, MissionRefused, or LinkError. Repeating is
    harmless.
    """

    def __init__(
        self,
        target: Address,
        seq: int,
        *,
        accepts: Container[int] = (),
        listen_s: float = 0.0,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.seq = seq
        self._accepts = accepts
        self._listen_s = listen_s
        self._asked = False
        self._timing = timing
        self._tries = 0
        self.reported: int | None = None
        """Sequence number of the item reported last, None before a report."""
        self.before: int | None = None
        """Sequence number of the item that was current first, None before a report."""

    def start(self, now: float) -> list[Message]:
        if self._listen_s <= 0.0:
            return self._ask(now)
        self.deadline = now + self._listen_s
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if self.outcome is not None or message.name != "MISSION_CURRENT" or source != self.target:
            return []
        seq = self.reported = message.seq
        self.before = seq if self.before is None else self.before
        if seq == self.seq or seq in self._accepts:
            return self.finish(seq)
        return [] if self._asked else self._ask(now)

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        if not self._asked:
            return self._ask(now)
        self._tries += 1
        if self._tries <= self._timing.mission_set_current.retries:
            return self._ask(now)
        what = f"cannot make item {self.seq} the current one of {self.target}"
        if self.reported is None:
            return self.fail(LinkError(f"{what}: no MISSION_CURRENT received", hint="check the link"))
        return self.fail(
            MissionRefused(
                f"{what}: it stays at item {self.reported}",
                ERROR,
                item=self.seq,
                hint="read the aircraft's status texts; check that the item exists and the mode allows the change",
            )
        )

    def _ask(self, now: float) -> list[Message]:
        self._asked = True
        self.deadline = now + self._timing.mission_set_current.timeout_s
        return [
            m.MISSION_SET_CURRENT(
                seq=self.seq, target_system=self.target.system, target_component=self.target.component
            )
        ]
