"""The last command to the aircraft when the operator breaks off the flight (Ctrl-C, lost terminal)."""

from __future__ import annotations

import asyncio
import contextlib

from controller.app.fly.options import OnLeave
from controller.errors import LandlineError
from controller.vehicle.mission_monitor import MissionMonitor
from controller.vehicle.vehicle import Vehicle

NOTHING_SENT = "no command was sent to it"
_COMMAND_S = 10.0


async def leave_aircraft(
    vehicle: Vehicle | None, on_leave: OnLeave, monitor: MissionMonitor | None
) -> str | None:
    """Send `on_leave` if the aircraft is under way; return a description of the command and its result, None if
    none was sent.

    An aircraft that the procedure has armed and that still stands is disarmed instead, because it would take
    off without an operator. Nothing is sent where another operator has taken over. A second interrupt waits for
    the command to end.
    """
    if vehicle is None or on_leave == "nothing":
        return None
    under_way = vehicle.state.under_way
    if under_way is None or (monitor is not None and monitor.taken_over):
        return None
    if not under_way and not vehicle.armed_by_us:
        return None
    sending = asyncio.ensure_future(_send(vehicle, on_leave, standing=not under_way))
    while not sending.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({sending})
    return sending.result()


async def _send(vehicle: Vehicle, on_leave: OnLeave, *, standing: bool) -> str:
    if standing:
        try:
            async with asyncio.timeout(_COMMAND_S):
                await vehicle.disarm()
        except (LandlineError, TimeoutError):
            pass  # it is taking off
        else:
            return "it was commanded to disarm, and did"
    try:
        async with asyncio.timeout(_COMMAND_S):
            await (vehicle.return_home() if on_leave == "return" else vehicle.pause())
    except (LandlineError, TimeoutError) as failed:
        return f"it was commanded to {on_leave}, but did not accept: {failed or 'no answer'}"
    return f"it was commanded to {on_leave}, and accepted"
