"""Runs protocol machines over a live link: passes them the messages received and sends the messages they return.

    items = await exchange.run(MissionDownload(target))

Any number of machines may run at once. They need no task: the event loop calls them for frames and timers, and
the caller waits for a future.
"""

from __future__ import annotations

import asyncio
import random
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from controller.clock import Clock
from controller.protocol.ftp.client_exchange import FtpExchange
from controller.protocol.ftp.peer import FtpPeer
from controller.protocol.state_machine import Done, Failed, Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.router.local import LocalEndpoint
from controller.wire.address import Address
from controller.wire.frame import Frame
from controller.wire.message import Message

T = TypeVar("T")
Step = Callable[[Callable[[], list[Message]]], None]


class Exchange:
    """The protocol machines of one local endpoint. Call `close` to stop receiving.

    With `system` they receive the frames of that system id alone. `rng` chooses the first request number of each FTP
    server.
    """

    def __init__(
        self,
        local: LocalEndpoint,
        clock: Clock,
        *,
        rng: random.Random | None = None,
        system: int | None = None,
    ) -> None:
        self.own_address: Address = local.address
        self._local = local
        self._clock = clock
        # By the date another number in each run of the program, and the same one in a simulation that is repeated.
        self._rng = rng or random.Random(clock.utc_us())
        self._runs: tuple[_MachineRun, ...] = ()
        self._ftp_peers: dict[Address, FtpPeer] = {}
        self._ftp_locks: defaultdict[Address, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._stop = local.listen(self._receive, system=system)

    async def run(
        self,
        machine: StateMachine[T],
        *,
        progress: Callable[[Progress], None] | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> T:
        """Run `machine` to its end; return its value or raise its error.

        `on_step` is called with its step function first: `step(lambda: machine.feed(now))` sends what that returns.

        When cancelled, a machine sends the other side what ends the exchange: a mission transfer a MISSION_ACK, a
        file transfer the end of its session. Two machines for one FTP server run one after the other.
        """
        if isinstance(machine, FtpExchange):
            async with self._ftp_locks[machine.target]:
                return await self._run(machine, progress, on_step)
        return await self._run(machine, progress, on_step)

    async def _run(
        self,
        machine: StateMachine[T],
        progress: Callable[[Progress], None] | None,
        on_step: Callable[[Step], None] | None,
    ) -> T:
        run = _MachineRun(machine, self._local.send, self._clock, progress)
        self._runs = (*self._runs, run)
        if on_step is not None:
            on_step(run.step)
        try:
            run.start()
            value: T = await run.ended
            return value
        except asyncio.CancelledError:
            for message in machine.cancel(self._clock.now()):
                self._local.send(message)
            raise
        finally:
            run.stop()
            self._runs = tuple(kept for kept in self._runs if kept is not run)

    def ftp_peer(self, target: Address, timing: Timing = DEFAULT_TIMING) -> FtpPeer:
        """Return the FTP server at `target`, the same for all machines. `timing` is that of its first use."""
        if target not in self._ftp_peers:
            self._ftp_peers[target] = FtpPeer(target, self._rng, own_address=self.own_address, timing=timing)
        return self._ftp_peers[target]

    def transfers_files(self, target: Address) -> bool:
        """Return whether a machine uses the FTP server at `target` now: another one would wait for its end."""
        return self._ftp_locks[target].locked()

    def attach(self, machine: StateMachine[Any]) -> Step:
        """Run a machine that never ends until `close`.

        Returns its step function: `step(lambda: machine.feed(now))` sends the messages that the lambda returns
        and sets the timer to the machine's new deadline.
        """
        run = _MachineRun(machine, self._local.send, self._clock, None)
        self._runs = (*self._runs, run)
        run.start()
        return run.step

    def send(self, message: Message) -> None:
        """Send a message that needs no answer."""
        self._local.send(message)

    def close(self) -> None:
        """Stop receiving, and cancel the machines that still run."""
        self._stop()
        for run in self._runs:
            run.ended.cancel()
            run.stop()

    def _receive(self, frame: Frame) -> None:
        if not self._runs or not frame.known:
            return
        message, source = frame.message(), frame.source
        for run in self._runs:
            run.receive(message, source)


class _MachineRun:
    """One running machine with its timer and the future of its result."""

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
        self._reported = machine.progress
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

    def step(self, action: Callable[[], list[Message]]) -> None:
        """Run one action of the machine, send the messages it returns, then update timer and result."""
        if self.ended.done():
            return
        try:
            for message in action():
                self._send(message)
        except Exception as error:
            # Only the caller of this machine gets the error; other machines must go on receiving.
            self.ended.set_exception(error)
            return
        outcome = self._machine.outcome
        if isinstance(outcome, Done):
            self.ended.set_result(outcome.value)
        elif isinstance(outcome, Failed):
            self.ended.set_exception(outcome.error)
        if self._progress is not None and self._machine.progress != self._reported:
            self._reported = self._machine.progress
            self._progress(self._reported)
        self._set_timer(None if outcome is not None else self._machine.deadline)

    def _set_timer(self, deadline: float | None) -> None:
        if deadline == self._timer_at and (deadline is None or self._timer is not None):
            return
        self.stop()
        self._timer_at = deadline
        if deadline is not None:
            self._timer = self._loop.call_at(deadline, self._tick)
