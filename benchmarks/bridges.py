"""What does a bridge to a real autopilot cost: our side of a lockstep round trip, and how much faster than real time it can go.

There is no autopilot's binary here, so the far side is our own peer, in a process of its own, over loopback; it costs more
than the bridge does, and a real PX4 more still.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import subprocess
import sys
import time

from benchmarks.measure import machine
from controller.clock import SystemClock
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from hil.bridges.px4_feed import SensorFeed
from hil.bridges.px4_serve import serve_sitl
from hil.bridges.px4_sitl import Px4Sitl
from hil.bridges.world import World

ROUNDS = 20_000
REAL_S = 10.0


def turn_us() -> list[float]:
    """Microseconds from the outputs' bytes to the next sensors' bytes, 1 kHz physics of 4 ms between them."""
    world = World(speed=math.inf)
    make = world.plant_maker()
    machine_ = Px4Sitl(lambda: SensorFeed(make(), seed=0, epoch_utc_us=0), speed=math.inf, tell=print)
    machine_.start(0.0)
    source, framer, encoder = address(1, 1), Framer(), Encoder(address(1, 200))
    machine_.receive(m.HEARTBEAT(autopilot=12), source, 0.0)
    outputs = Encoder(source)
    sent = [
        outputs.pack(m.HIL_ACTUATOR_CONTROLS(time_usec=i, controls=(0.4,) * 16, mode=129, flags=1))
        for i in range(ROUNDS)
    ]
    machine_.receive(m.HIL_ACTUATOR_CONTROLS(mode=129, flags=1), source, 0.0)
    machine_.tick(0.0)
    took = []
    for data in sent:
        began = time.perf_counter()
        said = [
            encoder.pack(one)
            for frame in framer.feed(data)
            for one in machine_.receive(frame.message(), frame.source, 0.0)
        ]
        took.append((time.perf_counter() - began) * 1e6)
        assert said
    return took


async def against_peer() -> tuple[float, float]:
    """Times real time, and median microseconds of a whole round trip, over TCP with the peer in another process."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str] = loop.create_future()
    plants = []
    world = World(speed=math.inf)
    import hil.bridges.px4_serve as served

    class Watched(SensorFeed):
        def __init__(self, *args: object, **kw: object) -> None:
            super().__init__(*args, **kw)  # type: ignore[arg-type]
            plants.append(self.plant)

    served.SensorFeed = Watched  # type: ignore[misc]
    task = asyncio.ensure_future(
        serve_sitl(world, "tcpin:127.0.0.1:0", clock=SystemClock(), tell=print, on_ready=ready.set_result)
    )
    url = (await ready).replace("tcpin:", "tcp:")
    peer = subprocess.Popen([sys.executable, "-m", "hil.bridges.stand_in", url])
    while not plants or plants[-1].time_s < 5.0:
        await asyncio.sleep(0.2)
    began_s, began = plants[-1].time_s, time.perf_counter()
    await asyncio.sleep(REAL_S)
    simulated_s, real_s = plants[-1].time_s - began_s, time.perf_counter() - began
    peer.terminate()
    peer.wait()
    task.cancel()
    return simulated_s / real_s, real_s / (simulated_s * 250.0) * 1e6


def main() -> None:
    """Print a table."""
    took = turn_us()
    times, round_us = asyncio.run(against_peer())
    print(f"{machine()}; PX4's contract at 250 Hz, physics at 1 kHz\n")
    print("| what | figure |\n|---|---|")
    print(f"| outputs in to sensors out, our side, median | {statistics.median(took):.0f} us |")
    print(f"| the same, 99 of 100 below | {statistics.quantiles(took, n=100)[98]:.0f} us |")
    print(f"| whole round trip over TCP with our peer, mean | {round_us:.0f} us |")
    print(f"| simulated against real time, with our peer | {times:.1f} times |")


if __name__ == "__main__":
    main()
