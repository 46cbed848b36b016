"""Parameter client: read the whole list.

It handles loss (missing indices are requested in small batches, so that a slow radio is not flooded), unrequested
values (ArduPilot: index 65535), PX4's `_HASH_CHECK`, and a list that grows during the transfer (ArduPilot, when a value
enables more parameters).
"""

from __future__ import annotations

from controller.errors import LinkError
from controller.protocol.params.values import (
    HASH_CHECK,
    NO_INDEX,
    ParamValue,
    param_from_message,
)
from controller.protocol.params.wire import ParamEncoding
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message


class ParamList(StateMachine[dict[str, ParamValue]]):
    """Reads all parameters: PARAM_REQUEST_LIST until every index from 0 to the count is known.

    Ends with all values by name, in the order of their indices (those without an index last), or LinkError.
    `_HASH_CHECK` is stored in `hash_check`, not in the result.
    """

    def __init__(
        self,
        target: Address,
        encoding: ParamEncoding,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.encoding = encoding
        self.hash_check: ParamValue | None = None
        self._own_address = own_address
        self._timing = timing
        self._by_index: dict[int, ParamValue] = {}
        self._without_index: dict[str, ParamValue] = {}
        self._count = 0
        self._listing = False
        self._tries = 0
        self._silent_rounds = 0
        self._received_new = False
        self._batch: set[int] = set()

    def start(self, now: float) -> list[Message]:
        return self._ask_all(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if self.outcome is not None or message.name != "PARAM_VALUE" or source != self.target:
            return []
        value = param_from_message(message, self.encoding)
        index = message.param_index
        if value.name == HASH_CHECK:
            self.hash_check = value
        elif index == NO_INDEX or index >= message.param_count:
            self._without_index[value.name] = value
        else:
            self._received_new = self._received_new or index not in self._by_index
            self._by_index[index] = value
            self._listing = True
            # Of two values of one parameter the later one counts.
            self._without_index.pop(value.name, None)
            self._batch.discard(index)
        self._count = max(self._count, message.param_count)
        if not self._listing:
            return []  # unrequested values do not show that the list request arrived
        self.progress = Progress(len(self._by_index), self._count, "reading parameters")
        if len(self._by_index) >= self._count:
            return self._end()
        if self._silent_rounds and not self._batch:
            return self._ask_missing(now)
        self.deadline = now + self._timing.param_list_silence.timeout_s
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        if not self._listing:
            self._tries += 1
            if self._tries <= self._timing.param_list_start.retries:
                return self._ask_all(now)
            return self.fail(
                LinkError(
                    f"cannot read parameters: no answer from {self.target} to {self._tries} tries",
                    hint="check the link, and that this system is an autopilot",
                )
            )
        self._silent_rounds = 1 if self._received_new else self._silent_rounds + 1
        self._received_new = False
        if self._silent_rounds > self._timing.param_list_silence.retries:
            return self.fail(
                LinkError(
                    f"cannot read parameters: {self.target} stopped answering after"
                    f" {len(self._by_index)} of {self._count}",
                    hint="check the link and try again",
                )
            )
        return self._ask_missing(now)

    def _ask_all(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.param_list_start.timeout_s
        return [
            m.PARAM_REQUEST_LIST(target_system=self.target.system, target_component=self.target.component)
        ]

    def _ask_missing(self, now: float) -> list[Message]:
        missing = [index for index in range(self._count) if index not in self._by_index]
        batch = missing[: self._timing.param_gap_batch]
        self._batch = set(batch)
        self.deadline = now + self._timing.param_list_silence.timeout_s
        return [
            m.PARAM_REQUEST_READ(
                param_index=index,
                target_system=self.target.system,
                target_component=self.target.component,
            )
            for index in batch
        ]

    def _end(self) -> list[Message]:
        values = {value.name: value for _, value in sorted(self._by_index.items())}
        return self.finish(values | self._without_index)
