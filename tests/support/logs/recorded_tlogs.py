"""Messages of telemetry logs from real autopilots, as (seconds, source, message), both directions in order."""

from __future__ import annotations

import struct
from functools import lru_cache
from pathlib import Path

from controller.wire.address import Address
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
