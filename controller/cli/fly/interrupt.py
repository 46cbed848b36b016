"""Ctrl-C in the air: the operator is asked what the aircraft is to do, on a terminal."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any

from controller.app.fly.procedure import Command, FlyProcedure
from controller.cli.common import on_interrupt
from controller.cli.terminal import keys

COMMANDS: dict[str, Command] = {"h": "hold", "r": "return", "l": "land"}
LEAVE, GO_ON = "x", "c"
CHOICES = "h = hold, r = return, l = land, c = go on, x or Ctrl-C again = leave it as it is"

Keyboard = Callable[[Callable[[str], None]], AbstractAsyncContextManager[bool]]


def in_foreground() -> bool:
    """Whether this process may use the terminal: one in the background is stopped when it changes the terminal."""
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stderr.isatty():
        return False
    try:
        return sys.platform == "win32" or os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except OSError:
        return True  # not its controlling terminal, which nothing in the background is stopped by


class InterruptQuestion:
    """The question of one flight. `show` prints a line for the operator, `keyboard` reads keys while it is open.

    On the ground, without a terminal or for a flight with a command for Ctrl-C, Ctrl-C ends the command as usual.
    """

    def __init__(self, show: Callable[[str], None], *, asks: bool, keyboard: Keyboard = keys) -> None:
        self.asking = False
        self._show = show
        self._asks = asks
        self._keyboard = keyboard
        self._procedure: FlyProcedure | None = None
        self._flight: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = asyncio.Event()
        self._left = False

    def flies(self, procedure: FlyProcedure) -> None:
        """Take the procedure of the flight, once it exists."""
        self._procedure = procedure

    async def asked(self, flight: Coroutine[Any, Any, None]) -> None:
        """Run the flight, and ask on Ctrl-C. Raises KeyboardInterrupt when the operator leaves."""
        if not self._asks or not in_foreground():
            await flight
            return
        self._flight = asyncio.ensure_future(flight)
        with on_interrupt(self.interrupt):
            try:
                await self._flight
            except asyncio.CancelledError:
                if self._left:
                    raise KeyboardInterrupt from None
                raise
            finally:
                self._close()
                await asyncio.gather(*self._tasks, return_exceptions=True)

    def interrupt(self) -> None:
        """Process Ctrl-C: ask in the air, leave on the ground and when it is pressed again."""
        if self._left:
            return  # the record is being closed
        vehicle = self._procedure.vehicle if self._procedure else None
        if vehicle is None or self.asking or not vehicle.state.under_way:
            self._leave()
            return
        self.asking = True
        self._closed.clear()
        self._begin(self._ask(f"Ctrl-C: the aircraft is {vehicle.state.describe()}. {CHOICES}"))

    async def _ask(self, question: str) -> None:
        """Show the question, and read keys until it is answered."""
        async with self._keyboard(self.key) as keyboard:
            if keyboard:
                self._show(question)  # now, because keys typed before are discarded
                await self._closed.wait()
            else:
                self._leave()

    def key(self, key: str) -> None:
        """Process a key press; keys count only while the question is open."""
        if not self.asking or key not in (LEAVE, GO_ON, *COMMANDS):
            return
        self._close()
        if key == LEAVE:
            self._leave()
        elif key == GO_ON:
            self._show("the flight goes on")
        elif self._procedure is not None:
            self._begin(self._procedure.command(COMMANDS[key]))

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _close(self) -> None:
        self.asking = False
        self._closed.set()

    def _leave(self) -> None:
        self._close()
        if self._flight is not None and not self._left:
            self._left = True
            self._flight.cancel()
