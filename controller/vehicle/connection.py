"""MAVLink connection to one aircraft: its state from the telemetry received, commands and requests sent to it.

The address is fixed by the first heartbeat: every command names that system and component. No command is sent
while another vehicle seems to use the same system id.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any, TypeVar

from controller.autopilots.base import Autopilot
from controller.autopilots.identify import FirmwareVersion, firmware_version, identify
from controller.autopilots.procedures import SendCommand
from controller.clock import Clock
from controller.errors import AircraftRefused, LinkError
from controller.protocol.announcements import Announcement, Announcements
from controller.protocol.command.client import CommandRequest, CommandResult
from controller.protocol.events.definitions import packed_table
from controller.protocol.messages.client import MessageRequest, SetMessageInterval, request_data_stream
from controller.protocol.params.wire import ParamEncoding
from controller.protocol.state_machine import Progress, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, HEARTBEAT_LOST_S, Timing
from controller.router.local import LocalEndpoint
from controller.vehicle import safety_checks
from controller.vehicle.aircraft_clock import AircraftClock
from controller.vehicle.exchange import Exchange, Step
from controller.vehicle.identity import IdentityMonitor, IdentityProblem
from controller.vehicle.metadata.named_addresses import NamedAddresses
from controller.vehicle.state import ReceivedText, VehicleState
from controller.vehicle.telemetry import state_after, with_text
from controller.watchers import Watchers
from controller.wire import dialect
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD, MAV_SEVERITY
from controller.wire.frame import Frame
from controller.wire.message import Message

T = TypeVar("T")

Watcher = Callable[[Message, VehicleState, VehicleState], None]  # message, state before, state after
CommandWatcher = Callable[[SendCommand, bool], None]  # command, whether it was accepted
_ERROR = int(MAV_SEVERITY.ERROR)
_DATA_STREAM_RATE_HZ = 4.0


class Connection:
    """Connection to one aircraft, created from its first HEARTBEAT. Call `close` to stop receiving."""

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
        self.exchange = Exchange(local, clock, system=address.system)
        self.aircraft_clock = AircraftClock(clock.now())
        self.commanded_mode = ""
        """Mode that Landline commanded last, whether or not the aircraft has taken it."""
        self.armed_by_us = False
        """Whether Landline commanded the arming; until it is refused, or the aircraft disarms."""
        self._state = state_after(VehicleState(), heartbeat, clock.now(), self.autopilot.mode_name)
        self._identity = IdentityMonitor(heartbeat)
        self.announcements = Announcements(
            local.address, address, packed_table(self.autopilot.name), timing=timing, on_text=self._take_text
        )
        self._watchers = Watchers[[Message, VehicleState, VehicleState]]()
        self._text_watchers = Watchers[[ReceivedText]]()
        self._identity_watchers = Watchers[[IdentityProblem]]()
        self._command_watchers = Watchers[[SendCommand, bool]]()
        self._command_locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self.named_addresses = NamedAddresses()
        self.exchange.attach(self.announcements)
        self.exchange.attach(self.named_addresses)
        self._stop = local.listen(self._receive, system=address.system)

    def close(self) -> None:
        """Stop receiving, and cancel the requests in progress."""
        self._stop()
        self.exchange.close()

    def __str__(self) -> str:
        return f"{self.autopilot.name} {self.autopilot.kind.value} {self.address.system}"

    # State

    @property
    def state(self) -> VehicleState:
        """The newest snapshot of the aircraft's state."""
        return self._state

    @property
    def identity_problem(self) -> IdentityProblem | None:
        """Sign that another vehicle uses the same system id, or that the autopilot restarted."""
        return self._identity.problem

    @property
    def silent_s(self) -> float:
        """Seconds since the last message from the aircraft."""
        return self._state.silent_s(self.clock.now())

    @property
    def aircraft_now_s(self) -> float:
        """Now by the aircraft's own clock, s, on the axis of our clock (see `aircraft_clock`)."""
        return self.aircraft_clock.now(self.clock.now())

    def watch(self, watcher: Watcher) -> Callable[[], None]:
        """Call `watcher(message, state_before, state_after)` after each message from the aircraft.

        Returns a function that ends the calls.
        """
        return self._watchers.add(watcher)

    def watch_identity(self, watcher: Callable[[IdentityProblem], None]) -> Callable[[], None]:
        """Call `watcher(problem)` when the aircraft restarts, or another vehicle uses its system id.

        Returns a function that ends the calls.
        """
        return self._identity_watchers.add(watcher)

    def watch_texts(self, watcher: Callable[[ReceivedText], None]) -> Callable[[], None]:
        """Call `watcher(text)` for each text for the operator, of any component of the aircraft.

        Returns a function that ends the calls.
        """
        return self._text_watchers.add(watcher)

    def watch_commands(self, watcher: CommandWatcher) -> Callable[[], None]:
        """Call `watcher(command, accepted)` before each command, and when the last one of a procedure was accepted.

        It is called in the task that sends the command. Returns a function that ends the calls.
        """
        return self._command_watchers.add(watcher)

    async def wait(self, holds: Callable[[VehicleState], bool], timeout_s: float) -> bool:
        """Wait until `holds(state)` is true; return False after `timeout_s` seconds."""
        if holds(self._state):
            return True
        reached = asyncio.get_running_loop().create_future()

        def check(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
            if not reached.done() and holds(after):
                reached.set_result(None)

        stop = self.watch(check)
        try:
            async with asyncio.timeout(timeout_s):
                await reached
            return True
        except TimeoutError:
            return False
        finally:
            stop()

    def texts_since(self, at_s: float, *, worst: int = 7) -> tuple[ReceivedText, ...]:
        """Return the status texts received since `at_s` with MAV_SEVERITY `worst` or more severe (a lower number)."""
        return tuple(text for text in self._state.texts if text.at_s >= at_s and text.severity <= worst)

    def failing_checks(self) -> tuple[str, ...]:
        """Return the arming checks of the aircraft's health report that fail in the present flight mode."""
        heartbeat = self._state.heartbeat
        checks = self.announcements.failing_checks(heartbeat.custom_mode if heartbeat else None)
        return tuple(check.text for check in checks if check.severity <= _ERROR)

    # Commands and requests

    async def run(
        self,
        machine: StateMachine[T],
        *,
        progress: Callable[[Progress], None] | None = None,
        on_step: Callable[[Step], None] | None = None,
    ) -> T:
        """Run a protocol machine with this aircraft and return its result; see `Exchange.run`.

        Raises SafetyRefused while another vehicle uses its system id, else what the machine raises.
        """
        safety_checks.check_identity(self.identity_problem)
        return await self.exchange.run(machine, progress=progress, on_step=on_step)

    async def command(self, command: SendCommand, *, part: bool = False) -> CommandResult:
        """Send one command and wait for its final COMMAND_ACK. Raises CommandRefused or LinkError.

        `part`: another command of the same procedure follows, which `watch_commands` waits for.
        Two commands with the same number are sent one after the other, because their acks cannot be told apart.
        """
        async with self._command_locks[command.command]:
            safety_checks.check_identity(self.identity_problem)
            self._command_watchers(command, False)
            result = await self.run(self._request(command))
        if not part:
            self._command_watchers(command, True)
        return result

    def _request(self, command: SendCommand) -> CommandRequest:
        first = (command.p1, command.p2, command.p3, command.p4)
        common: dict[str, Any] = {"own_address": self.exchange.own_address, "timing": self.timing}
        if command.repeatable:
            common["retry"] = True
        if command.frame is None:
            return CommandRequest(
                self.address, command.command, (*first, command.p5, command.p6, command.p7), **common
            )
        return CommandRequest(
            self.address,
            command.command,
            first,
            frame=command.frame,
            x=round(command.p5 * 1e7),
            y=round(command.p6 * 1e7),
            z=command.p7,
            **common,
        )

    async def message(self, name: str) -> Message:
        """Request one message by name (MAV_CMD_REQUEST_MESSAGE) and wait for it. Raises CommandRefused or LinkError."""
        async with self._command_locks[MAV_CMD.REQUEST_MESSAGE]:
            msg_id = dialect.by_name(name).msg_id
            return await self.run(
                MessageRequest(
                    self.address, msg_id, own_address=self.exchange.own_address, timing=self.timing
                )
            )

    async def set_rate(self, name: str, rate_hz: float) -> bool:
        """Request a message `rate_hz` times a second (0: never). Return False when the aircraft refuses."""
        msg_id = dialect.by_name(name).msg_id
        interval_us = 1e6 / rate_hz if rate_hz > 0 else -1.0
        async with self._command_locks[MAV_CMD.SET_MESSAGE_INTERVAL]:
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

    async def request_streams(self, *, rate_factor: float = 1.0) -> tuple[str, ...]:
        """Request the telemetry that a flight needs, at the usual rates times `rate_factor`.

        Returns the names of the refused messages, without those that this autopilot is known to refuse. Raises
        LinkError when the aircraft does not answer.
        """
        refused = []
        for stream in self.autopilot.streams:
            try:
                accepted = await self.set_rate(stream.message, stream.rate_hz * rate_factor)
            except LinkError:
                if self.silent_s > HEARTBEAT_LOST_S:
                    raise
                # Heartbeats arrive but no ack: firmware older than SET_MESSAGE_INTERVAL.
                self.exchange.send(
                    request_data_stream(self.address, 0, 1e6 / (_DATA_STREAM_RATE_HZ * rate_factor))
                )
                return ()
            if not accepted and not stream.may_refuse:
                refused.append(stream.message)
        return tuple(refused)

    async def request_version(self) -> FirmwareVersion | None:
        """Request AUTOPILOT_VERSION and HOME_POSITION; return the firmware version, None where it is not known."""
        for name in ("AUTOPILOT_VERSION", "HOME_POSITION"):
            try:
                answer = await self.message(name)
            except (AircraftRefused, LinkError):
                # Old firmware does not know the request. A dead link is found when the streams are requested.
                continue
            if name == "AUTOPILOT_VERSION":
                self.firmware = firmware_version(answer)
        return self.firmware

    async def request_home(self) -> bool:
        """Request HOME_POSITION; return False when the aircraft has no home yet."""
        try:
            await self.message("HOME_POSITION")
        except (AircraftRefused, LinkError):
            return False
        return True

    async def request_prearm_checks(self) -> None:
        """Have the autopilot run its pre-arm checks now and send the failures as status texts."""
        try:
            await self.command(SendCommand(command=MAV_CMD.RUN_PREARM_CHECKS))
        except (AircraftRefused, LinkError):
            # Old firmware does not know the command; it repeats its texts by itself, less often.
            return

    # Receiving

    def _receive(self, frame: Frame) -> None:
        if (
            frame.system != self.address.system
            or frame.component != self.address.component
            or not frame.known
        ):
            return
        message, now = frame.message(), self.clock.now()
        problem = self._identity.receive(message, now)
        if problem is not None:
            self._identity_watchers(problem)
        before = self._state
        if message.name != "HEARTBEAT" or message.autopilot == _stack(before):
            self._state = state_after(before, message, now, self.autopilot.mode_name)
        if before.armed and not self._state.armed:
            self.armed_by_us = False
        if self._state.boot_ms is not None and self._state.boot_ms != before.boot_ms:
            self.aircraft_clock.receive(self._state.boot_ms, now)
        self._watchers(message, before, self._state)

    def _take_text(self, said: Announcement) -> None:
        text = ReceivedText(self.clock.now(), said.severity, said.text, said.sender, said.event)
        self._state = with_text(self._state, text)
        self._text_watchers(text)


def _stack(state: VehicleState) -> int | None:
    """Return the MAV_AUTOPILOT of the state's heartbeats."""
    return state.heartbeat.autopilot if state.heartbeat else None
