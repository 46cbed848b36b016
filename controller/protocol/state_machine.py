"""Base class of all MAVLink services, client and server: messages and time in, messages out.

A state machine does no I/O and reads no clock. The driver (an asyncio task on a live link, the simulated autopilot,
or a test with two machines and a lossy pipe) calls `start` once, `receive` for every arriving message and `tick` at
`deadline`, and sends the returned messages in order. When `outcome` is set, the machine has ended: it returns no
messages and has no deadline. A server never ends and keeps `outcome` at None.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Generic, TypeVar

from controller.errors import LandlineError
from controller.wire.address import Address
from controller.wire.message import Message

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """Result of a machine that succeeded."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """Result of a machine that failed: the error to raise."""

    error: LandlineError


@dataclass(frozen=True, slots=True)
class Progress:
    """Progress of a long exchange; `total` is 0 while unknown."""

    done: int
    total: int
    text: str = ""


class StateMachine(ABC, Generic[T]):
    """Base class of all machines. Times are seconds of one monotonic clock, chosen by the driver."""

    def __init__(self) -> None:
        self.deadline: float | None = None
        self.outcome: Done[T] | Failed | None = None
        self.progress = Progress(0, 0)

    @abstractmethod
    def start(self, now: float) -> list[Message]:
        """Start the exchange. The driver calls it once, before all other methods. Returns messages to send."""

    @abstractmethod
    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        """Handle a message from `source`; ignore messages of other exchanges. Returns messages to send."""

    def tick(self, now: float) -> list[Message]:  # noqa: ARG002
        """Handle the passing of `deadline`. Returns messages to send. The default suits machines without a deadline."""
        return []

    def cancel(self, now: float) -> list[Message]:  # noqa: ARG002
        """Stop early. Returns the last messages to send. The default suits machines that leave nothing open."""
        return []

    def finish(self, value: T) -> list[Message]:
        """End with a value. Returns no messages, so that a step can `return self.finish(x)`."""
        self.outcome, self.deadline = Done(value), None
        return []

    def fail(self, error: LandlineError) -> list[Message]:
        """End with an error. Returns no messages, so that a step can `return self.fail(error)`."""
        self.outcome, self.deadline = Failed(error), None
        return []
