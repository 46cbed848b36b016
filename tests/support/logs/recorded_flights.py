"""Flight records made by the recorder or the chain writer, with random or simple frames."""

from __future__ import annotations

import asyncio
import json
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from controller.logs.record.chain import ChainWriter
from controller.logs.record.keys import load_key
from controller.logs.record.recorder import FlightRecorder
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.framer import Framer
from hil.sim.clock import VirtualClock, run_virtual

START_US = 1_779_000_000_000_000


def write_chained_flight(
    folder: Path, keys: Path, *, seconds: int = 30, close: bool = True, flight: str = "first"
) -> ChainWriter:
    """Write a flight with random content and a checkpoint each second, signed every ten seconds."""
    folder.mkdir(parents=True)
    rng = random.Random(flight)
    chain = ChainWriter(folder, flight=flight, key=load_key(keys), keys_folder=keys, utc_us=START_US)
    with (folder / "frames.tlog").open("wb") as frames, (folder / "events.jsonl").open("wb") as events:
        for second in range(1, seconds + 1):
            for _ in range(3):
                data = rng.randbytes(rng.randrange(20, 60))
                frames.write(data)
                chain.add_bytes("frames.tlog", data, frames=1)
            if second % 7 == 0:
                line = json.dumps({"event": "mode", "second": second}).encode() + b"\n"
                events.write(line)
                chain.add_bytes("events.jsonl", line)
            frames.flush(), events.flush()
            chain.checkpoint(START_US + second * 1_000_000, sign=second % 10 == 0)
            if second == 4:
                (folder / "mission.plan").write_text('{"fileType": "Plan"}')
                chain.add_file("mission.plan", b'{"fileType": "Plan"}')
    if close:
        chain.close(START_US + seconds * 1_000_000)
    else:
        chain.close_unsigned()
    return chain


def record_flight(folder: Path, keys: Path) -> Path:
    """Record a small flight with frames, events, plan and parameters; return its folder."""

    async def fly() -> Path:
        recorder = FlightRecorder.start(
            folder, vehicle="quad", clock=VirtualClock(), keys=keys, durable=False, sync_s=0.5, sign_s=2.0
        )
        encoder, framer, link = Encoder(address(1, 1)), Framer(), SimpleNamespace(name="radio")
        recorder.mission('{"fileType": "Plan"}')
        for step in range(60):
            packed = encoder.pack(m.ATTITUDE(time_boot_ms=step * 100, roll=step / 60))
            recorder.frames(framer.feed(packed), [link], step % 9 == 0)
            if step % 10 == 0:
                recorder.event("note", step=step)
            await asyncio.sleep(0.1)
        recorder.params({"RTL_ALT": 15.0})
        recorder.params({"RTL_ALT": 16.0})
        return recorder.close(outcome="completed").folder

    return run_virtual(fly())


class NamedLink:
    """A link of which only the name matters."""

    name = "test"


LINKS = (NamedLink(),)


def attitude_frames(count: int) -> list[Frame]:
    """Return `count` ATTITUDE frames of vehicle 1/1."""
    encoder = Encoder(address(1, 1))
    return Framer().feed(
        b"".join(encoder.pack(m.ATTITUDE(time_boot_ms=i, roll=0.5)) for i in range(1, count + 1))
    )


def recorded_events(folder: Path) -> list[dict[str, Any]]:
    """Return the events of a flight folder."""
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


def recorded_problems(folder: Path) -> list[str]:
    """Return the problems that the recorder noted in its events."""
    return [event["problem"] for event in recorded_events(folder) if event["kind"] == "record"]
