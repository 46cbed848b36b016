"""Who steers: procedures of one aircraft do not run into each other.

A procedure (arm, take off, start the mission) takes the helm and others wait for it. What a pilot does in need (return,
land, hold, disarm) does not wait: it takes the helm away, and the procedure that had it ends with `Superseded`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.errors import SafetyRefused


class Superseded(SafetyRefused):
    """A procedure was broken off because a more urgent one was asked for."""


class Helm:
    """One for an aircraft."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[object] | None = None
        self._emergencies: list[str] = []

    @asynccontextmanager
    async def take(self, what: str, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold the helm for `what`. Raises Superseded in whoever holds or awaits it when something urgent takes it away."""
        task = asyncio.current_task()
        if task is not None and self._holder is task:
            yield  # a procedure made of others
            return
        if urgent:
            self._emergencies.append(what)
            if self._holder is not None:
                self._holder.cancel()
        seen = len(self._emergencies)
        async with self._lock:
            self._check(what, seen)
            self._holder = task
            try:
                yield
            except asyncio.CancelledError:
                if task is not None and len(self._emergencies) > seen:
                    task.uncancel()
                self._check(what, seen)
                raise
            finally:
                self._holder = None

    def _check(self, what: str, seen: int) -> None:
        if len(self._emergencies) > seen:
            raise Superseded(
                f"{what} broken off: {self._emergencies[-1]} was asked for",
                hint="the aircraft follows the later command",
            )
