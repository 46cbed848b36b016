"""Track of one aircraft in a session: thinned, so that it keeps its shape and a bounded size over a day."""

from __future__ import annotations

import math

from controller.geo import METRES_PER_DEGREE
from controller.vehicle.state import Position

TrackPoint = tuple[float, float, float]
"""Latitude and longitude in degrees, height above home in metres."""
POINTS_KEPT = 2000
_SPACING_M = 1.0


class Track:
    """Positions in the order of flight. When it is full, every other point goes and the spacing doubles."""

    def __init__(self) -> None:
        self.points: list[TrackPoint] = []
        self._spacing_m = _SPACING_M

    def thinned(self, most: int) -> list[TrackPoint]:
        """Return at most `most` points and the newest one, evenly spaced."""
        step = max(1, math.ceil(len(self.points) / most))
        return [*self.points[:-1:step], *self.points[-1:]]

    def add(self, at: Position) -> None:
        """Add a position, unless it is unknown or too near the last one."""
        if not at.has_place:
            return
        if self.points:
            lat_deg, lon_deg, alt_m = self.points[-1]
            north_m = (at.lat_deg - lat_deg) * METRES_PER_DEGREE
            east_m = (at.lon_deg - lon_deg) * METRES_PER_DEGREE * math.cos(math.radians(lat_deg))
            up_m = at.alt_rel_m - alt_m
            if north_m * north_m + east_m * east_m + up_m * up_m < self._spacing_m * self._spacing_m:
                return
        self.points.append((round(at.lat_deg, 6), round(at.lon_deg, 6), round(at.alt_rel_m, 1)))
        if len(self.points) > POINTS_KEPT:
            # The newest point stays: it is where the aircraft is.
            del self.points[1:-1:2]
            self._spacing_m *= 2.0
