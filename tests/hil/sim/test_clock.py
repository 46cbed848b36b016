"""Virtual time: jumps, repeatability and order."""

from __future__ import annotations

import asyncio
import math
import time

import pytest

from hil.sim.clock import EPOCH_UTC_US, VirtualClock, run_virtual


def test_an_hour_passes_at_once() -> None:
    async def wait() -> float:
        await asyncio.sleep(3600)
        return asyncio.get_running_loop().time()

    started = time.monotonic()
    assert run_virtual(wait()) == 3600
    assert time.monotonic() - started < 30


async def test_timers_fire_in_their_order_at_their_times() -> None:
    seen: list[tuple[float, str]] = []
    loop = asyncio.get_running_loop()

    async def worker(name: str, period_s: float) -> None:
        for _ in range(3):
            await asyncio.sleep(period_s)
            seen.append((loop.time(), name))

    async with asyncio.TaskGroup() as group:
        group.create_task(worker("slow", 10))
        group.create_task(worker("fast", 4))
    assert seen == [(4, "fast"), (8, "fast"), (10, "slow"), (12, "fast"), (20, "slow"), (30, "slow")]


def test_tasks_that_wait_for_each_other_are_an_error_not_a_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.sim.clock.STUCK_S", 0.05)

    async def wait() -> None:
        await asyncio.Event().wait()

    with pytest.raises(RuntimeError, match="virtual time is stuck"):
        run_virtual(wait())


async def test_the_calendar_follows_the_loop() -> None:
    clock = VirtualClock()
    assert clock.utc_us() == EPOCH_UTC_US + round(clock.now() * 1e6)
    await asyncio.sleep(1.5)
    assert clock.utc_us() - EPOCH_UTC_US == round(clock.now() * 1e6)


def test_at_a_finite_speed_real_time_passes_too() -> None:
    async def wait() -> None:
        for _ in range(10):
            await asyncio.sleep(1)

    started = time.monotonic()
    run_virtual(wait(), speed=100)
    assert time.monotonic() - started >= 0.08
    started = time.monotonic()
    run_virtual(wait(), speed=math.inf)
    assert time.monotonic() - started < 5
