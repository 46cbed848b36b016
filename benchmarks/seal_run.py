"""Benchmark: a whole run, sealed against unsealed: link, router, signed record and vehicle state.

    python -m benchmarks.seal_run

A sender outside is an aircraft that sends 8,000 frames of telemetry a second. The run does with each frame what
`landline fly` and `landline gcs` do. It reads by UDP (a datagram for each frame, or eight frames a datagram) or from a
serial port (what came within a millisecond, as USB delivers it). Both runs take every frame, or the benchmark ends with
an error. All processes of a run share one core, the sender has the other one: the system moves none between them.
"""

from __future__ import annotations

import asyncio
import json
import os
import pty
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.framing import telemetry
from benchmarks.measure import machine
from benchmarks.seal import processor_s, rows
from controller.guard.data_folder import cache_folder
from controller.wire.framer import Framer

RATE, SECONDS, ROUNDS, BAUD, WINDOW, LIMIT_S = 8000, 3, 5, 3_000_000, 800, 60
HOST = "127.0.0.1"
# How a stream comes, and how many frames at once.
WAYS = {"UDP, a datagram for each frame": ("udpin", 1), "UDP, 8 frames a datagram": ("udpin", 8)} | {
    "serial port, what came in a millisecond": ("serial", 8)
}


def stream() -> list[bytes]:
    """Return the frames of the aircraft; the first one is a heartbeat."""
    frames = [frame.raw for frame in Framer().feed(telemetry(RATE * SECONDS))]
    return [next(filter(is_heartbeat, frames)), *frames]


def is_heartbeat(raw: bytes) -> bool:
    """Return whether a frame is a heartbeat: the run waits for one, and its time is not taken."""
    return raw[7:10] == bytes(3)


def send(write: Callable[[bytes], object], frames: list[bytes], at_once: int) -> list[int]:
    """Send frames at the rate; return the time of each, ns."""
    times = []
    began = time.monotonic()
    for first in range(0, len(frames), at_once):
        while (wait := began + first / RATE - time.monotonic()) > 0:
            time.sleep(wait)
        some = frames[first : first + at_once]
        times += [time.monotonic_ns()] * len(some)
        write(b"".join(some))
    return times


def family(pid: int) -> list[int]:
    """Return the threads of a process, and of those that it started."""
    threads = [int(thread.name) for thread in Path(f"/proc/{pid}/task").iterdir()]
    children = [
        Path(f"/proc/{pid}/task/{one}/children").read_text(encoding="ascii").split() for one in threads
    ]
    return threads + [one for words in children for child in words for one in family(int(child))]


async def fly(seal: Any, url: str, folder: Path, frames: int) -> dict[str, Any]:
    """Open the station, say its port, wait for the aircraft, take its frames; return what that took."""
    from controller.app.station import Station
    from controller.clock import SystemClock
    from controller.link.open import policy_for
    from controller.logs.record.recorder import FlightRecorder

    policy = policy_for([url])
    if seal is not None:
        policy = replace(policy, opener=seal.opener)
    others = [helper.pid for helper in seal._helpers] if seal is not None else []
    clock = SystemClock()
    recorder = FlightRecorder.start(folder / "flights", vehicle="bench", clock=clock, keys=folder / "keys")
    took: list[int] = []
    ended = asyncio.Event()
    used = 0.0

    def processor_now() -> float:
        return time.process_time() + sum(map(processor_s, others))

    def arrived(frame: Any) -> None:
        nonlocal used
        if frame.msg_id == 0:
            return
        took.append(time.monotonic_ns())
        if len(took) == 1:
            used = -processor_now()
        elif len(took) == frames:
            used += processor_now()
            ended.set()

    async with Station(clock=clock, recorder=recorder) as station:
        link = await station.open(url, policy=policy)
        print(link.link.info.local.rpartition(":")[2], flush=True)
        vehicle = await station.vehicle(1)
        station.local.listen(arrived, system=1)
        print("ready", flush=True)
        await asyncio.wait_for(ended.wait(), LIMIT_S)
        assert vehicle.state is not None
    summary = recorder.close()
    return {"took": took, "cpu_us": used / frames * 1e6, "recorded": summary.frames}


def once(sealed: bool, folder: str, way: tuple[str, int]) -> dict[str, float]:
    """Run it once, and send to it."""
    kind, at_once = way
    all_frames = stream()
    counted = [not is_heartbeat(raw) for raw in all_frames[1:]]
    with ExitStack() as closing:
        if kind == "udpin":
            url = f"udpin:{HOST}:0"
        else:
            master, slave = pty.openpty()
            tty.setraw(slave)
            closing.callback(os.close, master)
            closing.callback(os.close, slave)
            url = f"serial:{os.ttyname(slave)}:{BAUD}"
        words = [*(sys.executable, "-m", "benchmarks.seal_run"), "sealed" if sealed else "unsealed"]
        words += [folder, url, str(sum(counted))]
        process = closing.enter_context(subprocess.Popen(words, stdout=subprocess.PIPE, text=True))
        assert process.stdout is not None
        port = process.stdout.readline().strip()

        def write(data: bytes) -> object:
            return os.write(master, data) if kind == "serial" else out.send(data)

        out = closing.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        if kind == "udpin":
            out.connect((HOST, int(port)))
        write(all_frames[0])
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        cores = sorted(os.sched_getaffinity(0))
        for pid in family(process.pid):
            os.sched_setaffinity(pid, cores[-1:])
        os.sched_setaffinity(0, cores[:1])
        try:
            sent = send(write, all_frames[1:], at_once)
        finally:
            os.sched_setaffinity(0, cores)
        said = json.loads(process.stdout.readline())
    sent = [when for when, one in zip(sent, counted, strict=True) if one]
    if len(said["took"]) != len(sent):
        raise SystemExit(f"{len(said['took'])} of {len(sent)} frames arrived: the machine is too busy")
    late = [end - begin for begin, end in zip(sent, said["took"], strict=True)]
    windows = [sorted(late[i : i + WINDOW]) for i in range(0, len(late), WINDOW)]
    late.sort()
    return {
        "p50_us": late[len(late) // 2] / 1e3,
        "p99_us": statistics.median(one[len(one) * 99 // 100] for one in windows) / 1e3,
        "all_p99_us": late[len(late) * 99 // 100] / 1e3,
        "cpu_us": said["cpu_us"],
    }


def run(sealed: bool, folder: str, url: str, frames: int) -> None:
    """Run as the process that is measured."""
    cache = cache_folder()
    cache.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("NUMBA_CACHE_DIR", str(cache / "numba"))
    seal = None
    if sealed:
        from controller.guard.opener import Endpoint
        from controller.guard.seal.begin import SealRequest, begin

        data = Path(folder)
        kind, place, number = url.split(":")
        endpoint = Endpoint("udpin", place, 0)
        if kind == "serial":
            endpoint = Endpoint("serial", path=place, baud=int(number))
        seal = begin(SealRequest((endpoint,), (data, cache), data / "tmp"))
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        print(json.dumps(runner.run(fly(seal, url, Path(folder), frames))))


def main() -> None:
    """Print the rows of the table."""
    print(machine())
    print("| what | unsealed | sealed | difference |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for how, way in WAYS.items():
            rounds = [(once(False, folder, way), once(True, folder, way)) for _ in range(ROUNDS)]
            print(*rows(rounds, how), sep="\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        run(sys.argv[1] == "sealed", sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main()
