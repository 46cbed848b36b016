"""Benchmark helper: runs ours and the peer alternately in one process, and reports medians of rounds and of ratios."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path


@dataclass(frozen=True)
class Comparison:
    """Seconds of each round, ours and the peer's, measured alternately."""

    ours_s: list[float]
    peer_s: list[float]

    @property
    def ratio(self) -> float:
        """How many times faster ours is: the median over the rounds of peer time / our time."""
        return statistics.median(peer / ours for ours, peer in zip(self.ours_s, self.peer_s, strict=True))

    def row(self, what: str, amount: float, unit: str) -> str:
        """Return a table row: amount per second of both, and the ratio."""
        ours, peer = (amount / statistics.median(times) for times in (self.ours_s, self.peer_s))
        return f"| {what} | {ours:,.0f} {unit}/s | {peer:,.0f} {unit}/s | {self.ratio:.1f} |"


def seconds(work: Callable[[], object]) -> float:
    """Return the real time of one call of `work`."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def in_turn(ours: Callable[[], object], peer: Callable[[], object], *, rounds: int = 7) -> Comparison:
    """Run each once to warm up, then both alternately for `rounds` rounds."""
    ours(), peer()
    pairs = [(seconds(ours), seconds(peer)) for _ in range(rounds)]
    return Comparison([a for a, _ in pairs], [b for _, b in pairs])


def installed(name: str) -> str | None:
    """Return name and version of an installed package, `rotorpy 3.0.0`.

    Print a warning and return None if it is missing.
    """
    try:
        return f"{name} {version(name)}"
    except PackageNotFoundError:
        print(
            f"\n**{name} is not installed; its rows are omitted** (`make bench` installs it: the extra `bench`)\n"
        )
        return None


def machine() -> str:
    """Return CPU, system and Python version for the head of a result."""
    model = platform.processor() or platform.machine()
    try:
        with Path("/proc/cpuinfo").open(encoding="utf-8") as lines:
            model = next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{model}, {platform.system()}, CPython {platform.python_version()}"
