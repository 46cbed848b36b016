"""One aircraft as it is heard and spoken to: its state as it comes in, commands and requests as they go out.

The target is fixed when the aircraft is identified: every command names its system and component, and none is sent while
another vehicle seems to speak under the same number.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from controller.autopilots.base import Autopilot, SendCommand
from controller.autopilots.identify import FirmwareVersion, firmware_version, identify
from controller.clock import Clock
from controller.errors import AircraftRefused, LinkError
from controller.protocol.command.client import CommandRequest, CommandResult
from controller.protocol.messages.client import MessageRequest, SetMessageInterval, request_data_stream
from controller.protocol.params.wire import ParamEncoding
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.statustext import StatusTextAssembler
from controller.protocol.timing import DEFAULT_TIMING, HEARTBEAT_LOST_S, Timing
from controller.router.local import LocalEndpoint
from controller.vehicle import safety
from controller.vehicle.exchange import Exchange
from controller.vehicle.identity import IdentityWatch, Trouble
from controller.vehicle.state import Text, VehicleState
from controller.vehicle.telemetry import fold, with_text
from controller.wire import dialect
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD
from controller.wire.frame import Frame
from controller.wire.message import Message

T = TypeVar("T")

Watcher = Callable[[Message, VehicleState, VehicleState], None]  # message, state before, state after
_OLD_RATE_HZ = 4.0


class Contact:
    """Made from its first HEARTBEAT by whoever discovers it; `close` ends the listening."""

    def __init__(
        self,
        local: LocalEndpoint,
        address: Address,
        heartbeat: Message,
        *,
        clock: Clock,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        self.address = address
        self.autopilot: Autopilot = identify(heartbeat)
        self.encoding = ParamEncoding.BYTEWISE if self.autopilot.bytewise_params else ParamEncoding.C_CAST
        self.firmware: FirmwareVersion | None = None
        self.clock = clock
        self.timing = timing
        self.exchange = Exchange(local, clock)
        self._state = fold(VehicleState(), heartbeat, clock.now(), self.autopilot.mode_name)
        self._identity = IdentityWatch(heartbeat)
        self._texts = StatusTextAssembler()
        self._watchers: tuple[Watcher, ...] = ()
        self._trouble_watchers: tuple[Callable[[Trouble], None], ...] = ()
        self._turns: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._stop = local.listen(self._hear)

    def close(self) -> None:
        """Hear nothing any more."""
        self._stop()
        self.exchange.close()

    def __str__(self) -> str:
        return f"{self.autopilot.name} {self.autopilot.kind.value} {self.address.system}"

    # What is known

    @property
    def state(self) -> VehicleState:
        """The snapshot as of now."""
        return self._state

    @property
    def trouble(self) -> Trouble | None:
        """A reason to doubt that it is still the same aircraft."""
        return self._identity.trouble

    @property
    def silent_s(self) -> float:
        """Seconds since it was last heard."""
        return self._state.silent_s(self.clock.now())

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher(message, before, after)` after each message of the aircraft; returns what ends that."""
        self._watchers = (*self._watchers, watcher)

        def stop() -> None:
            self._watchers = tuple(kept for kept in self._watchers if kept is not watcher)

        return stop

    def watch_trouble(self, watcher: Callable[[Trouble], None]) -> Callable[[], None]:
        """Call `watcher(trouble)` when it does not seem to be the same aircraft any more."""
        self._trouble_watchers = (*self._trouble_watchers, watcher)

        def stop() -> None:
            self._trouble_watchers = tuple(kept for kept in self._trouble_watchers if kept is not watcher)

        return stop

    async def wait(self, holds: Callable[[VehicleState], bool], timeout_s: float) -> bool:
        """Wait until the state is as wanted; False when it was not within `timeout_s`."""
        if holds(self._state):
            return True
        came = asyncio.get_running_loop().create_future()

        def look(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
            if not came.done() and holds(after):
                came.set_result(None)

        stop = self.watch(look)
        try:
            async with asyncio.timeout(timeout_s):
                await came
            return True
        except TimeoutError:
            return False
        finally:
            stop()

    def texts_since(self, at_s: float, *, worst: int = 7) -> tuple[Text, ...]:
        """Status texts heard since `at_s`, of severity `worst` or graver."""
        return tuple(text for text in self._state.texts if text.at_s >= at_s and text.severity <= worst)

    # Asking

    async def run(self, machine: StateMachine[T], *, progress: Callable[[Progress], None] | None = None) -> T:
        """Run a protocol machine that speaks to this aircraft. Raises SafetyRefused when it may be another by now."""
        safety.check_identity(self.trouble)
        return await self.exchange.run(machine, progress=progress)

    async def command(self, order: SendCommand) -> CommandResult:
        """Send one command and wait for its end. Raises CommandRefused or LinkError.

        Two of one number take turns: their answers could not be told apart.
        """
        async with self._turns[order.command]:
            return await self.run(self._request(order))

    def _request(self, order: SendCommand) -> CommandRequest:
        first = (order.p1, order.p2, order.p3, order.p4)
        common: dict[str, Any] = {"own_address": self.exchange.own_address, "timing": self.timing}
        if order.repeatable:
            common["retry"] = True
        if order.frame is None:
            return CommandRequest(
                self.address, order.command, (*first, order.p5, order.p6, order.p7), **common
            )
        return CommandRequest(
            self.address,
            order.command,
            first,
            frame=order.frame,
            x=round(order.p5 * 1e7),
            y=round(order.p6 * 1e7),
            z=order.p7,
            **common,
        )

    async def message(self, name: str) -> Message:
        """Ask for one message by name and wait for it. Raises CommandRefused or LinkError."""
        async with self._turns[MAV_CMD.REQUEST_MESSAGE]:
            msg_id = dialect.by_name(name).msg_id
            return await self.run(
                MessageRequest(
                    self.address, msg_id, own_address=self.exchange.own_address, timing=self.timing
                )
            )

    async def set_rate(self, name: str, rate_hz: float) -> bool:
        """Ask for a message `rate_hz` times a second (0: never). False when the aircraft will not."""
        msg_id = dialect.by_name(name).msg_id
        interval_us = 1e6 / rate_hz if rate_hz > 0 else -1.0
        async with self._turns[MAV_CMD.SET_MESSAGE_INTERVAL]:
            try:
                await self.run(
                    SetMessageInterval(
                        self.address,
                        msg_id,
                        interval_us,
                        own_address=self.exchange.own_address,
                        timing=self.timing,
                    )
                )
            except AircraftRefused:
                return False
        return True

    async def ask_streams(self, *, share: float = 1.0) -> tuple[str, ...]:
        """Ask for what a flight needs, at `share` of the usual rates. Returns what was refused and is missed.

        Raises LinkError when the aircraft does not answer.
        """
        refused = []
        for stream in self.autopilot.streams:
            try:
                taken = await self.set_rate(stream.message, stream.rate_hz * share)
            except LinkError:
                if self.silent_s > HEARTBEAT_LOST_S:
                    raise
                # It lives and does not answer: firmware from before SET_MESSAGE_INTERVAL.
                self.exchange.send(request_data_stream(self.address, 0, 1e6 / (_OLD_RATE_HZ * share)))
                return ()
            if not taken and not stream.may_refuse:
                refused.append(stream.message)
        return tuple(refused)

    async def introduce(self) -> FirmwareVersion | None:
        """Ask for its version (None if it does not tell) and, if it has one by now, for its home."""
        for name in ("AUTOPILOT_VERSION", "HOME_POSITION"):
            try:
                answer = await self.message(name)
            except (AircraftRefused, LinkError):
                # It may be too old to know the request. Whether the link works will show with the streams.
                continue
            if name == "AUTOPILOT_VERSION":
                self.firmware = firmware_version(answer)
        return self.firmware

    async def ask_home(self) -> bool:
        """Ask where home is; False when it has none (yet)."""
        try:
            await self.message("HOME_POSITION")
        except (AircraftRefused, LinkError):
            return False
        return True

    async def ask_checks(self) -> None:
        """Have the autopilot run its pre-arm checks and tell what fails, now and not when it sees fit."""
        try:
            await self.command(SendCommand(command=MAV_CMD.RUN_PREARM_CHECKS))
        except (AircraftRefused, LinkError):
            # Old firmware does not know it; its texts come by themselves, less often.
            return

    # Hearing

    def _hear(self, frame: Frame) -> None:
        if (
            frame.system != self.address.system
            or frame.component != self.address.component
            or not frame.known
        ):
            return
        message, now = frame.message(), self.clock.now()
        trouble = self._identity.hear(message)
        if trouble is not None:
            for tell in self._trouble_watchers:
                tell(trouble)
        before = self._state
        if message.name != "HEARTBEAT" or message.autopilot == _stack(before):
            self._state = fold(before, message, now, self.autopilot.mode_name)
        if message.name == "STATUSTEXT" or self._texts.deadline is not None:
            self._take_texts(message, frame.source, now)
        for watcher in self._watchers:
            watcher(message, before, self._state)

    def _take_texts(self, message: Message, source: Address, now: float) -> None:
        self._texts.receive(message, source, now)
        if self._texts.deadline is not None and now >= self._texts.deadline:
            self._texts.tick(now)
        for text in self._texts.texts():
            self._state = with_text(self._state, Text(now, text.severity, text.text))


def _stack(state: VehicleState) -> int | None:
    """Which stack the state's heartbeats come from."""
    return state.beat.autopilot if state.beat else None
