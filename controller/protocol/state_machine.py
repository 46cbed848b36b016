"""The one shape of every MAVLink service: messages and time in, messages out.

A machine does no I/O and reads no clock. Whoever runs it (an asyncio driver over a live link, the emulated autopilot, a
test joining two of them through a lossy pipe) calls `start` once, `receive` for every message that arrives and `tick` when
`deadline` has come, and sends whatever these return, in order. When `outcome` is set the machine is over: it returns no
more messages and has no deadline. A service that never ends (the vehicle's side of most) keeps `outcome` at None.
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
    """The machine ended well, with this value."""

    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    """The machine ended with this error, ready to be raised."""

    error: LandlineError


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a long exchange has come; `total` is 0 while unknown."""

    done: int
    total: int
    text: str = ""


class StateMachine(ABC, Generic[T]):
    """Base of all machines. Times are seconds on one monotonic clock of the caller's choice."""

    def __init__(self) -> None:
        self.deadline: float | None = None
        self.outcome: Done[T] | Failed | None = None
        self.progress = Progress(0, 0)

    @abstractmethod
    def start(self, now: float) -> list[Message]:
        """Begin; called exactly once, before anything else."""

    @abstractmethod
    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        """A message arrived from `source`. Messages that are not this machine's are ignored."""

    def tick(self, now: float) -> list[Message]:  # noqa: ARG002
        """`deadline` has passed. The default is for machines that never set one."""
        return []

    def finish(self, value: T) -> list[Message]:
        """End well. Returns no messages, so that a step may `return self.finish(x)`."""
        self.outcome, self.deadline = Done(value), None
        return []

    def fail(self, error: LandlineError) -> list[Message]:
        """End with an error. Returns no messages."""
        self.outcome, self.deadline = Failed(error), None
        return []
