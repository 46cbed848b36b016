"""Recordings of real autopilots in `tests/data/real`: frames with their times, and a peer that replays them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from controller.link.base import Link
from controller.wire.address import address
from controller.wire.frame import Frame
from controller.wire.framer import Framer

GROUND = 255  # system id of the ground station that recorded


def real_frames(path: Path) -> Iterator[tuple[float, bytes]]:
    """Yield (seconds since the first frame, raw frame) of both directions, in the order of the file."""
    data = path.read_bytes()
    at, start_us = 0, int.from_bytes(data[:8], "big")
    while at + 10 < len(data):
        body = at + 8
        old = data[body] == 0xFE
        end = body + data[body + 1] + (8 if old else 12 + 13 * (data[body + 2] & 1))
        yield (int.from_bytes(data[at:body], "big") - start_us) / 1e6, data[body:end]
        at = end


def real_messages(path: Path) -> Iterator[tuple[float, Frame, Any]]:
    """Yield (seconds, frame, message) of the known messages of both directions."""
    framer = Framer()
    for at_s, raw in real_frames(path):
        for frame in framer.feed(raw):
            if frame.known:
                yield at_s, frame, frame.message()


def aircraft_of(path: Path) -> int:
    """Return the system id of the aircraft."""
    return next(int(frame.system) for _, frame, _ in real_messages(path) if frame.system != GROUND)


async def replay(path: Path, link: Link) -> None:
    """Send the aircraft's frames at their times, whatever is received; then keep silent."""
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    aircraft = address(aircraft_of(path), 1)
    framer = Framer()
    for at_s, raw in real_frames(path):
        if any(frame.source.system == aircraft.system for frame in framer.feed(raw)):
            await asyncio.sleep(max(0.0, began_s + at_s - loop.time()))
            await link.write(raw)
