"""Feeds a `MissionMonitor` with the messages of a live aircraft and yields its events."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.vehicle.connection import Connection
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.monitoring.events import MissionEnded, MonitorEvent
from controller.vehicle.state import ReceivedText, VehicleState
from controller.wire.message import Message

TICK_S = 0.5


@asynccontextmanager
async def mission_events(
    connection: Connection, monitor: MissionMonitor
) -> AsyncIterator[AsyncIterator[MonitorEvent]]:
    """Monitor the aircraft from now on; the iterator ends after the `MissionEnded` event.

    The monitor's times are those of the aircraft's clock, but for the silence of the link.
    """
    queue: deque[MonitorEvent] = deque(monitor.begin(connection.state, connection.aircraft_now_s))
    arrived = asyncio.Event()

    def receive(message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG001
        monitor.commanded(connection.commanded_mode)
        found = monitor.receive(message, after, connection.aircraft_now_s)
        if found:
            queue.extend(found)
            arrived.set()

    def receive_text(text: ReceivedText) -> None:
        found = monitor.receive_text(text, connection.aircraft_now_s)
        if found:
            queue.extend(found)
            arrived.set()

    async def events() -> AsyncIterator[MonitorEvent]:
        next_tick = connection.clock.now() + TICK_S
        while True:
            while queue:
                event = queue.popleft()
                yield event
                if isinstance(event, MissionEnded):
                    return
            arrived.clear()
            try:
                async with asyncio.timeout(max(0.0, next_tick - connection.clock.now())):
                    await arrived.wait()
            except TimeoutError:
                pass
            now = connection.clock.now()
            if now >= next_tick:
                next_tick = now + TICK_S
                queue.extend(monitor.tick(connection.aircraft_now_s, connection.silent_s))

    stops = (connection.watch(receive), connection.watch_texts(receive_text))
    try:
        yield events()
    finally:
        for stop in stops:
            stop()
