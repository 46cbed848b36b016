"""MAVLink services of the box, an on-board controller for any ground station.

* HEARTBEAT every second; state as NAMED_VALUE_INT every five seconds.
* Head of the record every ten seconds, which the laptop's record then holds as evidence: V2_EXTENSION of type
  RECORD_HEAD with MAGIC, number and digest of the newest block.
* Parameter service.
* Commands LOGGING_START, LOGGING_STOP, USER_1 (param1: 1 lock, 0 unlock), USER_2 (param1 = 1: the laptop's next key)
  and PREFLIGHT_REBOOT_SHUTDOWN (param2 = 1).

All frames go to the laptop; the box sends none of its own to the aircraft.
"""

import struct

from firmware.core.compat import Any
from firmware.core.ticks import clamp_past, diff
from firmware.mavlite.frame import View
from firmware.mavlite.hot import copy
from firmware.mavlite.pack import Packer
from firmware.roles.bridge import BoxComponent, Bridge
from firmware.roles.command_sender import NOTICE
from firmware.roles.ftp import FILE_TRANSFER_PROTOCOL, FileServer
from firmware.roles.recorder import MAGIC

HEARTBEAT = 0
PARAM_REQUEST_READ = 20
PARAM_REQUEST_LIST = 21
PARAM_VALUE = 22
PARAM_SET = 23
COMMAND_INT = 75
COMMAND_LONG = 76
COMMAND_ACK = 77
V2_EXTENSION = 248
NAMED_VALUE_INT = 252
RECORD_HEAD = 0xB0C5  # above 32767: not assigned to others

CMD_REBOOT = 246
CMD_LOGGING_START = 2510
CMD_LOGGING_STOP = 2511
CMD_USER_1 = 31010
CMD_USER_2 = 31011

ACCEPTED, DENIED, UNSUPPORTED, FAILED = 0, 2, 3, 4

_TYPE_ONBOARD_CONTROLLER = 18
_AUTOPILOT_INVALID = 8
_STATE_ACTIVE, _STATE_CRITICAL = 4, 5
_REAL32 = 9
HEARTBEAT_MS = 1000
STATUS_MS = 5000
HEAD_MS = 10_000


class Controls:
    """Parameters, status values and commands of the box.

    `params` holds (name of at most 16 characters, read() -> number, write(number) -> bool), `status` (name of at most
    10 characters, read()).
    """

    def __init__(self) -> None:
        self.params: list[tuple[str, Any, Any]] = []
        self.status: list[tuple[str, Any]] = []
        self.commands: dict[int, Any] = {}  # number -> f(param1, param2) -> MAV_RESULT
        self.is_critical: Any = None
        self.recorder: Any = None


