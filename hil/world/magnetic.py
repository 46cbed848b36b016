"""Magnetic field of the Earth from the World Magnetic Model (pygeomag), computed once per home."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hil.geodesy import Home

NANOTESLA_PER_GAUSS = 1e5
MODEL_YEAR = 2026.0  # the simulator's calendar starts here (see hil.sim.clock)


@dataclass(frozen=True, slots=True)
class MagneticField:
    """Magnetic field in NED, gauss."""

    north_gauss: float
    east_gauss: float
    down_gauss: float

    @property
    def declination_rad(self) -> float:
        """Declination, clockwise from true north."""
        return math.atan2(self.east_gauss, self.north_gauss)


def field_at(home: Home, *, year: float = MODEL_YEAR) -> MagneticField:
    """Return the main field at home in a year."""
    from pygeomag import GeoMag

    found = GeoMag().calculate(glat=home.lat_deg, glon=home.lon_deg, alt=home.alt_amsl_m / 1000.0, time=year)
    return MagneticField(
        found.x / NANOTESLA_PER_GAUSS, found.y / NANOTESLA_PER_GAUSS, found.z / NANOTESLA_PER_GAUSS
    )
