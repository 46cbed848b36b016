"""Emulated board with PX4 in HITL: silent until it gets a heartbeat, one port for simulator and ground.

It keeps its own clock (this one counts samples, as a board that gets them regularly does), shows HIL mode in its
heartbeat, and denies a mode change that would leave it.
"""

from __future__ import annotations

from controller.wire import messages as m
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message
from hil.autopilot.services.link_services import LinkServices
from hil.bridges.px4.hitl import HIL_ENABLED
from hil.bridges.px4.peer import Px4Peer
from hil.geodesy import Home

SIMULATED = ("HIL_SENSOR", "HIL_GPS")
DENIED = 2


class Px4Board(Px4Peer):
    """Emulated board; `hitl` False is a board with SYS_HITL 0."""

    def __init__(self, home: Home, *, hitl: bool = True) -> None:
        super().__init__(home, lockstep=False)
        self._hil_bit = HIL_ENABLED if hitl else 0
        self._port = LinkServices(self.emulator.autopilot)
        self._wire, self._frames = Encoder(self._port.address), Framer()
        self._awake = False
        self.denied = 0

    def start(self, now: float) -> bytes:  # noqa: ARG002
        """Send nothing: the board waits for a heartbeat."""
        return b""

    def tick(self, now: float) -> bytes:
        """Send the heartbeat while no sensor data steps the autopilot."""
        self.deadline = now + 1.0
        return self._pack([m.HEARTBEAT(type=2, autopilot=12, base_mode=self._hil_bit, mavlink_version=3)])

    def feed(self, data: bytes, now: float) -> bytes:
        out = b""
        for frame in self._frames.feed(data):
            if not frame.known:
                continue
            message = frame.message()
            if not self._awake:
                self._awake = True
                out += self._pack(self._port.start(0.0)) + self.tick(now)
            if frame.name in SIMULATED:
                out += super().feed(frame.raw, now)
            elif self._leaves_hil(message):
                self.denied += 1
            else:
                out += self._pack(self._port.receive(message, frame.source, self.emulator.time_s))
        if self.emulator.steps_waiting:
            _, broadcast = self.emulator.take_steps()
            out += self._pack([*broadcast, *self._port.step(self.emulator.time_s)])
        return out

    def _leaves_hil(self, message: Message) -> bool:
        mode = (
            message.base_mode
            if message.name == "SET_MODE"
            else int(message.param1)
            if message.name == "COMMAND_LONG" and message.command == 176
            else HIL_ENABLED
        )
        return not mode & HIL_ENABLED

    def _pack(self, messages: list[Message]) -> bytes:
        return b"".join(
            [
                self._wire.pack(
                    one.replace(base_mode=one.base_mode | self._hil_bit) if one.name == "HEARTBEAT" else one
                )
                for one in messages
            ]
        )
