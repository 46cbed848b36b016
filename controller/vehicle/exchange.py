"""Runs protocol machines over the live link: what arrives goes to all of them, what they want sent is sent.

    items = await exchange.run(MissionDownload(target))

Any number may run at once. There is no task: frames and timers come from the event loop, the caller waits for a future.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from controller.clock import Clock
from controller.protocol.mission.client_download import MissionDownload
from controller.protocol.mission.client_upload import MissionUpload
from controller.protocol.state_machine import Done, Failed, Progress, StateMachine
from controller.router.local import LocalEndpoint
from controller.wire.address import Address
from controller.wire.frame import Frame
from controller.wire.message import Message

T = TypeVar("T")


class Exchange:
    """The machines of one endpoint. Listens while it is open: `close` ends that."""

    def __init__(self, local: LocalEndpoint, clock: Clock) -> None:
        self.own_address: Address = local.address
        self._local = local
        self._clock = clock
        self._runs: tuple[_Run, ...] = ()
        self._stop = local.listen(self._hear)

    async def run(self, machine: StateMachine[T], *, progress: Callable[[Progress], None] | None = None) -> T:
        """Run `machine` to its end: its value, or its error raised.

        Cancelling breaks it off; a mission transfer then tells the aircraft so, all others just stop.
        """
        run = _Run(machine, self._local.send, self._clock, progress)
        self._runs = (*self._runs, run)
        try:
            run.start()
            value: T = await run.ended
            return value
        except asyncio.CancelledError:
            if isinstance(machine, MissionUpload | MissionDownload):
                for message in machine.cancel(self._clock.now()):
                    self._local.send(message)
            raise
        finally:
            run.stop()
            self._runs = tuple(kept for kept in self._runs if kept is not run)

    def attach(self, machine: StateMachine[Any]) -> Callable[[Callable[[], list[Message]]], None]:
        """Let a machine that never ends listen and answer until `close`.

        Returns what takes a further step of it: `step(lambda: machine.feed(now))` sends what that gives and minds its deadline.
        """
        run = _Run(machine, self._local.send, self._clock, None)
        self._runs = (*self._runs, run)
        run.start()
        return run.step

    def send(self, message: Message) -> None:
        """A message that nobody answers."""
        self._local.send(message)

    def close(self) -> None:
        """Hear nothing any more; what still runs is broken off."""
        self._stop()
        for run in self._runs:
            run.ended.cancel()
            run.stop()

    def _hear(self, frame: Frame) -> None:
        if not self._runs or not frame.known:
            return
        message, source = frame.message(), frame.source
        for run in self._runs:
            run.receive(message, source)


class _Run:
    """One machine, its timer and the future of its end."""

    def __init__(
        self,
        machine: StateMachine[Any],
        send: Callable[[Message], object],
        clock: Clock,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self._machine = machine
        self._send = send
        self._clock = clock
        self._progress = progress
        self._told = machine.progress
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at: float | None = None
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[Any] = self._loop.create_future()

    def start(self) -> None:
        self.step(lambda: self._machine.start(self._clock.now()))

    def receive(self, message: Message, source: Address) -> None:
        self.step(lambda: self._machine.receive(message, source, self._clock.now()))

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tick(self) -> None:
        self._timer = None
        self._timer_at = None
        self.step(lambda: self._machine.tick(self._clock.now()))

    def step(self, of_machine: Callable[[], list[Message]]) -> None:
        """Take one step, send what it gives, and look after deadline and end."""
        if self.ended.done():
            return
        try:
            for message in of_machine():
                self._send(message)
        except Exception as error:
            # Whoever waits for the machine gets it; the frames of others must go on.
            self.ended.set_exception(error)
            return
        outcome = self._machine.outcome
        if isinstance(outcome, Done):
            self.ended.set_result(outcome.value)
        elif isinstance(outcome, Failed):
            self.ended.set_exception(outcome.error)
        if self._progress is not None and self._machine.progress != self._told:
            self._told = self._machine.progress
            self._progress(self._told)
        self._set_timer(None if outcome is not None else self._machine.deadline)

    def _set_timer(self, deadline: float | None) -> None:
        if deadline == self._timer_at and (deadline is None or self._timer is not None):
            return
        self.stop()
        self._timer_at = deadline
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick)
