"""Distances over ground on a spherical earth, for lengths of some kilometres and angles in degrees.

`controller.missions.geodesic` is exact on the WGS 84 ellipsoid but loads pyproj; a sphere is right to 0.5 % and
costs nothing. Functions take floats or NumPy arrays of one shape, except where they say otherwise; NumPy is loaded by
those that need it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from numpy.typing import NDArray

EARTH_RADIUS_M = 6371008.8  # mean radius of WGS 84, (2 a + b) / 3
METRES_PER_DEGREE = math.radians(1.0) * EARTH_RADIUS_M  # of a great circle


def wrap_180_deg(angle_deg: Any) -> Any:
    """The same direction, or longitude, in [-180, 180)."""
    return (angle_deg + 180.0) % 360.0 - 180.0


class LocalPlane:
    """A plane that touches the earth at an origin (equirectangular projection): centimetres off over some
    kilometres."""

    def __init__(self, lat_deg: float, lon_deg: float) -> None:
        self._lat_deg, self._lon_deg = lat_deg, lon_deg
        self._cos_lat = math.cos(math.radians(lat_deg))

    def north_east_m(self, lat_deg: Any, lon_deg: Any) -> tuple[Any, Any]:
        """Metres north and east of the origin, of a place or of arrays of places."""
        north = (lat_deg - self._lat_deg) * METRES_PER_DEGREE
        return north, wrap_180_deg(lon_deg - self._lon_deg) * (METRES_PER_DEGREE * self._cos_lat)


def great_circle_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Distance of two places in metres, at any distance (haversine formula)."""
    lat1, lat2 = math.radians(lat1_deg), math.radians(lat2_deg)
    half_east = math.radians(lon2_deg - lon1_deg) / 2
    square = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(half_east) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(min(1.0, math.sqrt(square)))


def near_distance_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Distance of two places in metres, a few kilometres apart at most: on the plane at the mean latitude."""
    plane = LocalPlane((lat1_deg + lat2_deg) / 2, lon1_deg)
    north, _ = plane.north_east_m(lat1_deg, lon1_deg)
    other_north, east = plane.north_east_m(lat2_deg, lon2_deg)
    return math.hypot(other_north - north, east)


def offsets_m(
    lats_deg: NDArray[Any], lons_deg: NDArray[Any], lats0_deg: NDArray[Any], lons0_deg: NDArray[Any]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Metres north and east of places (arrays), each from an origin of its own (arrays of the same shape)."""
    import numpy as np

    north = (lats_deg - lats0_deg) * METRES_PER_DEGREE
    east = wrap_180_deg(lons_deg - lons0_deg) * METRES_PER_DEGREE * np.cos(np.radians(lats0_deg))
    return north, east


def line_length_m(lats_deg: NDArray[Any], lons_deg: NDArray[Any]) -> float:
    """Length of a line through places in metres. `controller.track_length` measures what an aircraft flew."""
    import numpy as np

    north, east = offsets_m(lats_deg[1:], lons_deg[1:], lats_deg[:-1], lons_deg[:-1])
    return float(np.hypot(north, east).sum())


PlanePoint: TypeAlias = tuple[float, float]
"""Point of a plane, metres in two directions."""


def inside_polygon(corners: Sequence[PlanePoint], point: PlanePoint) -> bool:
    """Return whether the point is inside the polygon: a ray to the east crosses the border an odd number of times."""
    x, y = point
    within = False
    for (x1, y1), (x2, y2) in pairwise([*corners, corners[0]]):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            within = not within
    return within


def distance_to_segment(point: PlanePoint, segment: tuple[PlanePoint, PlanePoint]) -> float:
    """Return the distance from a point to a segment, in metres."""
    (x1, y1), (x2, y2) = segment
    length = math.dist(*segment) ** 2
    share = ((point[0] - x1) * (x2 - x1) + (point[1] - y1) * (y2 - y1)) / length if length else 0.0
    share = min(max(share, 0.0), 1.0)
    return math.dist(point, (x1 + share * (x2 - x1), y1 + share * (y2 - y1)))
