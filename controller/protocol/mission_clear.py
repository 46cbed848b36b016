"""Clears a mission, fence or rally list, or all of them; and sets the current mission item."""

from __future__ import annotations

from controller.errors import LinkError
from controller.protocol.addressing import meant_for
from controller.protocol.machine import Machine
from controller.protocol.mission_wire import (
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
from controller.protocol.timing import DEFAULT, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND, Address
from controller.wire.message import Message


class MissionClear(Machine[None]):
    """MISSION_CLEAR_ALL until its MISSION_ACK. `mission_type` ALL (255) clears mission, fence and rally points.

    An aircraft that does not know ALL is asked to clear one list after the other, those that it has.
    Ends with None, MissionRefused or LinkError. An aircraft that is busy (DENIED, ERROR) is asked again for some seconds.
    """

    def __init__(
        self,
        target: Address,
        mission_type: int = MISSION,
        *,
        me: Address = GROUND,
        timing: Timing = DEFAULT,
    ) -> None:
        super().__init__()
        self.target = target
        self.mission_type = mission_type
        self._me = me
        self._timing = timing
        self._tries = 0
        self._busy: int | None = None
        self._lists = [mission_type]

    @property
    def _what(self) -> str:
        return TYPE_NAMES.get(self.mission_type, f"mission type {self.mission_type}")

    def start(self, now: float) -> list[Message]:
        return self._ask(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if (
            self.outcome is not None
            or message.name != "MISSION_ACK"
            or source != self.target
            or not meant_for(message, self._me)
        ):
            return []
        if message.mission_type != self._lists[0]:
            return []
        if message.type == ACCEPTED:
            return self._next_list(now)
        if message.type == UNSUPPORTED and self.mission_type == ALL:
            if self._lists == [ALL]:
                self._lists += [MISSION, FENCE, RALLY]
            return self._next_list(now)  # a list that it does not keep is clear
        if message.type in (DENIED, ERROR):
            self._busy = message.type
            return []
        if message.type == CANCELLED:
            return []  # the end of an earlier transfer
        return self._refused(message.type)

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        patience = self._timing.mission_open if self._busy is None else self._timing.mission_busy
        if self._tries <= patience.retries:
            return self._ask(now)
        if self._busy is not None:
            return self._refused(self._busy)
        return self.fail(
            LinkError(
                f"clearing {self._what}: no answer from {self.target} to {self._tries} tries",
                hint="check the link; it may have been cleared all the same",
            )
        )

    def _next_list(self, now: float) -> list[Message]:
        if len(self._lists) == 1:
            return self.finish(None)
        self._lists = self._lists[1:]
        self._tries = 0
        self._busy = None
        return self._ask(now)

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.mission_open.timeout_s
        return [
            m.MISSION_CLEAR_ALL(
                target_system=self.target.system,
                target_component=self.target.component,
                mission_type=self._lists[0],
            )
        ]

    def _refused(self, result: int) -> list[Message]:
        return self.fail(MissionRefused(f"clearing {self._what} refused by {self.target}", result))


class MissionSetCurrent(Machine[int]):
    """MISSION_SET_CURRENT until a MISSION_CURRENT shows the item. Ends with its number, or LinkError.

    There is no refusal in this exchange: an aircraft that does not want to says so in a STATUSTEXT, and its MISSION_CURRENT
    stays as it was. The old item's MISSION_CURRENT, streamed all the time, is therefore no answer. Repeating is harmless.
    """

    def __init__(self, target: Address, seq: int, *, timing: Timing = DEFAULT) -> None:
        super().__init__()
        self.target = target
        self.seq = seq
        self._timing = timing
        self._tries = 0
        self._seen: int | None = None

    def start(self, now: float) -> list[Message]:
        return self._ask(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        if self.outcome is not None or message.name != "MISSION_CURRENT" or source != self.target:
            return []
        self._seen = message.seq
        return self.finish(self.seq) if message.seq == self.seq else []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._tries <= self._timing.set_current.retries:
            return self._ask(now)
        what = f"item {self.seq} did not become the current one of {self.target}"
        if self._seen is None:
            return self.fail(LinkError(f"{what}: no MISSION_CURRENT came", hint="check the link"))
        return self.fail(
            MissionRefused(
                f"{what}, which stays at item {self._seen}",
                ERROR,
                item=self.seq,
                hint="read the aircraft's status texts; is there such an item, and can it be set in this mode?",
            )
        )

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.set_current.timeout_s
        return [
            m.MISSION_SET_CURRENT(
                seq=self.seq, target_system=self.target.system, target_component=self.target.component
            )
        ]
