"""How late a frame gets through the ground box: `python -m benchmarks.box_latency`.

Through the firmware in MicroPython on pseudo-terminals, which carry bytes in no time, so that what is measured is the
box and the system under it; the time of the wire is worked out and added in a column of its own. And on the modelled
wire, what a command waits while a download keeps the up-link busy.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.measure import machine
from controller.clock import SystemClock
from controller.link.base import Link
from controller.link.open import open_link, policy_for
from controller.link.url import Impairment
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from hil.box.micropython import find_micropython, run_micropython, terminals
from tests.support.box.rig import Rig

FRAMES, EVERY_S = 1000, 0.02  # less than 57,600 baud carry, or it would be the queue that is measured
BAUDS = (57600, 921600)


async def through_the_box() -> dict[str, list[float]]:
    """Microseconds from the write of an ATTITUDE to its arrival at the other side, down and up."""
    clock = SystemClock()
    with tempfile.TemporaryDirectory(prefix="box-") as name:
        async with terminals(Path(name), radio=Impairment(), clock=clock) as ends:
            box = asyncio.ensure_future(
                run_micropython(find_micropython(), Path(name), Path(name) / "box.rec")
            )
            policy = policy_for([ends.serial_url])
            async with open_link(ends.serial_url, policy=policy, clock=clock) as ground:
                aircraft, station = Encoder(address(1, 1)), Encoder(address(255, 190))
                await _awake(ends.antenna, ground, aircraft, station)
                down = await _timed(ends.antenna, ground, aircraft)
                up = await _timed(ground, ends.antenna, station)
            box.cancel()
            await asyncio.gather(box, return_exceptions=True)
    return {"down": down, "up": up}


async def _awake(antenna: Link, ground: Link, aircraft: Encoder, station: Encoder) -> None:
    """Until the box passes frames both ways."""
    for source, encoder, sink in ((antenna, aircraft, ground), (ground, station, antenna)):
        waiting = asyncio.ensure_future(_wait_for(sink, encoder.source.system))
        while not waiting.done():
            await source.write(encoder.pack(m.HEARTBEAT(type=2, autopilot=3, base_mode=0)))
            await asyncio.wait({waiting}, timeout=0.2)


async def _wait_for(link: Link, system: int) -> None:
    framer = Framer()
    while not any(frame.source.system == system for frame in framer.feed(await link.read())):
        pass


async def _timed(source: Link, sink: Link, encoder: Encoder) -> list[float]:
    sent: dict[int, float] = {}
    took: list[float] = []

    async def hear() -> None:
        framer = Framer()
        while len(took) < FRAMES:
            data = await sink.read()
            now = time.perf_counter()
            took.extend(
                (now - sent[frame.message().time_boot_ms]) * 1e6
                for frame in framer.feed(data)
                if frame.name == "ATTITUDE" and frame.message().time_boot_ms in sent
            )

    hearing = asyncio.ensure_future(hear())
    for i in range(1, FRAMES + 1):
        sent[i] = time.perf_counter()
        await source.write(encoder.pack(m.ATTITUDE(time_boot_ms=i, roll=0.1, pitch=0.1, yaw=0.1)))
        await asyncio.sleep(EVERY_S)
    await asyncio.wait({hearing}, timeout=2.0)
    hearing.cancel()
    return took


def command_wait_ms(baud: int) -> list[int]:
    """Milliseconds from a command's arrival in the box to its last byte on the up-link, during a parameter download."""
    rig = Rig(radios=[{"port": "memory", "baud": baud}], queue_bytes=4096)
    command = m.COMMAND_LONG(command=400, target_system=1, target_component=1, param1=1)
    waits = []
    for i in range(3000):
        rig.up(*[m.PARAM_REQUEST_READ(target_system=1, param_id="ARMING_CHECK", param_index=-1)] * 3)
        rig.run(10, step_ms=1)
        if i % 7 == 0:
            asked_ms = rig.now_ms
            raw = rig.up(command)
            rig.run(150, step_ms=1)
            end = bytes(rig.radios[0].sent).rindex(raw) + len(raw)
            waits.append(next(at_ms for at_ms, sent in rig.radios[0].sent_at if sent >= end) - asked_ms)
            rig.radios[0].sent.clear()
            rig.radios[0].sent_at.clear()
            rig._taken[1] = 0
    return waits


def main() -> None:
    """Print the tables."""
    took = asyncio.run(through_the_box())
    frame_bytes = len(
        Encoder(address(1, 1)).pack(m.ATTITUDE(time_boot_ms=FRAMES, roll=0.1, pitch=0.1, yaw=0.1))
    )
    print(f"The ground box's latency; {machine()}\n")
    print("| ATTITUDE through the box in MicroPython | p50 | p99 | arrived |\n|---|---|---|---|")
    for way, times in took.items():
        p50, p99 = np.percentile(times, [50, 99])
        print(
            f"| {way}, box and system | {p50 / 1000:.2f} ms | {p99 / 1000:.2f} ms | {len(times)} of {FRAMES} |"
        )
        for baud in BAUDS:
            wire_ms = frame_bytes * 10 / baud * 1000
            both = f"{p50 / 1000 + wire_ms:.2f} ms | {p99 / 1000 + wire_ms:.2f} ms"
            print(f"| {way}, with {wire_ms:.2f} ms of a wire of {baud} baud | {both} | |")
    print("\n| a command during a parameter download, modelled wire | p50 | p99 | most |\n|---|---|---|---|")
    for baud in BAUDS:
        waits = command_wait_ms(baud)
        p50, p99 = np.percentile(waits, [50, 99])
        print(f"| up at {baud} baud | {p50:.0f} ms | {p99:.0f} ms | {max(waits)} ms |")


if __name__ == "__main__":
    main()
