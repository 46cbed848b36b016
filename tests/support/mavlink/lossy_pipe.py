"""Pipe that joins client and server state machines in virtual time, with loss, delay, duplication and reordering.

No event loop, no sockets.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from controller.protocol.command.cancel import COMMAND_CANCEL
from controller.protocol.state_machine import StateMachine
from controller.wire.address import GROUND_STATION, Address, address
from controller.wire.codec import Encoder
from controller.wire.dialect import DECODERS
from controller.wire.frame_format import V2_MAGIC
from controller.wire.message import Message

VEHICLE = address(1, 1)


@dataclass(frozen=True)
class PipeConditions:
    """Impairment of each frame, in each direction: probabilities, and seconds of delay."""

    loss: float = 0.0
    delay_s: float = 0.0
    jitter_s: float = 0.0
    dup: float = 0.0
    reorder: float = 0.0


PERFECT = PipeConditions()
DEGRADED = PipeConditions(loss=0.2, delay_s=0.15, dup=0.05, reorder=0.05)


@dataclass
class Pipe:
    """Joins the `ground` and `vehicle` machines; messages cross as real frames, encoded and decoded.

    `filter(message, to_vehicle)` may drop or replace messages (returns the messages that arrive). `sent` keeps (time,
    to_vehicle, message) of all sent messages, lost or not.
    """

    ground: list[StateMachine[Any]]
    vehicle: list[StateMachine[Any]]
    conditions: PipeConditions = PERFECT
    seed: int = 1
    ground_address: Address = GROUND_STATION
    vehicle_address: Address = VEHICLE
    filter: Callable[[Message, bool], Iterable[Message]] | None = None
    version: int = 2
    now: float = 0.0
    sent: list[tuple[float, bool, Message]] = field(default_factory=list)
    delivered: int = 0

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)
        self._queue: list[tuple[float, int, bool, bytes]] = []
        self._count = 0
        self._encoders = {
            True: Encoder(self.ground_address, version=self.version),
            False: Encoder(self.vehicle_address, version=self.version),
        }
        for machine in self.vehicle:
            self.send(machine.start(self.now), to_vehicle=False)
        for machine in self.ground:
            self.send(machine.start(self.now), to_vehicle=True)

    def send(self, messages: Iterable[Message], *, to_vehicle: bool) -> None:
        """Send messages now."""
        conditions, random_ = self.conditions, self._random
        for message in messages:
            self.sent.append((self.now, to_vehicle, message))
            for passed in [message] if self.filter is None else self.filter(message, to_vehicle):
                raw = self._encoders[to_vehicle].pack(passed)
                copies = 2 if random_.random() < conditions.dup else 1
                for _ in range(copies):
                    if random_.random() < conditions.loss:
                        continue
                    delay_s = conditions.delay_s + random_.random() * conditions.jitter_s
                    if random_.random() < conditions.reorder:
                        delay_s += random_.random() * (conditions.delay_s or 0.01)
                    self._count += 1
                    heapq.heappush(self._queue, (self.now + delay_s, self._count, to_vehicle, raw))

    def add(self, machine: StateMachine[Any]) -> None:
        """Start one more machine on the ground, now."""
        self.ground.append(machine)
        self.send(machine.start(self.now), to_vehicle=True)

    def step(self) -> bool:
        """Advance to the next delivery or deadline. Returns False if there is neither."""
        machines = [(machine, True) for machine in self.ground] + [
            (machine, False) for machine in self.vehicle
        ]
        deadlines = [machine.deadline for machine, _ in machines if machine.deadline is not None]
        times = deadlines + ([self._queue[0][0]] if self._queue else [])
        if not times:
            return False
        self.now = max(self.now, min(times))
        while self._queue and self._queue[0][0] <= self.now:
            _, _, to_vehicle, raw = heapq.heappop(self._queue)
            self._deliver(raw, to_vehicle)
        for machine, from_ground in machines:
            if machine.deadline is not None and machine.deadline <= self.now:
                before = machine.deadline
                self.send(machine.tick(self.now), to_vehicle=from_ground)
                assert machine.deadline is None or machine.deadline > before, f"{machine} makes no progress"
        return True

    def _deliver(self, raw: bytes, to_vehicle: bool) -> None:
        source, message = parse_frame(raw)
        self.delivered += 1
        for machine in list(self.vehicle if to_vehicle else self.ground):
            self.send(machine.receive(message, source, self.now), to_vehicle=not to_vehicle)

    def run(self, until: StateMachine[Any] | None = None, *, limit_s: float = 3600.0) -> Any:
        """Run until the machine `until` (default: the first ground machine) ends.

        Returns its value or raises its error.
        """
        watched = until or self.ground[0]
        stop_at = self.now + limit_s
        while watched.outcome is None:
            assert self.now < stop_at, f"not finished after {limit_s} s of virtual time"
            assert self.step(), "no deadline and no message pending, and the machine has not ended"
        assert watched.deadline is None
        outcome = watched.outcome
        if hasattr(outcome, "error"):
            raise outcome.error
        return outcome.value

    def run_for(self, seconds: float) -> None:
        """Advance the virtual time by `seconds`."""
        stop_at = self.now + seconds
        while True:
            machines = [*self.ground, *self.vehicle]
            times = [machine.deadline for machine in machines if machine.deadline is not None]
            times += [self._queue[0][0]] if self._queue else []
            if not times or min(times) > stop_at:
                self.now = stop_at
                return
            self.step()

    def messages(self, *, to_vehicle: bool, name: str | None = None) -> list[Message]:
        """Return all messages sent in one direction, lost ones included."""
        return [
            message
            for _, direction, message in self.sent
            if direction == to_vehicle and (name is None or message.name == name)
        ]


def parse_frame(raw: bytes) -> tuple[Address, Message]:
    """Return source and message of one valid frame (the framer has its own tests)."""
    if raw[0] == V2_MAGIC:
        msg_id, source = int.from_bytes(raw[7:10], "little"), address(raw[5], raw[6])
    else:
        msg_id, source = raw[5], address(raw[3], raw[4])
    if msg_id == COMMAND_CANCEL.msg_id:  # not in the table of messages
        return source, COMMAND_CANCEL.type_.from_raw(raw)
    return source, DECODERS[msg_id](raw)
