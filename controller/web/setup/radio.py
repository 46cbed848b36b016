"""Radio of an aircraft: its channels as they arrive, their ends and uses, and the modes of its switch."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from controller.app.gcs.aircraft import AircraftSession
from controller.autopilots.radio import channels, mode_position, mode_switch, radio_params
from controller.errors import LandlineError
from controller.vehicle.state import VehicleState
from controller.wire.enums import MAV_SYS_STATUS_SENSOR
from controller.wire.message import Message

Json = dict[str, Any]
RATE_HZ = 5.0
ASK_AGAIN_S = 10.0
MOST_CHANNELS = 18
_UNUSED = 0xFFFF
_RECEIVER = int(MAV_SYS_STATUS_SENSOR.SENSOR_RC_RECEIVER)


class RadioWatch:
    """The last RC_CHANNELS of one aircraft; they are requested as long as a pilot's page looks."""

    def __init__(self, one: AircraftSession) -> None:
        self.one = one
        self._vehicle = one.vehicle
        self._pulses: list[int] = []
        self._rssi: int | None = None
        self._at_s: float | None = None
        self._asked_at_s: float | None = None
        self._task: asyncio.Task[None] | None = None
        one.vehicle.watch(self._receive)

    def state(self, *, ask: bool) -> Json:
        """Return the channels with their age in seconds; with `ask` request them where they do not come."""
        vehicle, now = self._vehicle, self._vehicle.clock.now()
        if ask:
            self._ask(now)
        values = {name: one.value for name, one in vehicle.params.known.items()}
        known = channels(vehicle.autopilot, values)
        switch = mode_switch(vehicle.autopilot, values)
        rows = [
            {**asdict(channel), "pulse_us": self._pulse(channel.number)}
            for channel in known[: max(len(self._pulses), 8)]
        ]
        pulse = self._pulse(switch.channel) if switch.channel else None
        position = (
            None
            if switch.channel is None or pulse is None
            else mode_position(vehicle.autopilot, known[switch.channel - 1], pulse)
        )
        return {
            "age_s": None if self._at_s is None else round(now - self._at_s, 2),
            "rssi_percent": None if self._rssi in (None, 255) else round((self._rssi or 0) / 254 * 100),
            "receiver": self._receiver(vehicle.state),
            "channels": rows,
            "switch": {"channel": switch.channel, "modes": list(switch.modes), "position": position},
            "mode": vehicle.state.heartbeat.mode if vehicle.state.heartbeat else "",
            "params_known": all(name in values for name in radio_params(vehicle.autopilot)),
        }

    def _receive(self, message: Message, before: VehicleState, after: VehicleState) -> None:  # noqa: ARG002
        if message.name != "RC_CHANNELS":
            return
        count = min(message.chancount, MOST_CHANNELS)
        self._pulses = [getattr(message, f"chan{at}_raw") for at in range(1, count + 1)]
        self._rssi, self._at_s = message.rssi, self._vehicle.clock.now()

    def _pulse(self, number: int) -> int | None:
        if not 1 <= number <= len(self._pulses) or self._pulses[number - 1] in (0, _UNUSED):
            return None
        return self._pulses[number - 1]

    def _receiver(self, state: VehicleState) -> str:
        """Whether the autopilot calls its receiver healthy: good, bad, unknown."""
        if state.health is None:
            return "unknown"
        return "bad" if state.health.unhealthy & _RECEIVER else "good"

    def _ask(self, now: float) -> None:
        fresh = self._at_s is not None and now - self._at_s < 2.0
        if fresh or (self._asked_at_s is not None and now - self._asked_at_s < ASK_AGAIN_S):
            return
        self._asked_at_s = now
        self._task = self.one.begin("radio", self._request())

    async def _request(self) -> None:
        try:
            await self._vehicle.set_rate("RC_CHANNELS", RATE_HZ)
        except LandlineError:
            return
