"""A whole box under CPython: memory for ports, a card that can fail, and time that the test lets pass."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

from controller.protocol.statustext import StatusTextAssembler
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from controller.wire.message import Message
from firmware.box import Box, Port
from firmware.config import parse, rate_bytes_per_s
from firmware.core.ticks import MASK
from firmware.roles.recorder import BLOCK, Store

AIRCRAFT = address(1, 1)
STATION = address(255, 190)
BOX = address(254, 191)
UTC_US = 1_790_000_000_000_000


class MemoryPort(Port):
    """A wire of `rate` bytes a second (0: without limit), with a hardware buffer of `fifo` bytes each way."""

    def __init__(self, *, rate_bytes_per_s: int = 0, fifo: int = 8192) -> None:
        self.incoming: deque[int] = deque()
        self.sent = bytearray()
        self.sent_at: list[tuple[int, int]] = []  # (milliseconds, bytes so far) of each write
        self.fifo = fifo
        self.lost_bytes = 0
        self.gone = False
        self.raises: Exception | None = None
        self.rate = rate_bytes_per_s
        self._in_fifo = 0.0  # bytes not yet on the wire
        self._now_ms = 0

    def feed(self, data: bytes) -> None:
        room = max(0, self.fifo - len(self.incoming))
        self.incoming.extend(data[:room])
        self.lost_bytes += max(0, len(data) - room)

    def readinto(self, chunk: bytearray) -> int:
        if self.raises:
            raise self.raises
        if self.gone:
            return 0
        count = min(len(chunk), len(self.incoming))
        for i in range(count):
            chunk[i] = self.incoming.popleft()
        return count

    def write(self, data: bytearray, at: int, count: int) -> int:
        if self.gone:
            return 0
        if self.rate:
            count = min(count, int(self.fifo - self._in_fifo))
            self._in_fifo += count
        self.sent += data[at : at + count]
        self.sent_at.append(
            (self._now_ms + int(self._in_fifo * 1000 / self.rate if self.rate else 0), len(self.sent))
        )
        return count

    def tick(self, now_ms: int) -> None:
        self._in_fifo = max(0.0, self._in_fifo - self.rate * ((now_ms - self._now_ms) & MASK) / 1000)
        self._now_ms = now_ms


class MemoryCard(Store):
    """A card in memory.

    `cut_after` bytes the power goes; `error` is what every access raises; `stall_ms` is what a write takes.
    """

    def __init__(self, blocks: int = 16) -> None:
        self.blocks = blocks
        self.data = bytearray(blocks * BLOCK)
        self.cut_after: int | None = None
        self.error: OSError | None = None
        self.stall_ms = 0
        self.stalled_ms = 0

    def write(self, at: int, buf: bytearray, start: int, count: int) -> None:
        if self.error:
            raise self.error
        self.stalled_ms += self.stall_ms
        if self.cut_after is not None:
            count = min(count, self.cut_after)
            self.cut_after -= count
        self.data[at : at + count] = buf[start : start + count]

    def read(self, at: int, buf: bytearray) -> None:
        if self.error:
            raise self.error
        buf[:] = self.data[at : at + len(buf)]

    def sync(self) -> None:
        if self.error:
            raise self.error


def config(**changes: Any) -> dict[str, Any]:
    """A configuration with two radios and no budgets; `changes` as in the file."""
    port = {"port": "memory", "rate_bytes_per_s": 0}
    given = {"version": 1, "laptop": port, "radios": [port, port], **changes}
    return parse(json.dumps(given))


class Rig:
    """A box, what hangs on it, and the people at both ends."""

    def __init__(self, *, card: MemoryCard | None = None, start_ms: int = 0, **changes: Any) -> None:
        self.config = config(**changes)
        ports = [self.config["laptop"], *self.config["radios"]]
        self.ports = [MemoryPort(rate_bytes_per_s=rate_bytes_per_s(port)) for port in ports]
        self.laptop, self.radios = self.ports[0], self.ports[1:]
        self.now_ms = start_ms
        self.card = card
        self.box = Box(self.config, list(self.ports), self._now_us(), card)
        self.box.clock.set(UTC_US)
        self.bridge = self.box.bridge
        self.pressed = False
        self.confirmed = False
        self.aircraft = Encoder(AIRCRAFT)
        self.station = Encoder(STATION)
        self._framers = [Framer() for _ in self.ports]
        self._taken = [0 for _ in self.ports]

    def _now_us(self) -> int:
        return (self.now_ms * 1000) & MASK

    def turn(self, passed_ms: int = 1) -> int:
        self.now_ms = (self.now_ms + passed_ms) & MASK
        if self.card:
            passed, self.card.stalled_ms = self.card.stalled_ms, 0
            self.now_ms = (self.now_ms + passed) & MASK
        self.box.press(self.pressed, self.confirmed, self.now_ms)
        return self.box.turn(self.now_ms, self._now_us())

    def let_pass(self, *, days: int) -> None:
        """Days in which nothing happens, in turns of an hour."""
        for _ in range(days * 24):
            self.turn(3_600_000)

    def run(self, ms: int, step_ms: int = 10) -> None:
        """Let time pass in turns of `step_ms`."""
        for _ in range(max(1, ms // step_ms)):
            self.turn(step_ms)

    def down(self, *messages: Message, radio: int = 0) -> bytes:
        data = b"".join(self.aircraft.pack(message) for message in messages)
        self.radios[radio].feed(data)
        return data

    def up(self, *messages: Message) -> bytes:
        data = b"".join(self.station.pack(message) for message in messages)
        self.laptop.feed(data)
        return data

    def heard(self, port: MemoryPort) -> list[Frame]:
        """Frames sent out of a port since the last question."""
        i = self.ports.index(port)
        data = bytes(port.sent[self._taken[i] :])
        self._taken[i] = len(port.sent)
        return self._framers[i].feed(data)

    def names(self, port: MemoryPort, *, own: bool = False) -> list[str]:
        """Names of the frames sent out of a port since the last question, without the box's own unless asked."""
        return [frame.name for frame in self.heard(port) if own or frame.source != BOX]

    def texts(self) -> list[str]:
        """What the box has said to the laptop since the last question, in whole texts."""
        texts = StatusTextAssembler()
        for frame in self.heard(self.laptop):
            if frame.source == BOX and frame.msg_id == 253:
                texts.receive(frame.message(), frame.source, 0.0)
        return [text.text for text in texts.texts()]


def heartbeat(*, armed: bool = True) -> Message:
    """An aircraft's."""
    return m.HEARTBEAT(
        type=2, autopilot=3, base_mode=0x81 if armed else 0x01, system_status=4, mavlink_version=3
    )


def station_heartbeat() -> Message:
    return m.HEARTBEAT(type=6, autopilot=8, system_status=4, mavlink_version=3)
