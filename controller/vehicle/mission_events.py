"""Feeds a `Follower` from a live aircraft and hands out what it finds as an asynchronous iterator."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from controller.vehicle.mission_monitor import Ended, Event, Follower
from controller.vehicle.state import VehicleState
from controller.wire.message import Message

if TYPE_CHECKING:
    from controller.vehicle.vehicle import Vehicle

TICK_S = 0.5


@asynccontextmanager
async def following(vehicle: Vehicle, follower: Follower) -> AsyncIterator[AsyncIterator[Event]]:
    """Listen from here on; the iterator ends with the `Ended` event."""
    waiting: deque[Event] = deque(follower.begin(vehicle.state, vehicle.clock.now()))
    arrived = asyncio.Event()

    def hear(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
        found = follower.hear(message, after, vehicle.clock.now())
        if found:
            waiting.extend(found)
            arrived.set()

    async def events() -> AsyncIterator[Event]:
        next_tick = vehicle.clock.now() + TICK_S
        while True:
            while waiting:
                event = waiting.popleft()
                yield event
                if isinstance(event, Ended):
                    return
            arrived.clear()
            try:
                async with asyncio.timeout(max(0.0, next_tick - vehicle.clock.now())):
                    await arrived.wait()
            except TimeoutError:
                pass
            now = vehicle.clock.now()
            if now >= next_tick:
                next_tick = now + TICK_S
                waiting.extend(follower.tick(now))

    stop = vehicle.watch(hear)
    try:
        yield events()
    finally:
        stop()
