"""The ground around a home, from a raster: how deep it lies under a place, and how it slopes there."""

from __future__ import annotations

from dataclasses import dataclass

from hil.errors import ScenarioError
from hil.geodesy import MEAN_RADIUS_M, Home, ned_to_lla
from hil.world.raster import Raster

ASIDE_M = 0.5  # over which a slope is measured: a stride of the aircraft, far less than a cell


@dataclass(frozen=True, slots=True)
class Plane:
    """The ground near a place north and east of home: `down_m` there, and what it falls for each metre north and east."""

    north_m: float
    east_m: float
    down_m: float
    falls_n: float
    falls_e: float


class Terrain:
    """NED down of the ground, 0 at home: the raster's heights count from its own height there, whatever its datum.

    Raises ScenarioError for a home off the raster.
    """

    def __init__(self, raster: Raster, home: Home) -> None:
        if not raster.covers(home.lat_deg, home.lon_deg):
            raise ScenarioError(
                f"does not reach home ({home.lat_deg:.5f}, {home.lon_deg:.5f})", where=raster.file
            )
        self._raster, self._home = raster, home
        self._at_home_m = raster.height_m(home.lat_deg, home.lon_deg)

    def down_m(self, north_m: float, east_m: float) -> float:
        """NED down of the ground at a place."""
        home = self._home
        lat, lon, _ = ned_to_lla(north_m, east_m, 0.0, home.lat_deg, home.lon_deg, home.alt_amsl_m)
        # The sea falls away below the tangent plane, and the ground with it.
        curve_m = (north_m * north_m + east_m * east_m) / (2.0 * MEAN_RADIUS_M)
        return self._at_home_m - self._raster.height_m(lat, lon) + curve_m

    def plane(self, north_m: float, east_m: float) -> Plane:
        """The ground near a place, as contact sees it."""
        down_m = self.down_m(north_m, east_m)
        return Plane(
            north_m,
            east_m,
            down_m,
            (self.down_m(north_m + ASIDE_M, east_m) - self.down_m(north_m - ASIDE_M, east_m))
            / (2.0 * ASIDE_M),
            (self.down_m(north_m, east_m + ASIDE_M) - self.down_m(north_m, east_m - ASIDE_M))
            / (2.0 * ASIDE_M),
        )
