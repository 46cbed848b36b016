"""What weather and place the models hold for; refused here, before anything flies."""

from __future__ import annotations

import math

from hil.errors import ScenarioError
from hil.geodesy import Home

Vector3 = tuple[float, float, float]

MOST_WIND_M_S = 40.0
MOST_TURBULENCE_M_S = 25.0  # MIL-F-8785C ends at severe, 45 knots


def check_scenario(home: Home, wind_ned: Vector3, gust_m_s: float) -> None:
    if not (abs(home.lat_deg) <= 90.0 and abs(home.lon_deg) <= 180.0):
        raise ScenarioError(f"home must lie on Earth, is at {home.lat_deg}, {home.lon_deg}")
    # The atmosphere's formulas end at 11 km.
    if not -500.0 <= home.alt_amsl_m <= 9000.0:
        raise ScenarioError(f"home must be between -500 and 9000 m above the sea, is at {home.alt_amsl_m} m")
    if not math.isfinite(home.heading_deg):
        raise ScenarioError(f"home's heading must be finite, is {home.heading_deg}")
    check_wind(wind_ned, gust_m_s)


def check_wind(wind_ned: Vector3, gust_m_s: float) -> None:
    """Raises ScenarioError."""
    if not math.hypot(*wind_ned) <= MOST_WIND_M_S:
        raise ScenarioError(f"wind must be at most {MOST_WIND_M_S:g} m/s, is {wind_ned}")
    if not 0.0 <= gust_m_s <= 10.0:
        raise ScenarioError(f"gusts must be between 0 and 10 m/s, are {gust_m_s}")


def check_air(turbulence_m_s: float, roughness_m: float, warmer_k: float) -> None:
    """Raises ScenarioError."""
    if not 0.0 <= turbulence_m_s <= MOST_TURBULENCE_M_S:
        raise ScenarioError(
            f"turbulence must be between 0 and {MOST_TURBULENCE_M_S:g} m/s of wind at 20 ft, is {turbulence_m_s}"
        )
    if not 0.0 <= roughness_m <= 0.9:
        raise ScenarioError(f"the ground's roughness must be between 0 and 0.9 m, is {roughness_m}")
    if not -60.0 <= warmer_k <= 50.0:
        raise ScenarioError(f"air must be between 60 K colder and 50 K warmer than standard, is {warmer_k}")
