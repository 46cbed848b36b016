"""Dispatch of commands to their handlers. Every command is acknowledged; those without a handler as UNSUPPORTED."""

from __future__ import annotations

from collections.abc import Callable

from controller.protocol.command.server import CommandReply, ReceivedCommand
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.enums import MAV_CMD, MAV_SEVERITY
from controller.wire.message import Message
from hil.autopilot.commander import Commander
from hil.autopilot.services.commands.arming import ArmingCommands
from hil.autopilot.services.commands.group import Handler
from hil.autopilot.services.commands.maintenance import MaintenanceCommands
from hil.autopilot.services.commands.missions import MissionCommands
from hil.autopilot.services.commands.navigation import NavigationCommands
from hil.autopilot.services.commands.results import ACCEPTED, DENIED, UNSUPPORTED, UNSUPPORTED_MAV_FRAME
from hil.autopilot.services.commands.vehicle_command import decode
from hil.autopilot.services.payload import Payload
from hil.autopilot.stacks.base import AutopilotStack
from hil.autopilot.vehicle_context import VehicleContext

COMPONENT_METADATA = dialect.by_name("COMPONENT_METADATA").msg_id
AVAILABLE_MODES = dialect.by_name("AVAILABLE_MODES").msg_id
AUTOPILOT_VERSION = dialect.by_name("AUTOPILOT_VERSION").msg_id
# Commands whose position must be in a frame of `GLOBAL_FRAMES`.
NEED_GLOBAL_FRAME = frozenset((
    MAV_CMD.NAV_TAKEOFF, MAV_CMD.DO_SET_HOME, MAV_CMD.DO_REPOSITION, MAV_CMD.DO_SET_ROI_LOCATION, MAV_CMD.DO_SET_ROI,
))  # fmt: skip


class CommandDispatcher:
    """Handler of all commands on one vehicle."""

    def __init__(
        self,
        vehicle: VehicleContext,
        commander: Commander,
        stack: AutopilotStack,
        payload: Payload,
        *,
        reboot: Callable[[], None],
        metadata: Callable[[], Message] | None = None,
    ) -> None:
        self._vehicle, self._commander, self._stack, self._payload = vehicle, commander, stack, payload
        self._metadata = metadata
        self.arming = ArmingCommands(vehicle, commander, stack)
        groups = (
            self.arming,
            NavigationCommands(vehicle, commander, stack),
            MissionCommands(vehicle, commander, stack),
            MaintenanceCommands(vehicle, commander, stack, reboot=reboot),
        )
        self._handlers: dict[int, Handler] = {}
        for group in groups:
            self._handlers |= group.handlers()

    def handle(self, call: ReceivedCommand) -> CommandReply:
        """Carry out a command. The reply's messages are sent after the acknowledgement."""
        match call.command:
            case MAV_CMD.GET_HOME_POSITION:
                if self._vehicle.home is None:
                    return CommandReply(self._stack.results.not_now)
                return CommandReply(ACCEPTED, messages=(self._commander.home_position(),))
            case MAV_CMD.REQUEST_AUTOPILOT_CAPABILITIES:
                return CommandReply(ACCEPTED, messages=(self.autopilot_version(),))
            case MAV_CMD.REQUEST_MESSAGE if call.params[0] == AVAILABLE_MODES:
                return self._available_modes(call.params[1])
            case MAV_CMD.REQUEST_MESSAGE if call.params[0] == COMPONENT_METADATA and self._metadata:
                return CommandReply(ACCEPTED, messages=(self._metadata(),))
            case MAV_CMD.REQUEST_MESSAGE if call.params[0] == AUTOPILOT_VERSION:
                return CommandReply(ACCEPTED, messages=(self.autopilot_version(),))
        command = decode(
            call,
            long_height_above_home=self._stack.long_height_above_home,
            ignores_frame=self._stack.ignores_command_frame,
        )
        if not command.frame_supported and call.command in NEED_GLOBAL_FRAME:
            return CommandReply(UNSUPPORTED_MAV_FRAME)
        handler = self._handlers.get(call.command)
        if handler is not None:
            return CommandReply(handler(command))
        result = self._payload.perform(self._vehicle, command.command, command.params)
        return CommandReply(UNSUPPORTED if result is None else result)

    def answers_request(self, call: ReceivedCommand) -> bool:
        """Return whether `handle` answers this REQUEST_MESSAGE, and not the link's streams."""
        return call.command == MAV_CMD.REQUEST_MESSAGE and call.params[0] in (
            AUTOPILOT_VERSION,
            AVAILABLE_MODES,
            *([COMPONENT_METADATA] if self._metadata else []),
        )

    def autopilot_version(self) -> Message:
        """Return AUTOPILOT_VERSION."""
        version = self._stack.version
        message: Message = m.AUTOPILOT_VERSION(
            capabilities=version.capabilities,
            flight_sw_version=version.software,
            flight_custom_version=b"landline",
            uid2=b"landline simulator",
        )
        return message

    def banner(self) -> tuple[Message, ...]:
        """Return the STATUSTEXTs that ArduPilot sends after each request for all parameters."""
        severity = int(MAV_SEVERITY.INFO)
        return tuple(m.STATUSTEXT(severity=severity, text=text) for text in self._stack.version.banner)

    def _available_modes(self, index: float) -> CommandReply:
        modes = self._stack.modes.all
        if not 0.0 <= index <= len(modes):
            return CommandReply(DENIED)
        chosen = list(enumerate(modes, 1)) if index == 0.0 else [(int(index), modes[int(index) - 1])]
        return CommandReply(
            ACCEPTED,
            messages=tuple(
                m.AVAILABLE_MODES(
                    number_modes=len(modes),
                    mode_index=number,
                    standard_mode=mode.standard,
                    custom_mode=mode.number,
                    mode_name=mode.name,
                )
                for number, mode in chosen
            ),
        )
