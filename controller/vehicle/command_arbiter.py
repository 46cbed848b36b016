"""Lets only one command procedure at a time control an aircraft.

Procedures such as arming, taking off or starting the mission wait for their turn. Urgent ones (return, land,
hold, disarm) do not wait: they cancel the procedure in progress, which ends with `Superseded`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.errors import SafetyRefused


class Superseded(SafetyRefused):
    """A procedure was cancelled by a more urgent one."""


class CommandArbiter:
    """The lock of one aircraft's command procedures. Use one arbiter for each aircraft."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._holder: asyncio.Task[object] | None = None
        self._urgent: list[str] = []

    @asynccontextmanager
    async def acquire(self, procedure: str, *, urgent: bool = False) -> AsyncIterator[None]:
        """Hold control of the aircraft for the block; `procedure` names it in messages.

        A task that already has control may acquire it again. With `urgent`, cancel the procedure that has control.
        Raises Superseded in the procedures that an urgent one cancels, whether they had control or waited for it.
        """
        task = asyncio.current_task()
        if task is not None and self._holder is task:
            yield  # a procedure that consists of others
            return
        if urgent:
            self._urgent.append(procedure)
            if self._holder is not None:
                self._holder.cancel()
        urgent_before = len(self._urgent)
        async with self._lock:
            self._raise_if_superseded(procedure, urgent_before)
            self._holder = task
            try:
                yield
            except asyncio.CancelledError:
                if task is not None and len(self._urgent) > urgent_before:
                    task.uncancel()
                self._raise_if_superseded(procedure, urgent_before)
                raise
            finally:
                self._holder = None

    def _raise_if_superseded(self, procedure: str, urgent_before: int) -> None:
        if len(self._urgent) > urgent_before:
            raise Superseded(
                f"{procedure} cancelled by a newer command: {self._urgent[-1]}",
                hint="the aircraft follows the newer command",
            )
