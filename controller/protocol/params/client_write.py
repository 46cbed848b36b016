"""Parameter client: set one parameter and read it back."""

from __future__ import annotations

from controller.errors import LinkError, VerificationFailed
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.params import wire as param_codec
from controller.protocol.params.values import (
    ParamRefused,
    ParamValue,
    param_from_message,
    refusal,
    validated_name,
)
from controller.protocol.params.wire import ParamEncoding
from controller.protocol.state_machine import StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.message import Message


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
            return self.fail(refusal(f"cannot set parameter {self.value.name}", message, self.target))
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
        requested, kept = f"{self.value.value:.9g}", f"{found.value:.9g}"
        if self._before is not None and param_codec.same_value(found.value, self._before.value, found.type):
            return self.fail(
                ParamRefused(
                    f"cannot set parameter {self.value.name} to {requested}: {self.target} keeps {kept}",
                    hint="it may be read-only, out of range, or settable only while disarmed",
                )
            )
        return self.fail(
            VerificationFailed(
                f"cannot verify parameter {self.value.name}: set to {requested}, "
                f"read back {kept} from {self.target}",
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
