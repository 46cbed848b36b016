"""One link's view of an autopilot: the vehicle's side of every MAVLink service, and this link's own message rates."""

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
from controller.wire.message import Message
from hil.autopilot.autopilot import Autopilot
from hil.autopilot.services.unsupported import refuse
from hil.autopilot.vehicle_context import WARNING

GCS = 6  # MAV_TYPE
MISSION_CURRENT = 42
SET_MESSAGE_INTERVAL, UNSUPPORTED, FAILED, DENIED = 511, 3, 4, 2
# What is kept and given back, and does nothing else, is said to be so. MAV_MISSION_TYPE -> text
UNUSED = {
    1: "Fence stored, but not watched in this simulation",
    2: "Rally points stored, but not used",
}
SETPOINTS = ("SET_POSITION_TARGET_LOCAL_NED", "SET_POSITION_TARGET_GLOBAL_INT", "SET_ATTITUDE_TARGET")
# ArduPilot's rates at boot, by old data stream
STREAM_PARAMS = {
    1: "MAV1_RAW_SENS", 2: "MAV1_EXT_STAT", 3: "MAV1_RC_CHAN", 6: "MAV1_POSITION",
    10: "MAV1_EXTRA1", 11: "MAV1_EXTRA2", 12: "MAV1_EXTRA3",
}  # fmt: skip


class LinkServices:
    """Everything one link is told and may ask."""

    def __init__(self, autopilot: Autopilot) -> None:
        stack = autopilot.stack
        self._ap = autopilot
        self.address = address = autopilot.address
        self.commands = CommandService(address, self._carry_out)
        self.missions = MissionService(
            address,
            autopilot.stores,
            stack.mission_behavior,
            validate=stack.refuse_item,
            home=autopilot.home_item,
        )
        self.params = ParamService(
            address,
            autopilot.params,
            ParamEncoding.BYTEWISE if stack.bytewise_params else ParamEncoding.C_CAST,
            interval_s=0.02,
            burst=8,
            hash_check=stack.bytewise_params,
        )
        telemetry = autopilot.telemetry
        silent = frozenset(dialect.by_name(name).msg_id for name in stack.silent_streams)
        self.intervals = IntervalService(
            address,
            telemetry.make,
            self._first_rates(),
            known=telemetry.known | silent,
            refused=frozenset(dialect.by_name(name).msg_id for name in stack.refused_streams),
        )
        self._machines: tuple[StateMachine[None], ...] = (
            self.commands,
            self.missions,
            self.params,
            self.intervals,
            TimesyncService(address),
        )

    def _first_rates(self) -> dict[int, float]:
        stack, p = self._ap.stack, self._ap.params
        rates = {dialect.by_name(name).msg_id: rate for name, rate in stack.default_streams.items()}
        for stream, parameter in STREAM_PARAMS.items():
            if parameter in p and p[parameter] > 0:
                ids = [dialect.by_name(name).msg_id for name in DATA_STREAMS[stream]]
                rates |= {msg_id: float(p[parameter]) for msg_id in ids if msg_id in self._ap.telemetry.known}
        return rates

    def start(self, now: float) -> list[Message]:
        """The link is there."""
        return [message for machine in self._machines for message in machine.start(now)]

    def step(self, now: float) -> list[Message]:
        """What is due on this link by itself."""
        out: list[Message] = []
        for machine in self._machines:
            if machine.deadline is not None and machine.deadline <= now:
                out += machine.tick(now)
        return out

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        """What is answered to a message, on this link."""
        if source == self.address:
            return []
        ap = self._ap
        name = message.name
        if name == "HEARTBEAT":
            if message.type == GCS:
                ap.failsafe.heard_ground(source.system)
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
            case "PING" if message.target_system == 0:
                where = {"target_system": source.system, "target_component": source.component}
                return [m.PING(time_usec=message.time_usec, seq=message.seq, **where)]
            case _ if name in SETPOINTS:
                ap.setpoints.receive(message)
        if name.startswith("MISSION_"):
            navigator = ap.commander.navigator
            self.missions.current_seq = navigator.seq if navigator.item is not None else -1
        out = [answer for machine in self._machines for answer in machine.receive(message, source, now)]
        if name == "PARAM_REQUEST_LIST":
            out += ap.commands.banner()
        self._say_received(name, out)
        return out or refuse(message, source)

    def _say_received(self, name: str, answers: list[Message]) -> None:
        if not name.startswith("MISSION_ITEM"):
            return
        for answer in answers:
            if answer.name == "MISSION_ACK" and answer.type == 0:
                text = self._ap.stack.plan_texts.get(answer.mission_type)
                if text:
                    self._ap.vehicle.say(text)
                if unused := UNUSED.get(answer.mission_type):
                    self._ap.vehicle.say(unused, WARNING)

    def _carry_out(self, call: ReceivedCommand, now: float) -> CommandReply:
        commands = self._ap.commands
        if not commands.answers_requests(call):
            reply = self.intervals.handle(call, now)
            if reply is not None:
                refused = reply.result == UNSUPPORTED and call.command == SET_MESSAGE_INTERVAL
                return CommandReply(FAILED) if refused else reply
        return commands.handle(call)

    def _select(self, seq: int) -> list[Message]:
        if not self._ap.commander.navigator.select(seq):
            return [m.STATUSTEXT(severity=4, text=f"Mission item {seq} cannot be made current")]
        current = self._ap.telemetry.make(MISSION_CURRENT)
        return [current] if current is not None else []

    def _set_mode(self, message: Message, source: Address) -> list[Message]:
        """The old SET_MODE message; ArduPilot acknowledges it under the message's own number."""
        ap = self._ap
        mode = ap.stack.mode_of(message.base_mode, float(message.custom_mode), 0.0)
        result = ap.commands.enter(mode, str(message.custom_mode))
        ack: Message = m.COMMAND_ACK(
            command=11 if ap.stack.first_item else 176,
            result=result,
            target_system=source.system,
            target_component=source.component,
        )
        return [ack]
