"""Messages that the autopilot sends on events: reached items, home, the origin of local positions."""

from __future__ import annotations

import math

from controller.wire import messages as m
from controller.wire.message import Message
from hil.autopilot.vehicle_context import VehicleContext


class ReachedReports:
    """MISSION_ITEM_REACHED: sent `times` times, once a second, until the next item is reached."""

    def __init__(self, vehicle: VehicleContext, *, times: int) -> None:
        self._vehicle, self._times = vehicle, times
        self._seq, self._repeats_left, self._repeat_at_s = 0, 0, 0.0

    def reached(self, seq: int) -> None:
        """Send the message for an item that is completed."""
        self._seq, self._repeats_left = seq, self._times
        self._send()

    def step(self) -> None:
        """Repeat the message when it is due."""
        if self._repeats_left > 0 and self._vehicle.time_s >= self._repeat_at_s:
            self._send()

    def _send(self) -> None:
        self._vehicle.send(m.MISSION_ITEM_REACHED(seq=self._seq))
        self._repeats_left -= 1
        self._repeat_at_s = self._vehicle.time_s + 1.0


def home_position(vehicle: VehicleContext, *, with_attitude: bool) -> Message:
    """Return HOME_POSITION."""
    home = vehicle.home or vehicle.here
    n, e, d = vehicle.ned(home)
    message: Message = m.HOME_POSITION(
        latitude=round(home.lat_deg * 1e7), longitude=round(home.lon_deg * 1e7), altitude=round(home.alt_amsl_m * 1e3),
        x=n, y=e, z=d, q=(1.0, 0.0, 0.0, 0.0) if with_attitude else (math.nan,) * 4,
        time_usec=round(vehicle.time_s * 1e6),
    )  # fmt: skip
    return message


def origin(vehicle: VehicleContext) -> Message:
    """Return GPS_GLOBAL_ORIGIN, the place where LOCAL_POSITION_NED is zero."""
    place = vehicle.core.home
    message: Message = m.GPS_GLOBAL_ORIGIN(
        latitude=round(place.lat_deg * 1e7), longitude=round(place.lon_deg * 1e7),
        altitude=round(place.alt_amsl_m * 1e3), time_usec=round(vehicle.time_s * 1e6),
    )  # fmt: skip
    return message
