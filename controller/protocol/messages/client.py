"""Client for message requests: a single message, or a message at an interval.

Single: MAV_CMD_REQUEST_MESSAGE; the message itself is the answer, before, after or without the ACK. Interval:
MAV_CMD_SET_MESSAGE_INTERVAL, or the old REQUEST_DATA_STREAM for autopilots without that command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller.errors import LinkError, UserError
from controller.protocol.command.client import (
    ACCEPTED,
    IN_PROGRESS,
    TEMPORARILY_REJECTED,
    UNSUPPORTED,
    CommandRefused,
    CommandRequest,
    CommandResult,
)
from controller.protocol.state_machine import Failed, StateMachine
from controller.protocol.timing import DEFAULT_TIMING, Timing
from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.address import GROUND_STATION, Address
from controller.wire.enums import MAV_CMD
from controller.wire.message import Message

REQUEST_MESSAGE = int(MAV_CMD.REQUEST_MESSAGE)
SET_MESSAGE_INTERVAL = int(MAV_CMD.SET_MESSAGE_INTERVAL)
GET_MESSAGE_INTERVAL = int(MAV_CMD.GET_MESSAGE_INTERVAL)
OFF = -1.0  # interval that stops a message
DEFAULT_RATE = 0.0  # interval that restores the default


class MessageRequest(StateMachine[Message]):
    """Requests one message. Ends with the message, CommandRefused, or LinkError.

    `params` are parameters 2 to 6 of the request (an index, an instance). `accept(message)` may reject messages of the
    right type that answer another request. The request is repeated if the aircraft accepts it and sends nothing, or is
    busy (TEMPORARILY_REJECTED); a repeat is harmless.
    """

    def __init__(
        self,
        target: Address,
        msg_id: int,
        params: tuple[float, ...] = (),
        *,
        accept: Callable[[Message], bool] = lambda message: True,  # noqa: ARG005
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        if len(params) > 5:
            raise UserError(
                f"invalid REQUEST_MESSAGE: {len(params)} parameters; it has five besides the message number"
            )
        self.target = target
        self.msg_id = msg_id
        self._params = params
        self._accept = accept
        self._own_address = own_address
        self._timing = timing
        self._tries = 0
        self._accepted = False
        self._busy = False

    @property
    def _name(self) -> str:
        kind = dialect.by_id(self.msg_id)
        return kind.name if kind else f"message {self.msg_id}"

    def start(self, now: float) -> list[Message]:
        return self._ask(now)

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        if self.outcome is not None or source.system != self.target.system:
            return []
        if self.target.component not in (0, source.component):
            return []
        if message.msg_id == self.msg_id:
            return self.finish(message) if self._accept(message) else []
        if message.name != "COMMAND_ACK" or message.command != REQUEST_MESSAGE:
            return []
        # The ACK does not name the message: with several requests in flight a refusal may answer another one. It counts
        # only if it is addressed to us, and only if this request has not been accepted.
        if message.target_system not in (0, self._own_address.system) or self._accepted:
            return []
        if message.target_component not in (0, self._own_address.component):
            return []
        if message.result in (ACCEPTED, IN_PROGRESS):
            self._accepted = True
        elif message.result == TEMPORARILY_REJECTED:
            self._busy = True
        else:
            refusal = CommandRefused(
                REQUEST_MESSAGE, message.result, message.result_param2, self.target, of=self._name
            )
            return self.fail(refusal)
        return []

    def tick(self, now: float) -> list[Message]:
        if self.outcome is not None or self.deadline is None or now < self.deadline:
            return []
        self._tries += 1
        if self._tries <= self._timing.request.retries:
            self._accepted = False
            return self._ask(now)
        if self._busy:
            return self.fail(
                CommandRefused(REQUEST_MESSAGE, TEMPORARILY_REJECTED, 0, self.target, of=self._name)
            )
        how = "accepted the request and did not send it" if self._accepted else "did not answer"
        return self.fail(
            LinkError(
                f"cannot get {self._name}: {self.target} {how}, {self._tries} tries", hint="check the link"
            )
        )

    def _ask(self, now: float) -> list[Message]:
        self.deadline = now + self._timing.request.timeout_s
        others = {f"param{i + 2}": float(value) for i, value in enumerate(self._params)}
        request: Message = m.COMMAND_LONG(
            command=REQUEST_MESSAGE,
            param1=float(self.msg_id),
            target_system=self.target.system,
            target_component=self.target.component,
            **others,
        )
        return [request]


# Messages of each old data stream in ArduPilot (GCS_MAVLink streams), by MAV_DATA_STREAM number.
DATA_STREAMS: Mapping[int, tuple[str, ...]] = {
    1: ("RAW_IMU", "SCALED_IMU2", "SCALED_IMU3", "SCALED_PRESSURE", "SCALED_PRESSURE2", "SCALED_PRESSURE3"),
    2: (
        "SYS_STATUS",
        "POWER_STATUS",
        "MEMINFO",
        "MISSION_CURRENT",
        "GPS_RAW_INT",
        "GPS_RTK",
        "GPS2_RAW",
        "GPS2_RTK",
        "NAV_CONTROLLER_OUTPUT",
        "FENCE_STATUS",
        "POSITION_TARGET_GLOBAL_INT",
    ),
    3: ("SERVO_OUTPUT_RAW", "RC_CHANNELS", "RC_CHANNELS_RAW"),
    6: ("GLOBAL_POSITION_INT", "LOCAL_POSITION_NED"),
    10: ("ATTITUDE", "SIMSTATE", "AHRS2", "PID_TUNING"),
    11: ("VFR_HUD",),
    12: (
        "AHRS",
        "SYSTEM_TIME",
        "WIND",
        "RANGEFINDER",
        "DISTANCE_SENSOR",
        "TERRAIN_REPORT",
        "BATTERY_STATUS",
        "GIMBAL_DEVICE_ATTITUDE_STATUS",
        "OPTICAL_FLOW",
        "EKF_STATUS_REPORT",
        "VIBRATION",
    ),
}


def data_stream_of(message_name: str) -> int | None:
    """Return the number of the old data stream that carries this message, or None."""
    return next((stream for stream, names in DATA_STREAMS.items() if message_name in names), None)


class SetMessageInterval(StateMachine[CommandResult]):
    """Sets the interval of a message in microseconds: `interval_us`, OFF (-1) or DEFAULT_RATE (0).

    If the aircraft does not support the command, the old data stream with the message is requested instead. It has no
    acknowledgement, so the machine then ends at once with the result UNSUPPORTED. Otherwise it ends like
    CommandRequest.
    """

    def __init__(
        self,
        target: Address,
        msg_id: int,
        interval_us: float,
        *,
        own_address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
    ) -> None:
        super().__init__()
        self.target = target
        self.msg_id = msg_id
        self.interval_us = interval_us
        params = (float(msg_id), float(interval_us))
        self._request = CommandRequest(
            target, SET_MESSAGE_INTERVAL, params, own_address=own_address, timing=timing
        )

    def start(self, now: float) -> list[Message]:
        return self._after(self._request.start(now))

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:
        return [] if self.outcome is not None else self._after(self._request.receive(message, source, now))

    def tick(self, now: float) -> list[Message]:
        return [] if self.outcome is not None else self._after(self._request.tick(now))

    def _after(self, messages: list[Message]) -> list[Message]:
        ended = self._request.outcome
        self.deadline = self._request.deadline
        if isinstance(ended, Failed):
            kind = dialect.by_id(self.msg_id)
            stream = data_stream_of(kind.name) if kind else None
            unknown = isinstance(ended.error, CommandRefused) and ended.error.result == UNSUPPORTED
            if not unknown or stream is None:
                self.fail(ended.error)
                return messages
            self.finish(CommandResult(UNSUPPORTED))
            return [*messages, request_data_stream(self.target, stream, self.interval_us)]
        if ended is not None:
            self.finish(ended.value)
        return messages


def request_data_stream(target: Address, stream: int, interval_us: float) -> Message:
    """Return the old REQUEST_DATA_STREAM: `stream` is MAV_DATA_STREAM, 0 for all."""
    rate_hz = round(1e6 / interval_us) if interval_us > 0 else 0
    message: Message = m.REQUEST_DATA_STREAM(
        req_stream_id=stream,
        req_message_rate=max(1, min(rate_hz, 0xFFFF)) if interval_us > 0 else 0,
        start_stop=int(interval_us >= 0),
        target_system=target.system,
        target_component=target.component,
    )
    return message
