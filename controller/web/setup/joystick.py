"""Joystick of a page: its frames go to the aircraft as MANUAL_CONTROL, and nothing goes where no frame came.

A page takes over with `begin`, and needs control of the aircraft. It sends 20 frames a second. After 300 ms without
one, without control, or when the page is closed, the take-over is over: frames that come later are refused until the
next `begin`, and the autopilot's own failsafe for lost sticks acts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.control import Page
from controller.app.typed_fields import Fields
from controller.autopilots.manual_control import FULL, manual_axes
from controller.errors import LandlineError, SafetyRefused
from controller.vehicle import safety_checks
from controller.web.live.client import Client
from controller.wire import messages as m

Json = dict[str, Any]
SILENT_S = 0.3
"""Time without a frame that ends a take-over."""
AT_MOST_HZ = 30.0


@dataclass(slots=True)
class _TakeOver:
    one: AircraftSession
    client: Client
    last_s: float
    sent_s: float = 0.0
    timer: asyncio.TimerHandle | None = None


class Joysticks:
    """Take-overs by aircraft. `check(client, one)` raises SafetyRefused where the page has no control."""

    def __init__(self, check: Callable[[Client, AircraftSession], None]) -> None:
        self._check = check
        self._active: dict[AircraftSession, _TakeOver] = {}

    def receive(self, client: Client, message: Fields, one: AircraftSession) -> None:
        """Take a message of a page: `begin` true takes over, `end` true gives back, else the axes, -1000 to 1000.

        Raises UserError for other values, SafetyRefused without control or without a take-over.
        """
        begin, end = message.flag("begin", default=False), message.flag("end", default=False)
        x, y, z, r = (message.integer(axis, -FULL, FULL, default=0) for axis in "xyzr")
        message.end()
        active = self._active.get(one)
        try:
            self._check(client, one)
        except SafetyRefused:
            if active is not None and active.client.page == client.page:
                self._stop(active, "this page has no control any more")
            raise
        if end:
            if active is not None and active.client.page == client.page:
                self._stop(active, "given back", quiet=True)
            return
        if begin:
            active = self._begin(client, one)
        elif active is None or active.client.page != client.page:
            raise SafetyRefused("cannot fly with the joystick: it has not taken over", hint="take over again")
        self._feed(active, (x, y, z, r))

    def left(self, page: Page) -> None:
        """End the take-overs of a page whose connection is lost."""
        for active in list(self._active.values()):
            if active.client.page == page:
                self._stop(active, "the connection to the page is lost")

    def _begin(self, client: Client, one: AircraftSession) -> _TakeOver:
        before = self._active.get(one)
        if before is not None and before.client.page != client.page:
            self._stop(before, "another page took over")
        if before is not None and before.client.page == client.page:
            before.client = client
            return before
        active = _TakeOver(one, client, one.vehicle.clock.now())
        self._active[one] = active
        self._tell(active, "the joystick has taken over")
        self._send_state(active, True, "")
        return active

    def _feed(self, active: _TakeOver, axes: tuple[int, int, int, int]) -> None:
        vehicle, now = active.one.vehicle, active.one.vehicle.clock.now()
        active.last_s = now
        if active.timer is not None:
            active.timer.cancel()
        loop = asyncio.get_running_loop()
        active.timer = loop.call_later(SILENT_S, self._silent, active)
        if now - active.sent_s < 1 / AT_MOST_HZ - 1e-3:
            return
        active.sent_s = now
        x, y, z, r = manual_axes(vehicle.autopilot, *axes)
        try:
            safety_checks.check_identity(vehicle.identity_problem)
            vehicle.exchange.send(
                m.MANUAL_CONTROL(target=vehicle.address.system, x=x, y=y, z=z, r=r, buttons=0)
            )
        except LandlineError as error:
            self._stop(active, str(error))

    def _silent(self, active: _TakeOver) -> None:
        self._stop(active, f"no frame of the joystick for {SILENT_S * 1000:.0f} ms")

    def _stop(self, active: _TakeOver, why: str, *, quiet: bool = False) -> None:
        if self._active.get(active.one) is not active:
            return
        del self._active[active.one]
        if active.timer is not None:
            active.timer.cancel()
        self._tell(active, f"the joystick has stopped: {why}", warning=not quiet)
        self._send_state(active, False, why)

    def _tell(self, active: _TakeOver, text: str, *, warning: bool = False) -> None:
        by = active.client.page.name
        active.one.tell("warning" if warning else "note", f"{by}: {text}", name="joystick", by=by)

    def _send_state(self, active: _TakeOver, active_now: bool, why: str) -> None:
        address = active.one.vehicle.address
        active.client.send(
            {
                "type": "joystick",
                "aircraft": f"{address.system}.{address.component}",
                "active": active_now,
                "why": why,
            }
        )
