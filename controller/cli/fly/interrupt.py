"""Ctrl-C in the air: the operator is asked what the aircraft is to do, on a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from controller.app.fly.procedure import Command, FlyProcedure
from controller.cli.common import on_interrupt
from controller.cli.terminal import keys

COMMANDS: dict[str, Command] = {"h": "hold", "r": "return", "l": "land"}
LEAVE, GO_ON = "x", "c"
CHOICES = "h = hold, r = return, l = land, c = go on, x or Ctrl-C again = leave it as it is"


class InterruptQuestion:
    """The question of one flight. `show` prints a line for the operator.

    On the ground, without a terminal or for a flight with a command for Ctrl-C, Ctrl-C ends the command as usual.
    """

    def __init__(self, show: Callable[[str], None], *, asks: bool) -> None:
        self.asking = False
        self._show = show
        self._asks = asks
        self._procedure: FlyProcedure | None = None
        self._flight: asyncio.Task[None] | None = None
        self._commands: set[asyncio.Task[None]] = set()
        self._left = False

    def flies(self, procedure: FlyProcedure) -> None:
        """Take the procedure of the flight, once it exists."""
        self._procedure = procedure

    async def asked(self, flight: Coroutine[Any, Any, None]) -> None:
        """Run the flight, and ask on Ctrl-C. Raises KeyboardInterrupt when the operator leaves."""
        if not self._asks or not sys.stderr.isatty():
            await flight
            return
        async with keys(self.key) as keyboard:
            self._flight = asyncio.ensure_future(flight)
            if not keyboard:
                await self._flight
                return
            with on_interrupt(self.interrupt):
                try:
                    await self._flight
                except asyncio.CancelledError:
                    if self._left:
                        raise KeyboardInterrupt from None
                    raise

    def interrupt(self) -> None:
        """Process Ctrl-C: ask in the air, leave on the ground and when it is pressed again."""
        vehicle = self._procedure.vehicle if self._procedure else None
        if vehicle is None or self.asking or not vehicle.state.under_way:
            self._leave()
            return
        self.asking = True
        self._show(f"Ctrl-C: the aircraft is {vehicle.state.describe()}. {CHOICES}")

    def key(self, key: str) -> None:
        """Process a key press; keys count only while the question is open."""
        if not self.asking or key not in (LEAVE, GO_ON, *COMMANDS):
            return
        self.asking = False
        if key == LEAVE:
            self._leave()
        elif key == GO_ON:
            self._show("the flight goes on")
        elif self._procedure is not None:
            command = asyncio.ensure_future(self._procedure.command(COMMANDS[key]))
            self._commands.add(command)
            command.add_done_callback(self._commands.discard)

    def _leave(self) -> None:
        if self._flight is not None and not self._left:
            self._left = True
            self._flight.cancel()
