"""Distance and direction on the WGS 84 ellipsoid. pyproj is loaded on first use (0.1 s), not at start."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pyproj import Geod


@cache
def _wgs84() -> Geod:
    from pyproj import Geod

    return Geod(ellps="WGS84")


def distance_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Return the length of the geodesic between two positions, in metres."""
    _, _, metres = _wgs84().inv(lon1_deg, lat1_deg, lon2_deg, lat2_deg)
    return float(metres)


def bearing_deg(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Return the direction of the geodesic at its begin, degrees from north, clockwise, in [0, 360)."""
    azimuth_deg, _, _ = _wgs84().inv(lon1_deg, lat1_deg, lon2_deg, lat2_deg)
    return float(azimuth_deg) % 360.0


def place_at(place: tuple[float, float], towards_deg: float, metres: float) -> tuple[float, float]:
    """Return latitude and longitude, degrees, `metres` from a place in a direction from north, clockwise."""
    lon_deg, lat_deg, _ = _wgs84().fwd(place[1], place[0], towards_deg, metres)
    return float(lat_deg), float(lon_deg)
