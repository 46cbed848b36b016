"""Ground box in this process: the firmware's own files under CPython, between links, on any clock.

The firmware's loop runs as soon as bytes arrive, and otherwise every few milliseconds as on a board.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from controller.clock import Clock
from controller.link.base import Link
from controller.link.memory import memory_pair
from controller.link.url import Impairment
from firmware.box import Box, Port
from firmware.config import parse
from firmware.core.blockfile import BlockFile
from firmware.core.ticks import MASK
from firmware.roles.recorder import BLOCK

# Default between aircraft and box of a simulated flight: a telemetry radio with a good link.
RADIO = Impairment(loss=0.005, delay_ms=20.0, jitter_ms=5.0)
RECORD = "box.blocks"
BLOCKS = 4096  # 16 MB: over an hour at 57,600 baud
TURN_S = 0.02


class _LinkPort(Port):
    """Port of the box on a link."""

    def __init__(self, link: Link) -> None:
        self.link = link
        self.plugged = True
        self._arrived = bytearray()

    def arrive(self, data: bytes) -> None:
        if self.plugged:
            self._arrived += data

    def readinto(self, chunk: bytearray) -> int:
        count = min(len(chunk), len(self._arrived))
        chunk[:count] = self._arrived[:count]
        del self._arrived[:count]
        return count

    def write(self, data: bytearray, at: int, count: int) -> int:
        if not self.plugged:
            return count  # discarded, as by a USB port that is not open
        return count if self.link.write_now(bytes(data[at : at + count])) else 0

    @property
    def waiting(self) -> bool:
        return bool(self._arrived)


def box_config(*, radios: int = 1, record: str = "", **changes: Any) -> dict[str, Any]:
    """Return a configuration with memory ports; `changes` are keys of its file, `record` the path of its record."""
    recorder = {"path": record, "blocks": BLOCKS} if record else {}
    given = {
        "version": 1,
        "laptop": {"port": "memory", "rate_bytes_per_s": 0},
        "radios": [{"port": "memory"}] * radios,
        "recorder": recorder,
    }
    return parse(json.dumps(given | changes))


class InProcessBox:
    """Ground box with laptop and radios on links; `config` is the firmware's.

    `box` is the firmware's own object; `ground` is the laptop's end of the cable, if made by `bench_box`.
    """

    ground: Link

    def __init__(self, config: dict[str, Any], laptop: Link, *radios: Link, clock: Clock) -> None:
        self._clock = clock
        self._ports = [_LinkPort(link) for link in (laptop, *radios)]
        recorder = config["recorder"]
        self._store = BlockFile(recorder["path"], recorder["blocks"]) if recorder["path"] else None
        self.box = Box(config, list(self._ports), self._now_us(), self._store)
        self.box.clock.set(clock.utc_us())
        self._stop_pressed = False

    def pull_cable(self) -> None:
        """Disconnect the laptop in both directions until `plug_in`."""
        self._ports[0].plugged = False

    def plug_in(self) -> None:
        """Connect the laptop again."""
        self._ports[0].plugged = True

    async def press_stop(self, held_s: float = 2.0) -> None:
        """Press the emergency stop for `held_s` seconds."""
        self._stop_pressed = True
        await asyncio.sleep(held_s)
        self._stop_pressed = False

    async def run(self) -> None:
        """Serve until cancelled, then write the buffered data to the record."""
        readers = [asyncio.ensure_future(self._read(port)) for port in self._ports]
        try:
            while True:
                self._turn()
                await asyncio.sleep(TURN_S)
        finally:
            for reader in readers:
                reader.cancel()
            self._finish()

    async def _read(self, port: _LinkPort) -> None:
        while data := await port.link.read():
            port.arrive(data)
            self._turn()

    def _turn(self) -> None:
        now_s = self._clock.now()
        self.box.press(self._stop_pressed, False, int(now_s * 1000) & MASK)
        while True:
            self.box.turn(int(now_s * 1000) & MASK, self._now_us())
            if not any(port.waiting for port in self._ports):
                return

    def _now_us(self) -> int:
        return int(self._clock.now() * 1e6) & MASK

    def _finish(self) -> None:
        recorder = self.box.recorder
        if recorder is None or self._store is None:
            return
        recorder.stop()
        while recorder.waiting():
            before = recorder.written, recorder.errors
            for _ in range(8):  # sectors of a block
                recorder.step(int(self._clock.now() * 1000) & MASK)
            if (recorder.written, recorder.errors) == before:
                break
        self._store.close()
        truncate_unused(Path(self._store.path))


def truncate_unused(record: Path) -> None:
    """Truncate a record that never wrapped around to the blocks written."""
    with contextlib.suppress(OSError):
        data = record.read_bytes()
        used = len(data.rstrip(b"\0"))
        os.truncate(record, -(-used // BLOCK) * BLOCK)


@asynccontextmanager
async def run_box(
    folder: Path, laptop: Link, *radios: Link, clock: Clock, **changes: Any
) -> AsyncIterator[InProcessBox]:
    """Run a box for a simulated flight with its record in `folder`; `changes` differ from the default configuration."""
    config = box_config(radios=len(radios), record=str(folder / RECORD), **changes)
    inside = InProcessBox(config, laptop, *radios, clock=clock)
    running = asyncio.ensure_future(inside.run())
    try:
        yield inside
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running


@asynccontextmanager
async def bench_box(
    folder: Path, antenna: Link, *, clock: Clock, **changes: Any
) -> AsyncIterator[InProcessBox]:
    """Run a box for a test between the radio's end `antenna` and a cable, whose other end is `ground`."""
    ground, laptop = memory_pair("ground", "box")
    async with run_box(folder, laptop, antenna, clock=clock, **changes) as inside:
        inside.ground = ground
        yield inside
