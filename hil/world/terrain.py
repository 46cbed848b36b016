"""Ground height and slope around home, from a terrain raster."""

from __future__ import annotations

from dataclasses import dataclass

from controller.terrain.raster import Raster
from hil.errors import ScenarioError
from hil.geodesy import MEAN_RADIUS_M, Home, ned_to_lla

ASIDE_M = 0.5  # half of the distance over which slope is measured: far less than a cell


@dataclass(frozen=True, slots=True)
class GroundPlane:
    """Plane of the ground near a position: its NED down, and its fall per metre north and east."""

    north_m: float
    east_m: float
    down_m: float
    falls_n: float
    falls_e: float


class Terrain:
    """Ground as NED down, 0 at home: heights are relative to the raster's height at home, whatever its datum.

    Raises ScenarioError for a home outside the raster.
    """

    def __init__(self, raster: Raster, home: Home) -> None:
        if not raster.covers(home.lat_deg, home.lon_deg):
            raise ScenarioError(
                f"terrain does not cover home ({home.lat_deg:.5f}, {home.lon_deg:.5f})", where=raster.file
            )
        self._raster, self._home = raster, home
        self._at_home_m = raster.height_m(home.lat_deg, home.lon_deg)

    def down_m(self, north_m: float, east_m: float) -> float:
        """Return NED down of the ground at a position, m."""
        home = self._home
        lat, lon, _ = ned_to_lla(north_m, east_m, 0.0, home.lat_deg, home.lon_deg, home.alt_amsl_m)
        # Sea and ground curve away below the tangent plane.
        curve_m = (north_m * north_m + east_m * east_m) / (2.0 * MEAN_RADIUS_M)
        return self._at_home_m - self._raster.height_m(lat, lon) + curve_m

    def plane(self, north_m: float, east_m: float) -> GroundPlane:
        """Return the plane of the ground near a position."""
        down_m = self.down_m(north_m, east_m)
        return GroundPlane(
            north_m,
            east_m,
            down_m,
            (self.down_m(north_m + ASIDE_M, east_m) - self.down_m(north_m - ASIDE_M, east_m))
            / (2.0 * ASIDE_M),
            (self.down_m(north_m, east_m + ASIDE_M) - self.down_m(north_m, east_m - ASIDE_M))
            / (2.0 * ASIDE_M),
        )
