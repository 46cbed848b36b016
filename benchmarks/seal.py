"""Benchmark: a sealed run against an unsealed one - latency and processor time of a link, start, and the audit hook.

    python -m benchmarks.seal

A sender outside sends 8,000 frames a second to a UDP listener. The receiver reads them through Landline's link:
directly or through the broker. Both receive every frame, or the benchmark ends with an error.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from benchmarks.measure import machine

RATE, SECONDS, BURSTS, ROUNDS, STARTS, WINDOW = 8000, 4, (1, 8), 5, 9, 800
PADDING = bytes(32)


def send(port: int, burst: int) -> None:
    """Send frames at the rate, some at once; each holds the time of its sending."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(("127.0.0.1", port))
        began = time.monotonic()
        for sent in range(0, RATE * SECONDS, burst):
            while (wait := began + sent / RATE - time.monotonic()) > 0:
                time.sleep(wait)
            for _ in range(burst):
                out.send(struct.pack("Q", time.monotonic_ns()) + PADDING)
        time.sleep(0.2)
        out.send(b"end")


def processor_s(pid: int) -> float:
    """Return the processor time of a process with one thread."""
    return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9


async def receive(seal: Any) -> dict[str, float]:
    """Open the link, say its port, read until the end; return the latencies and the processor time."""
    from controller.clock import SystemClock
    from controller.link.open import open_link, policy_for

    url = "udpin:127.0.0.1:0"
    policy = policy_for([url])
    if seal is not None:
        policy = replace(policy, opener=seal.opener)
    others = [helper.pid for helper in seal._helpers] if seal is not None else []
    took: list[int] = []
    async with open_link(url, policy=policy, clock=SystemClock()) as link:
        print(link.info.local.rpartition(":")[2], flush=True)
        before = time.process_time() + sum(map(processor_s, others))
        while (data := await link.read()) != b"end":
            took.append(time.monotonic_ns() - struct.unpack_from("Q", data)[0])
            if len(took) % 100 == 0:
                link.write_now(data)
        used = time.process_time() + sum(map(processor_s, others)) - before
    # Other work on a shared machine delays whole tenths of a second; the median one has none of that.
    windows = [sorted(took[i : i + WINDOW]) for i in range(0, len(took), WINDOW)]
    p99 = statistics.median(one[len(one) * 99 // 100] for one in windows)
    took.sort()
    return {
        "frames": len(took),
        "p50_us": took[len(took) // 2] / 1e3,
        "p99_us": p99 / 1e3,
        "all_p99_us": took[len(took) * 99 // 100] / 1e3,
        "cpu_us": used / len(took) * 1e6,
    }


def receiver(sealed: bool, folder: str) -> None:
    """Run as the receiving process; with no input, end once the link is open."""
    seal = None
    if sealed:
        from controller.guard.opener import Endpoint
        from controller.guard.seal.begin import SealRequest, begin

        data = Path(folder)
        seal = begin(SealRequest((Endpoint("udpin", "127.0.0.1", 0),), (data,), data / "tmp"))
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        print(json.dumps(runner.run(receive(seal))))


def once(sealed: bool, folder: str, burst: int) -> dict[str, float]:
    """Run a receiver and send to it."""
    with _started(sealed, folder) as process:
        assert process.stdout is not None
        send(int(process.stdout.readline()), burst)
        said: dict[str, float] = json.loads(process.stdout.readline())
    if said["frames"] != RATE * SECONDS:
        raise SystemExit(f"{said['frames']} of {RATE * SECONDS} frames arrived: the machine is too busy")
    return said


def start_ms(sealed: bool, folder: str) -> float:
    """Return the milliseconds from the start of a process to its open link."""
    began = time.perf_counter()
    with _started(sealed, folder) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        took = (time.perf_counter() - began) * 1e3
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            for word in (bytes(40), b"end"):
                out.sendto(word, ("127.0.0.1", port))
        process.stdout.read()
    return took


def _started(sealed: bool, folder: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "benchmarks.seal", "sealed" if sealed else "unsealed", folder]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def hook_ns() -> float:
    """Return the nanoseconds that the audit hook takes of opening a file."""
    from controller.guard.audit import NetworkAudit
    from controller.guard.policy import EndpointPolicy

    audit, count = NetworkAudit(EndpointPolicy()), 200_000
    path = os.path.abspath(__file__)  # noqa: PTH100  # a string, as open has it
    began = time.perf_counter()
    for _ in range(count):
        audit("open", (path, "r", 0))
    return (time.perf_counter() - began) / count * 1e9


def main() -> None:
    """Print the rows of the table."""
    print(machine())
    print("| what | unsealed | sealed | difference |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for burst in BURSTS:
            rounds = [(once(False, folder, burst), once(True, folder, burst)) for _ in range(ROUNDS)]
            print(*rows(rounds, "one by one" if burst == 1 else f"{burst} at once"), sep="\n")
        starts = [(start_ms(False, folder), start_ms(True, folder)) for _ in range(STARTS)]
    open_, held = (statistics.median(one[i] for one in starts) for i in (0, 1))
    more = statistics.median(b - a for a, b in starts)
    print(f"| start to an open link | {open_:.0f} ms | {held:.0f} ms | {more:+.0f} ms |")
    print(f"\nThe audit hook takes {hook_ns():.0f} ns of opening a file.")


def rows(rounds: list[tuple[dict[str, float], dict[str, float]]], how: str) -> list[str]:
    """Return the rows of a table for the rounds, unsealed and sealed."""
    found = []
    for key, what in (
        ("p50_us", "latency, median"),
        ("p99_us", "latency, 99 of 100 frames, median tenth of a second"),
        ("all_p99_us", "latency, 99 of 100 frames, all seconds"),
    ):
        open_, held = (statistics.median(one[i][key] for one in rounds) for i in (0, 1))
        more = statistics.median(b[key] - a[key] for a, b in rounds)
        found.append(f"| {how}: {what} | {open_:.0f} us | {held:.0f} us | {more:+.0f} us |")
    open_, held = (statistics.median(one[i]["cpu_us"] for one in rounds) for i in (0, 1))
    ratio = statistics.median(b["cpu_us"] / a["cpu_us"] for a, b in rounds)
    found.append(
        f"| {how}: processor time of all processes, a frame | {open_:.1f} us | {held:.1f} us | times {ratio:.2f} |"
    )
    return found


if __name__ == "__main__":
    if len(sys.argv) > 1:
        receiver(sys.argv[1] == "sealed", sys.argv[2])
    else:
        main()
