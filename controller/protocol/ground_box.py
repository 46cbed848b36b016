"""Asks a ground box how it is: its heartbeat, its values, its parameters (docs/box/README.md says what each means)."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.errors import LinkError
from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.message import Message

CRITICAL = 5  # MAV_STATE_CRITICAL
TIMEOUT_S = 10.0  # values come every 5 s
QUIET_S = 0.3  # after the last of them


@dataclass(slots=True)
class BoxState:
    """What a box says of itself. `complete` is False where something stayed out until the time was over; `locked` where that is
    because it answers to nothing that is not signed."""

    address: Address
    critical: bool = False
    complete: bool = False
    locked: bool = False
    values: dict[str, int] = field(default_factory=dict)
    params: dict[str, float] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


class BoxClient(StateMachine[BoxState]):
    """Ends with what the box at `box` says within ten seconds; fails when it says nothing at all."""

    def __init__(self, box: Address, *, timing: Timing = DEFAULT_TIMING) -> None:
        super().__init__()
        self._box = box
        self._timing = timing
        self._state = BoxState(box)
        self._heard = False
        self._params: dict[int, str] = {}
        self._count = -1
        self._values_at: float | None = None

    def start(self, now: float) -> list[Message]:
        self._over_at = now + TIMEOUT_S
        return self._ask(now)

    def _ask(self, now: float) -> list[Message]:
        """The list, or what is still missing of it."""
        self.deadline = min(now + self._timing.request.timeout_s, self._over_at)
        system, component = self._box
        if self._count < 0:
            return [m.PARAM_REQUEST_LIST(target_system=system, target_component=component)]
        missing = [i for i in range(self._count) if i not in self._params]
        return [
            m.PARAM_REQUEST_READ(target_system=system, target_component=component, param_index=i)
            for i in missing
        ]

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if source != self._box or self.outcome is not None:
            return []
        state = self._state
        match message.name:
            case "HEARTBEAT":
                self._heard, state.critical = True, message.system_status == CRITICAL
            case "NAMED_VALUE_INT":
                state.values[message.to_dict()["name"]] = (
                    message.value
                )  # its field, not the message's own name
                self._values_at = now
                self.deadline = now + QUIET_S
            case "PARAM_VALUE" if message.param_index < message.param_count:
                self._count = message.param_count
                self._params[message.param_index] = message.param_id
                state.params[message.param_id] = message.param_value
            case "STATUSTEXT":
                state.said.append(message.text)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.deadline is None or now < self.deadline:
            return []
        quiet = self._values_at is not None and now - self._values_at >= QUIET_S
        if self._heard and quiet and len(self._params) == self._count:
            self._state.complete = True
            return self.finish(self._state)
        if now >= self._over_at:
            if self._heard:
                # It speaks and counts refusals, and of all that was asked nothing came.
                self._state.locked = self._count < 0 and self._state.values.get("REFUSED", 0) > 0
                return self.finish(self._state)
            return self.fail(
                LinkError(
                    f"no ground box answered as {self._box.system}/{self._box.component} in {TIMEOUT_S:g} s",
                    hint="is it powered, is this the laptop's side of it, has it another system number (--box-system)?",
                )
            )
        return self._ask(now)
