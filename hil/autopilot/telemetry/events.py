"""Messages that the autopilot sends by itself: reached items, home, the origin of local positions."""

from __future__ import annotations

import math

from controller.wire import messages as m
from controller.wire.message import Message
from hil.autopilot.vehicle_context import VehicleContext


class ReachedReports:
    """MISSION_ITEM_REACHED: told `times`, once a second, until the next item is reached."""

    def __init__(self, vehicle: VehicleContext, *, times: int) -> None:
        self._vehicle, self._times = vehicle, times
        self._seq, self._left, self._again_s = 0, 0, 0.0

    def reached(self, seq: int) -> None:
        """An item is done."""
        self._seq, self._left = seq, self._times
        self._tell()

    def step(self) -> None:
        """Say it again, when it is time."""
        if self._left > 0 and self._vehicle.time_s >= self._again_s:
            self._tell()

    def _tell(self) -> None:
        self._vehicle.send(m.MISSION_ITEM_REACHED(seq=self._seq))
        self._left -= 1
        self._again_s = self._vehicle.time_s + 1.0


def home_position(vehicle: VehicleContext, *, with_attitude: bool) -> Message:
    """HOME_POSITION as it is now."""
    home = vehicle.home or vehicle.here
    n, e, d = vehicle.ned(home)
    message: Message = m.HOME_POSITION(
        latitude=round(home.lat_deg * 1e7), longitude=round(home.lon_deg * 1e7), altitude=round(home.alt_amsl_m * 1e3),
        x=n, y=e, z=d, q=(1.0, 0.0, 0.0, 0.0) if with_attitude else (math.nan,) * 4,
        time_usec=round(vehicle.time_s * 1e6),
    )  # fmt: skip
    return message


def origin(vehicle: VehicleContext) -> Message:
    """GPS_GLOBAL_ORIGIN: where LOCAL_POSITION_NED is zero."""
    place = vehicle.loop.home
    message: Message = m.GPS_GLOBAL_ORIGIN(
        latitude=round(place.lat_deg * 1e7), longitude=round(place.lon_deg * 1e7),
        altitude=round(place.alt_amsl_m * 1e3), time_usec=round(vehicle.time_s * 1e6),
    )  # fmt: skip
    return message
