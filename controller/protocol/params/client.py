"""Parameter client: read the whole list, read one by name, and set one with read-back.

Reading the list handles loss (missing indices are requested in small batches, so that a slow radio is not flooded),
unrequested values (ArduPilot: index 65535), PX4's `_HASH_CHECK`, and a list that grows during the transfer
(ArduPilot, when a value enables more parameters).
"""

from __future__ import annotations

from dataclasses import dataclass

from controller.errors import AircraftRefused, LinkError, UserError, VerificationFailed
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.params import wire as param_codec
from controller.protocol.params.wire import ParamEncoding
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import enums
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message

NO_INDEX = 65535
HASH_CHECK = "_HASH_CHECK"  # PX4's checksum of all values; not a parameter
NAME_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ParamValue:
    """One parameter. `value` is an int for integer types, else a float; `type` is the MAV_PARAM_TYPE."""

    name: str
    value: float | int
    type: int


class ParamRefused(AircraftRefused):
    """The aircraft answered a parameter request with PARAM_ERROR, or kept the old value."""


def param_from_message(message: Message, encoding: ParamEncoding) -> ParamValue:
    """Return the parameter of a PARAM_VALUE."""
    value = param_codec.decode(message.param_value, message.param_type, encoding)
    return ParamValue(message.param_id, value, message.param_type)


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
                    f"cannot read parameters: {self.target} fell silent after {len(self._by_index)} of {self._count}",
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


class ParamRead(StateMachine[ParamValue]):
    """Reads one parameter by name. Ends with the value, ParamRefused (PARAM_ERROR), or LinkError.

    Most autopilots do not answer a request for an unknown name, so that a LinkError can also mean a wrong name.
    """

    def __init__(
        self,
        target: Address,
        name: str,
        encoding: ParamEncoding,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.name = validated_name(name)
        self.encoding = encoding
        self._own_address = own_address
        self._timing = timing
        self._tries = 0

    def start(self, now: float) -> list[Message]:
        return self._ask(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        if (
            self.outcome is not None
            or source != self.target
            or getattr(message, "param_id", None) != self.name
        ):
            return []
        if message.name == "PARAM_VALUE":
            return self.finish(param_from_message(message, self.encoding))
        if message.name == "PARAM_ERROR" and is_addressed_to(message, self._own_address):
            return self.fail(_refusal(f"cannot read parameter {self.name}", message, self.target))
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._tries <= self._timing.param.retries:
            return self._ask(now)
        return self.fail(
            LinkError(
                f"cannot read parameter {self.name}: no answer from {self.target} to {self._tries} tries",
                hint="check the name (autopilots do not answer for an unknown one) and the link",
            )
        )

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.param.timeout_s
        return [
            m.PARAM_REQUEST_READ(
                param_index=-1,
                param_id=self.name,
                target_system=self.target.system,
                target_component=self.target.component,
            )
        ]


class ParamWrite(StateMachine[ParamValue]):
    """Sets one parameter and reads it back.

    PARAM_SET is sent until a PARAM_VALUE of that name arrives; then the value is requested by name, because that
    first PARAM_VALUE may have been sent before the set arrived. Ends with the value on board, ParamRefused
    (PARAM_ERROR, or the aircraft kept the old value), VerificationFailed (another value), or LinkError. Repeating is
    harmless.

    Raises UserError for an invalid name, or a value that does not fit the type.
    """

    def __init__(
        self,
        target: Address,
        value: ParamValue,
        encoding: ParamEncoding,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.value = value
        self.encoding = encoding
        validated_name(value.name)
        self._wire = param_codec.encode(value.value, value.type, encoding)
        self._own_address = own_address
        self._timing = timing
        self._tries = 0
        self._sets = 0
        self._reading = False
        self._before: ParamValue | None = None

    def start(self, now: float) -> list[Message]:
        return self._set(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        if (
            self.outcome is not None
            or source != self.target
            or getattr(message, "param_id", None) != self.value.name
        ):
            return []
        if message.name == "PARAM_ERROR" and is_addressed_to(message, self._own_address):
            return self.fail(_refusal(f"cannot set parameter {self.value.name}", message, self.target))
        if message.name != "PARAM_VALUE":
            return []
        found = param_from_message(message, self.encoding)
        if not self._reading:
            self._reading = True
            self._tries = 0
            return self._ask(now)
        if param_codec.same_value(found.value, self.value.value, self.value.type):
            return self.finish(found)
        return self._differs(found, now)

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._tries <= self._timing.param.retries:
            return self._ask(now) if self._reading else self._set(now)
        what = f"cannot set parameter {self.value.name}: no answer from {self.target} to {self._tries} tries"
        return self.fail(
            LinkError(
                what, hint="check the name and the link; read the value before flying, it may have been set"
            )
        )

    def _differs(self, found: ParamValue, now: float) -> list[Message]:
        # The value may be outdated, or the set was lost: try again before reporting a refusal.
        if self._sets < 3:
            self._before = found
            self._reading = False
            self._tries = 0
            return self._set(now)
        requested = self.value.value
        if self._before is not None and param_codec.same_value(found.value, self._before.value, found.type):
            return self.fail(
                ParamRefused(
                    f"cannot set parameter {self.value.name} to {requested}: {self.target} keeps {found.value}",
                    hint="it may be read-only, out of range, or settable only while disarmed",
                )
            )
        return self.fail(
            VerificationFailed(
                f"cannot verify parameter {self.value.name}: set to {requested}, "
                f"read back {found.value} from {self.target}",
                hint="read it again; another program may be setting it",
            )
        )

    def _set(self, now: float) -> list[Message]:
        self._sets += 1
        self.deadline = now + self._timing.param.timeout_s
        return [
            m.PARAM_SET(
                param_id=self.value.name,
                param_value=self._wire,
                param_type=self.value.type,
                target_system=self.target.system,
                target_component=self.target.component,
            )
        ]

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.param.timeout_s
        return [
            m.PARAM_REQUEST_READ(
                param_index=-1,
                param_id=self.value.name,
                target_system=self.target.system,
                target_component=self.target.component,
            )
        ]


def validated_name(name: str) -> str:
    """Return `name` if it is a valid parameter name. Raises UserError."""
    if not 0 < len(name.encode()) <= NAME_LENGTH or not name.isprintable() or not name.isascii():
        raise UserError(f"invalid parameter name {name!r}: use 1 to {NAME_LENGTH} ASCII characters")
    return name


def _refusal(what: str, message: Message, target: Address) -> ParamRefused:
    return ParamRefused(
        f"{what}: refused by {target} with {enums.describe('MAV_PARAM_ERROR', message.error)}"
    )
