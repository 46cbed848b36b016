"""Parameter client: read one parameter by name."""

from __future__ import annotations

from controller.errors import LinkError
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.params.values import (
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
            return self.fail(refusal(f"cannot read parameter {self.name}", message, self.target))
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
