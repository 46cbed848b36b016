"""MAVLink services of the autopilot on one link, with the link's own message intervals."""

from __future__ import annotations

from controller.protocol.command.server import CommandReply, CommandService, ReceivedCommand
from controller.protocol.message_fields import is_addressed_to
from controller.protocol.messages.client import DATA_STREAMS
from controller.protocol.messages.server import IntervalService
from controller.protocol.mission.server import MissionService
from controller.protocol.params.server import ParamService
from controller.protocol.params.wire import ParamEncoding
from controller.protocol.state_machine import StateMachine
from controller.protocol.timesync import TimesyncService
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_CMD, MAV_MISSION_RESULT, MAV_MISSION_TYPE, MAV_TYPE
from controller.wire.message import Message
from hil.autopilot.autopilot import EmulatedAutopilot
from hil.autopilot.services.calibration import CalibrationCommands
from hil.autopilot.services.commands.results import FAILED, UNSUPPORTED
from hil.autopilot.services.unsupported import refuse
from hil.autopilot.vehicle_context import CRITICAL, WARNING

MISSION_CURRENT = dialect.by_name("MISSION_CURRENT").msg_id
PARAM_INTERVAL_S, PARAM_BURST = 0.02, 8
# Lists that are stored and returned, but have no effect: the text says so. MAV_MISSION_TYPE -> text
NOT_SIMULATED = {
    MAV_MISSION_TYPE.RALLY: "Rally points stored, but returns do not use them",
}
SETPOINTS = ("SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET")
# Data stream of REQUEST_DATA_STREAM -> ArduPilot's parameter of its rate at boot.
STREAM_PARAMS = {
    1: "MAV1_RAW_SENS", 2: "MAV1_EXT_STAT", 3: "MAV1_RC_CHAN", 6: "MAV1_POSITION",
    10: "MAV1_EXTRA1", 11: "MAV1_EXTRA2", 12: "MAV1_EXTRA3",
}  # fmt: skip