class BoxServices(BoxComponent):
    def __init__(self, packer: Packer, controls: Controls) -> None:
        BoxComponent.__init__(self, packer)
        self.controls = controls
        self._payload = bytearray(64)
        self._heartbeat_ms = 0
        self._status_ms = 0
        self._head_ms = 0
        self._started = False
        self.files: FileServer | None = None
        self._listing = -1  # next parameter of a PARAM_REQUEST_LIST, -1: none

    def receive(self, view: View, bridge: Bridge) -> None:
        msg_id = view.msg_id
        if msg_id == PARAM_REQUEST_LIST:
            self._listing = 0
        elif msg_id == PARAM_REQUEST_READ:
            self._read(self._copied(view), bridge)
        elif msg_id == PARAM_SET:
            self._set(self._copied(view), bridge)
        elif (msg_id == COMMAND_LONG or msg_id == COMMAND_INT) and view.u8(30) == self.packer.system:
            # Command and target have the same offsets in both messages, and no command of the box has a position.
            self._command(self._copied(view), view, bridge)
        elif msg_id == FILE_TRANSFER_PROTOCOL and self.files:
            self.files.receive(view)

    def _copied(self, view: View) -> bytearray:
        """Return the payload with its truncated zeros restored."""
        payload = self._payload
        count = min(view.payload_length(), len(payload))
        copy(payload, 0, view.buf, view.at + view.head, count)
        for i in range(count, len(payload)):
            payload[i] = 0
        return payload

    def _index(self, name: bytes) -> int:
        text = name.split(b"\0")[0]
        for i, param in enumerate(self.controls.params):
            if param[0].encode() == text:
                return i
        return -1

    def _value(self, i: int, bridge: Bridge) -> None:
        params = self.controls.params
        name, read, _ = params[i]
        bridge.to_laptop(
            self.packer.pack(PARAM_VALUE, "<fHH16sB", float(read()), len(params), i, name.encode(), _REAL32)
        )

    def _read(self, payload: bytearray, bridge: Bridge) -> None:
        i = struct.unpack_from("<h", payload, 0)[0]
        if i < 0:
            i = self._index(bytes(payload[4:20]))
        if 0 <= i < len(self.controls.params) and payload[2] == self.packer.system:
            self._value(i, bridge)

    def _set(self, payload: bytearray, bridge: Bridge) -> None:
        i = self._index(bytes(payload[6:22]))
        if i < 0 or payload[4] != self.packer.system:
            return
        value = struct.unpack_from("<f", payload, 0)[0]
        # NaN is refused; the reply carries the old value, as the service requires.
        if value == value and abs(value) < 1e9 and not self.controls.params[i][2](value):
            bridge.send_text(NOTICE, self.controls.params[i][0] + " not changed")
        self._value(i, bridge)

    def _command(self, payload: bytearray, view: View, bridge: Bridge) -> None:
        command = payload[28] | payload[29] << 8
        system, component = view.system, view.component
        action = self.controls.commands.get(command)
        result = UNSUPPORTED
        if action:
            param1, param2 = struct.unpack_from("<ff", payload, 0)
            result = action(param1, param2)
        bridge.to_laptop(self.packer.pack(COMMAND_ACK, "<HBBiBB", command, result, 0, 0, system, component))

    def tick(self, bridge: Bridge, now_ms: int) -> None:
        if not self._started:
            self._started = True
            self._heartbeat_ms = self._status_ms = self._head_ms = now_ms - HEARTBEAT_MS
        if diff(now_ms, self._heartbeat_ms) >= HEARTBEAT_MS:
            self._heartbeat_ms = now_ms
            critical = self.controls.is_critical and self.controls.is_critical()
            state = _STATE_CRITICAL if critical else _STATE_ACTIVE
            bridge.to_laptop(
                self.packer.pack(
                    HEARTBEAT, "<IBBBBB", 0, _TYPE_ONBOARD_CONTROLLER, _AUTOPILOT_INVALID, 0, state, 3
                )
            )
        if diff(now_ms, self._status_ms) >= STATUS_MS:
            self._status_ms = now_ms
            for name, read in self.controls.status:
                value = read()
                value = value & 0x3FFFFFFF if value >= 0 else value
                bridge.to_laptop(self.packer.pack(NAMED_VALUE_INT, "<Ii10s", now_ms, value, name.encode()))
        recorder = self.controls.recorder
        self._head_ms = clamp_past(self._head_ms, now_ms, HEAD_MS)
        if recorder and diff(now_ms, self._head_ms) >= HEAD_MS and recorder.head() >= 0:
            self._head_ms = now_ms
            bridge.to_laptop(
                self.packer.pack(
                    V2_EXTENSION, "<HBBB4sI32s", RECORD_HEAD, 0, 0, 0, MAGIC, recorder.head(), recorder.digest
                )
            )
        # One parameter a turn, and only into a queue with room: a list never displaces other frames.
        if self._listing >= 0 and bridge.laptop.shaper.queues[2].used < 400:
            if self._listing < len(self.controls.params):
                self._value(self._listing, bridge)
                self._listing += 1
            else:
                self._listing = -1
        if self.files:
            self.files.tick(bridge, now_ms)
