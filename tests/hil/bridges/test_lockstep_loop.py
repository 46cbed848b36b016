"""The event loop for lockstep behaves like every event loop."""

from __future__ import annotations

import asyncio
import socket

import pytest

from hil.bridges.lockstep_loop import lockstep_loop

pytestmark = pytest.mark.realtime


def test_timers_fire_in_order_within_and_after_the_polling_time() -> None:
    async def main() -> list[str]:
        loop, fired = asyncio.get_running_loop(), list[str]()
        done = asyncio.Event()
        loop.call_later(0.006, lambda: (fired.append("late"), done.set()))
        loop.call_later(5e-5, fired.append, "soon")
        began = loop.time()
        await done.wait()
        assert loop.time() - began >= 0.005
        return fired

    with asyncio.Runner(loop_factory=lockstep_loop) as runner:
        assert runner.run(main()) == ["soon", "late"]


def test_bytes_after_the_polling_time_wake_it() -> None:
    async def main() -> bytes:
        loop = asyncio.get_running_loop()
        here, there = socket.socketpair()
        with here, there:
            here.setblocking(False)
            loop.call_later(0.006, there.send, b"answer")
            return await asyncio.wait_for(loop.sock_recv(here, 10), 10.0)

    with asyncio.Runner(loop_factory=lockstep_loop) as runner:
        assert runner.run(main()) == b"answer"
