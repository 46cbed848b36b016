"""Ground box client: reads heartbeat, status values and parameters of a ground box (see docs/box/README.md)."""

from __future__ import annotations

from dataclasses import dataclass, field

from controller.errors import LinkError
from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import Address, address
from controller.wire.enums import MAV_STATE
from controller.wire.message import Message

CRITICAL = int(MAV_STATE.CRITICAL)
TIMEOUT_S = 10.0  # the box sends its values every 5 s
BOX_NAME = "ground box"
BOX = address(254, 191)  # where the box's settings do not say otherwise
MAGIC = b"LLB1"
RECORD_HEAD = 0xB0C5  # message_type of the V2_EXTENSION in which the box announces the head of its record
QUIET_S = 0.3  # pause that marks the last value of a round


@dataclass(slots=True)
class BoxState:
    """Status of a ground box.

    `complete` is False if values or parameters were missing at the timeout. `locked` is True if they are missing
    because the box ignores unsigned requests. `texts` are its status texts.
    """

    address: Address
    critical: bool = False
    complete: bool = False
    locked: bool = False
    values: dict[str, int] = field(default_factory=dict)
    params: dict[str, float] = field(default_factory=dict)
    texts: list[str] = field(default_factory=list)


class BoxClient(StateMachine[BoxState]):
    """Reads the status of the ground box at address `box`.

    Ends within ten seconds; LinkError if the box does not answer.
    """

    def __init__(self, box: Address, *, timing: Timing = DEFAULT_TIMING) -> None:
        super().__init__()
        self._box = box
        self._timing = timing
        self._state = BoxState(box)
        self._alive = False
        self._params: dict[int, str] = {}
        self._count = -1
        self._values_at: float | None = None

    def start(self, now: float) -> list[Message]:
        self._over_at = now + TIMEOUT_S
        return self._ask(now)

    def _ask(self, now: float) -> list[Message]:
        """Request the parameter list, or its missing parameters."""
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
                self._alive, state.critical = True, message.system_status == CRITICAL
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
                state.texts.append(message.text)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.deadline is None or now < self.deadline:
            return []
        quiet = self._values_at is not None and now - self._values_at >= QUIET_S
        if self._alive and quiet and len(self._params) == self._count:
            self._state.complete = True
            return self.finish(self._state)
        if now >= self._over_at:
            if self._alive:
                # The box is alive and counts refused frames, and no request was answered.
                self._state.locked = self._count < 0 and self._state.values.get("REFUSED", 0) > 0
                return self.finish(self._state)
            return self.fail(
                LinkError(
                    f"cannot read the ground box: no answer from {self._box.system}/{self._box.component}"
                    f" in {TIMEOUT_S:g} s",
                    hint="check that it is powered, that the link is its laptop side, and its system id (--box-system)",
                )
            )
        return self._ask(now)


def is_box_record(message: Message) -> bool:
    """Whether a message announces the record of a ground box, which no other sender does."""
    return (
        message.name == "V2_EXTENSION"
        and message.message_type == RECORD_HEAD
        and message.payload[: len(MAGIC)] == MAGIC
    )
