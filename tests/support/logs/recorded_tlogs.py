"""Messages of telemetry logs from real autopilots, as (seconds, source, message), both directions in order."""

from __future__ import annotations

import math
import struct
from functools import lru_cache
from pathlib import Path

from controller.wire import messages as m
from controller.wire.address import Address, address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from controller.wire.message import Message

Record = tuple[float, Address, Message]


@lru_cache(maxsize=4)
def records(path: Path, prefixes: tuple[str, ...]) -> list[Record]:
    """Return all messages whose names begin with one of `prefixes`."""
    data = path.read_bytes()
    framer = Framer()
    found: list[Record] = []
    at = 0
    start_us: int | None = None
    while at < len(data):
        (time_us,) = struct.unpack_from(">Q", data, at)
        start_us = time_us if start_us is None else start_us
        at += 8
        overhead = 8 if data[at] != 0xFD else 25 if data[at + 2] & 1 else 12
        end = at + overhead + data[at + 1]
        for frame in framer.feed(data[at:end]):
            if frame.name.startswith(prefixes):
                found.append(((time_us - start_us) / 1e6, frame.source, frame.message()))
        at = end
    return found


def write_circle(path: Path, *, seconds: int, start_us: int = 1_779_000_000_000_000) -> None:
    """Write the log of a copter that flies a circle of 50 m at 20 m, armed all the time, with one warning."""
    encoder = Encoder(address(1, 1))
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:

        def add(at_s: float, message: Message) -> None:
            file.write(struct.pack(">Q", start_us + round(at_s * 1e6)) + encoder.pack(message))

        for second in range(seconds):
            add(second, m.HEARTBEAT(type=2, autopilot=3, base_mode=217, custom_mode=5, system_status=4))
            if second == 5:
                add(second, m.STATUSTEXT(severity=4, text="PreArm: Compass not healthy"))
            for part in range(5):
                at_s = second + part / 5
                angle = at_s / 10
                boot_ms = 100_000 + round(at_s * 1000)
                add(
                    at_s,
                    m.ATTITUDE(
                        time_boot_ms=boot_ms, roll=0.2 * math.sin(angle), yaw=math.remainder(angle, math.tau)
                    ),
                )
                place = m.GLOBAL_POSITION_INT(
                    time_boot_ms=boot_ms,
                    lat=473_977_420 + round(4500 * math.sin(angle)),
                    lon=85_455_940 + round(6600 * math.cos(angle)),
                    alt=508_000,
                    relative_alt=20_000,
                )
                add(at_s + 0.01, place)
