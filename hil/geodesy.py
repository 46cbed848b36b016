"""WGS-84 conversions between latitude, longitude, height and north, east, down in the tangent plane at home.

Heights are metres above the ellipsoid; the simulator's AMSL heights pass unchanged (no geoid), as both directions use
the same offset.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from controller.geo import EARTH_RADIUS_M

SEMI_MAJOR_M = 6378137.0  # WGS-84, NIMA TR8350.2
FLATTENING = 1.0 / 298.257223563
E2 = FLATTENING * (2.0 - FLATTENING)  # first eccentricity, squared
EP2 = E2 / (1.0 - E2)  # second eccentricity, squared
MEAN_RADIUS_M = EARTH_RADIUS_M


@dataclass(frozen=True, slots=True)
class Home:
    """Position at power-on, on the ground: origin of the NED frame; heading clockwise from true north."""

    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    heading_deg: float = 0.0


def lla_to_ned(
    lat_deg: float, lon_deg: float, alt_m: float, lat0_deg: float, lon0_deg: float, alt0_m: float
) -> tuple[float, float, float]:
    """Return north, east and down of a point, m, in the tangent plane at (lat0, lon0, alt0)."""
    lat, lat0 = math.radians(lat_deg), math.radians(lat0_deg)
    dlon = math.radians(lon_deg - lon0_deg)
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    sin0, cos0 = math.sin(lat0), math.cos(lat0)
    n = SEMI_MAJOR_M / math.sqrt(1.0 - E2 * sin_lat * sin_lat)
    n0 = SEMI_MAJOR_M / math.sqrt(1.0 - E2 * sin0 * sin0)
    # ECEF, rotated about the pole so that home is on the zero meridian.
    x = (n + alt_m) * cos_lat * math.cos(dlon) - (n0 + alt0_m) * cos0
    y = (n + alt_m) * cos_lat * math.sin(dlon)
    z = (n * (1.0 - E2) + alt_m) * sin_lat - (n0 * (1.0 - E2) + alt0_m) * sin0
    return -sin0 * x + cos0 * z, y, -cos0 * x - sin0 * z


def ned_to_lla(
    north_m: float, east_m: float, down_m: float, lat0_deg: float, lon0_deg: float, alt0_m: float
) -> tuple[float, float, float]:
    """Return latitude, longitude (degrees) and height (m) of a point given in the tangent plane at (lat0, lon0, alt0).

    Bowring's formula (1976) with one iteration: error below a micrometre for any height an aircraft reaches.
    """
    lat0 = math.radians(lat0_deg)
    sin0, cos0 = math.sin(lat0), math.cos(lat0)
    n0 = SEMI_MAJOR_M / math.sqrt(1.0 - E2 * sin0 * sin0)
    x = (n0 + alt0_m) * cos0 - sin0 * north_m - cos0 * down_m
    z = (n0 * (1.0 - E2) + alt0_m) * sin0 + cos0 * north_m - sin0 * down_m
    p = math.sqrt(x * x + east_m * east_m)
    semi_minor_m = SEMI_MAJOR_M * (1.0 - FLATTENING)
    beta = math.atan2(z * SEMI_MAJOR_M, p * semi_minor_m)
    lat = math.atan2(
        z + EP2 * semi_minor_m * math.sin(beta) ** 3,
        p - E2 * SEMI_MAJOR_M * math.cos(beta) ** 3,
    )
    sin_lat, cos_lat = math.sin(lat), math.cos(lat)
    # This form of the height is well conditioned at the poles and at the equator alike.
    alt = p * cos_lat + z * sin_lat - SEMI_MAJOR_M * math.sqrt(1.0 - E2 * sin_lat * sin_lat)
    lon = lon0_deg + math.degrees(math.atan2(east_m, x))
    return math.degrees(lat), (lon + 540.0) % 360.0 - 180.0, alt


def gravity_m_s2(lat_deg: float, alt_m: float) -> float:
    """Return normal gravity, m/s^2 (Somigliana formula with WGS-84 constants, free-air gradient)."""
    s2 = math.sin(math.radians(lat_deg)) ** 2
    surface = 9.7803253359 * (1.0 + 0.00193185265241 * s2) / math.sqrt(1.0 - E2 * s2)
    return surface - 3.086e-6 * alt_m
