"""Benchmark: cost of a bridge to an autopilot - our side of a lockstep round trip, and speed over real time.

Without an autopilot's binary the peer is our emulated autopilot, in its own process, over loopback. It takes more
time than the bridge, and a real PX4 still more.
"""

from __future__ import annotations

import asyncio
import math
import statistics
import sys
import time
from collections.abc import Coroutine
from typing import Any

from benchmarks.measure import machine
from controller.clock import SystemClock
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from controller.wire.framer import Framer
from hil.bridges.ardupilot.wire import MAGIC_16, SERVOS_16
from hil.bridges.lockstep_loop import lockstep_loop
from hil.bridges.px4.sensor_feed import SensorFeed
from hil.bridges.px4.serve import serve_sitl
from hil.bridges.px4.sitl import Px4Sitl
from hil.bridges.world import World

ROUNDS = 20_000
REAL_S = 10.0


def turn_us() -> list[float]:
    """Return microseconds from output bytes to the next sensor bytes, with 4 ms of physics at 1 kHz."""
    world = World(speed=math.inf)
    make = world.plant_maker()
    machine_ = Px4Sitl(lambda: SensorFeed(make(), seed=0, epoch_utc_us=0), speed=math.inf, note=print)
    machine_.start(0.0)
    source, framer, encoder = address(1, 1), Framer(), Encoder(address(1, 200))
    machine_.receive(m.HEARTBEAT(autopilot=12), source, 0.0)
    outputs = Encoder(source)
    sent = [
        outputs.pack(
            m.HIL_ACTUATOR_CONTROLS(time_usec=4000 * i + 5000, controls=(0.4,) * 16, mode=129, flags=1)
        )
        for i in range(ROUNDS)
    ]
    machine_.receive(m.HIL_ACTUATOR_CONTROLS(time_usec=1000, mode=129, flags=1), source, 0.0)
    machine_.tick(0.0)
    took = []
    for data in sent:
        began = time.perf_counter()
        replies = [
            encoder.pack(one)
            for frame in framer.feed(data)
            for one in machine_.receive(frame.message(), frame.source, 0.0)
        ]
        took.append((time.perf_counter() - began) * 1e6)
        assert replies
    return took


async def against_peer() -> tuple[float, float]:
    """Return speed over real time, and mean microseconds of a round trip, over TCP with the peer's process."""
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str] = loop.create_future()
    plants = []
    world = World(speed=math.inf)
    import hil.bridges.px4.serve as served

    class Observed(SensorFeed):
        def __init__(self, *args: object, **kw: object) -> None:
            super().__init__(*args, **kw)  # type: ignore[arg-type]
            plants.append(self.plant)

    served.SensorFeed = Observed  # type: ignore[misc]
    task = asyncio.ensure_future(
        serve_sitl(world, "tcpin:127.0.0.1:0", clock=SystemClock(), note=print, on_ready=ready.set_result)
    )
    url = (await ready).replace("tcpin:", "tcp:")
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hil.bridges.process.fake_autopilot", url
    )
    while not plants or plants[-1].time_s < 5.0:  # noqa: ASYNC110 - no event for it
        await asyncio.sleep(0.2)
    began_s, began = plants[-1].time_s, time.perf_counter()
    await asyncio.sleep(REAL_S)
    simulated_s, real_s = plants[-1].time_s - began_s, time.perf_counter() - began
    peer.terminate()
    await peer.wait()
    task.cancel()
    return simulated_s / real_s, real_s / (simulated_s * 250.0) * 1e6


async def against_ardupilot_peer() -> tuple[float, float]:
    """Return frames a second and mean microseconds of a round trip of the JSON interface over UDP."""
    from hil.bridges.ardupilot import serve as ardupilot_serve

    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str] = loop.create_future()
    machines = []

    class Observed(ardupilot_serve.ArduPilotSitl):
        def __init__(self, *args: Any, **named: Any) -> None:
            super().__init__(*args, **named)
            machines.append(self)

    ardupilot_serve.ArduPilotSitl = Observed  # type: ignore[misc]
    task = asyncio.ensure_future(
        ardupilot_serve.serve_ardupilot(World(), port=0, note=print, on_ready=ready.set_result)
    )
    url = (await ready).replace("udpin:", "udpout:")
    peer = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hil.bridges.process.fake_autopilot", url
    )
    while machines[0].steps < 5000:  # noqa: ASYNC110 - no event for it
        await asyncio.sleep(0.2)
    began_steps, began = machines[0].steps, time.perf_counter()
    await asyncio.sleep(REAL_S)
    steps, real_s = machines[0].steps - began_steps, time.perf_counter() - began
    peer.terminate()
    await peer.wait()
    task.cancel()
    return steps / real_s, real_s / steps * 1e6


def ardupilot_turn_us() -> list[float]:
    """Return microseconds from a servo packet to the state line, with a millisecond of physics."""
    from hil.bridges.ardupilot.sitl import ArduPilotSitl

    machine_ = ArduPilotSitl(World().plant_maker(), note=print)
    machine_.start(0.0)
    packets = [SERVOS_16.pack(MAGIC_16, 1200, count, *[1400] * 16) for count in range(ROUNDS)]
    took = []
    for data in packets:
        began = time.perf_counter()
        reply = machine_.receive(data, 0, 0.0)
        took.append((time.perf_counter() - began) * 1e6)
        assert reply is not None
    return took


def _run(main: Coroutine[Any, Any, tuple[float, float]]) -> tuple[float, float]:
    with asyncio.Runner(loop_factory=lockstep_loop) as runner:
        return runner.run(main)


def main() -> None:
    """Print the table."""
    ardupilot_us = ardupilot_turn_us()
    frames, ardupilot_round_us = _run(against_ardupilot_peer())
    took = turn_us()
    times, round_us = _run(against_peer())
    print(f"{machine()}; PX4 at 250 Hz, ArduPilot with a frame per millisecond, physics at 1 kHz\n")
    print("| what | figure |\n|---|---|")
    print(f"| outputs in to sensors out, our side, median | {statistics.median(took):.0f} us |")
    print(f"| the same, 99 of 100 below | {statistics.quantiles(took, n=100)[98]:.0f} us |")
    print(f"| whole round trip over TCP with our peer, mean | {round_us:.0f} us |")
    print(f"| simulated against real time, with our peer | {times:.1f} times |")

    print(f"| servos in to state out, our side, median | {statistics.median(ardupilot_us):.0f} us |")
    print(f"| the same, 99 of 100 below | {statistics.quantiles(ardupilot_us, n=100)[98]:.0f} us |")
    print(f"| whole round trip over UDP with our peer, mean | {ardupilot_round_us:.0f} us |")
    print(f"| frames a second, with our peer | {frames:.0f} |")
    print(f"| simulated against real time, a millisecond a frame | {frames / 1000:.1f} times |")
    print(f"| the same for frames of 1200 a simulated second | {frames / 1200:.1f} times |")


if __name__ == "__main__":
    main()