class LinkServices:
    """Vehicle side of all MAVLink services on one link."""

    def __init__(self, autopilot: EmulatedAutopilot) -> None:
        stack = autopilot.stack
        self._autopilot = autopilot
        self.address = address = autopilot.address
        self.commands = CommandService(address, self._carry_out)
        self.missions = MissionService(
            address,
            autopilot.stores,
            stack.mission_behavior,
            max_items=stack.most_items,
            validate=stack.refuse_item,
            validate_list=stack.refuse_list,
            say=lambda text: autopilot.vehicle.send_text(text, CRITICAL),
            home=autopilot.home_item,
        )
        self.params = ParamService(
            address,
            autopilot.params,
            ParamEncoding.BYTEWISE if stack.bytewise_params else ParamEncoding.C_CAST,
            interval_s=PARAM_INTERVAL_S,
            burst=PARAM_BURST,
            hash_check=stack.bytewise_params,
            behavior=stack.param_behavior,
        )
        telemetry = autopilot.telemetry
        silent = frozenset(dialect.by_name(name).msg_id for name in stack.silent_streams)
        self.intervals = IntervalService(
            address,
            telemetry.make,
            self._rates_at_boot(),
            known=telemetry.known | silent,
            refused=frozenset(dialect.by_name(name).msg_id for name in stack.refused_streams),
        )
        self._calibrations = CalibrationCommands(autopilot.vehicle, stack)
        self.files = autopilot.files.server()
        self._machines: tuple[StateMachine[None], ...] = (
            self.commands,
            self.missions,
            self.params,
            self.intervals,
            TimesyncService(address),
            self._calibrations.server,
            self.files,
        )

    def _rates_at_boot(self) -> dict[int, float]:
        """Return message id -> Hz before any request."""
        stack, p, known = self._autopilot.stack, self._autopilot.params, self._autopilot.telemetry.known
        rates = {dialect.by_name(name).msg_id: rate for name, rate in stack.default_streams.items()}
        for stream, parameter in STREAM_PARAMS.items():
            if parameter in p and p[parameter] > 0:
                ids = [dialect.by_name(name).msg_id for name in DATA_STREAMS[stream]]
                rates |= {msg_id: float(p[parameter]) for msg_id in ids if msg_id in known}
        return rates

    def start(self, now: float) -> list[Message]:
        """Return the messages to send when the link opens."""
        return [message for machine in self._machines for message in machine.start(now)]

    def step(self, now: float) -> list[Message]:
        """Return the messages that are due on this link."""
        out: list[Message] = []
        for machine in self._machines:
            if machine.deadline is not None and machine.deadline <= now:
                out += machine.tick(now)
        return out

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        """Handle a message from this link and return the answers."""
        if source == self.address:
            return []
        ap = self._autopilot
        name = message.name
        if name == "HEARTBEAT":
            if message.type == MAV_TYPE.GCS:
                ap.failsafe.on_gcs_heartbeat(source.system)
            return []
        if not is_addressed_to(message, self.address):
            return []
        match name:
            case "MISSION_SET_CURRENT":
                return self._select(message.seq)
            case "SET_MODE":
                return self._set_mode(message, source)
            case "MANUAL_CONTROL" if message.target == self.address.system:
                ap.commander.rc_input.manual(message, ap.vehicle.time_s)
            case "RC_CHANNELS_OVERRIDE":
                ap.commander.rc_input.override(message, ap.vehicle.time_s)
            case "REQUEST_EVENT":
                return ap.vehicle.events.service.receive(message, source, now)
            case "PING" if message.target_system == 0:
                target = {"target_system": source.system, "target_component": source.component}
                return [m.PING(time_usec=message.time_usec, seq=message.seq, **target)]
            case _ if name in SETPOINTS:
                ap.setpoints.receive(message)
        if name.startswith("MISSION_"):
            navigator, stack = ap.commander.navigator, ap.stack
            shown = navigator.item is not None or stack.keeps_item_on_upload
            self.missions.current_seq = navigator.seq if shown else -1
        out = [answer for machine in self._machines for answer in machine.receive(message, source, now)]
        if name == "PARAM_REQUEST_LIST":
            out += ap.commands.banner()
        if name.startswith("MISSION_ITEM"):
            self._report_upload(out)
        return out or refuse(message, empty_log_list_silent=ap.stack.empty_log_list_silent)

    def _report_upload(self, answers: list[Message]) -> None:
        """Send the texts of an upload that the answers accept."""
        for answer in answers:
            if answer.name == "MISSION_ACK" and answer.type == MAV_MISSION_RESULT.ACCEPTED:
                text = self._autopilot.stack.plan_texts.get(answer.mission_type)
                if text:
                    self._autopilot.vehicle.send_text(text)
                if text := NOT_SIMULATED.get(answer.mission_type):
                    self._autopilot.vehicle.send_text(text, WARNING)

    def _carry_out(self, call: ReceivedCommand, now: float) -> CommandReply:
        commands = self._autopilot.commands
        if not commands.answers_request(call):
            reply = self.intervals.handle(call, now)
            if reply is not None and call.command == MAV_CMD.REQUEST_MESSAGE:
                return self._requested(call, reply)
            if reply is not None:
                refused = reply.result == UNSUPPORTED and call.command == MAV_CMD.SET_MESSAGE_INTERVAL
                return CommandReply(FAILED) if refused else reply
        return self._calibrations.handle(call, now) or commands.handle(call)

    def _requested(self, call: ReceivedCommand, reply: CommandReply) -> CommandReply:
        """Return the reply to REQUEST_MESSAGE with the stack's result for what it does not send."""
        stack = self._autopilot.stack
        refused = {dialect.by_name(name).msg_id for name in stack.refused_requests}
        unsent = not reply.messages or call.params[0] in refused
        result = stack.results.request_message
        return CommandReply(result) if unsent and result is not None else reply

    def _select(self, seq: int) -> list[Message]:
        if not self._autopilot.commander.navigator.select(seq):
            texts = self._autopilot.stack.mission_behavior.texts
            text = texts.get("not_in_list", f"Mission item {seq} cannot be made current")
            return [m.STATUSTEXT(severity=WARNING, text=text)]
        current = self._autopilot.telemetry.make(MISSION_CURRENT)
        return [current] if current is not None else []

    def _set_mode(self, message: Message, source: Address) -> list[Message]:
        """Handle the deprecated SET_MODE message; its acknowledgement differs between the stacks."""
        ap = self._autopilot
        mode = ap.stack.mode_of(message.base_mode, float(message.custom_mode), 0.0)
        result = ap.commands.arming.enter(mode, str(message.custom_mode))
        ack: Message = m.COMMAND_ACK(
            command=ap.stack.set_mode_ack,
            result=result,
            target_system=source.system,
            target_component=source.component,
        )
        return [ack]
