"""Limits of weather and home for which the models are valid, checked before a flight."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

from hil.errors import ScenarioError
from hil.geodesy import Home
from hil.world.atmosphere import warmer_than_standard

Vector3 = tuple[float, float, float]

MAX_WIND_M_S = 40.0
MAX_ROUGHNESS_M = 0.9  # the logarithm holds from 3 ft up
MAX_COLDER_K, MAX_WARMER_K = 60.0, 50.0
MAX_TURBULENCE_M_S = 25.0  # MIL-F-8785C ends at severe, 45 knots


def check_scenario(home: Home, wind_ned: Vector3, gust_m_s: float) -> None:
    """Check home, wind and gusts. Raises ScenarioError."""
    if not (abs(home.lat_deg) <= 90.0 and abs(home.lon_deg) <= 180.0):
        raise ScenarioError(
            f"invalid home: latitude must be -90 to 90 and longitude -180 to 180, are {home.lat_deg}, {home.lon_deg}"
        )
    # The atmosphere model ends at 11 km.
    if not -500.0 <= home.alt_amsl_m <= 9000.0:
        raise ScenarioError(f"home must be between -500 and 9000 m above the sea, is at {home.alt_amsl_m} m")
    if not math.isfinite(home.heading_deg):
        raise ScenarioError(f"home's heading must be finite, is {home.heading_deg}")
    check_wind(wind_ned, gust_m_s)


def check_wind(wind_ned: Vector3, gust_m_s: float) -> None:
    """Check wind and gusts, m/s. Raises ScenarioError."""
    if not math.hypot(*wind_ned) <= MAX_WIND_M_S:
        parts = ", ".join(f"{part:g}" for part in wind_ned)
        raise ScenarioError(f"wind must be at most {MAX_WIND_M_S:g} m/s, is {parts} (north, east, down)")
    if not 0.0 <= gust_m_s <= 10.0:
        raise ScenarioError(f"gusts must be between 0 and 10 m/s, are {gust_m_s:g}")


def check_air(turbulence_m_s: float, roughness_m: float, warmer_k: float) -> None:
    """Check turbulence, roughness and temperature above standard. Raises ScenarioError."""
    if not 0.0 <= turbulence_m_s <= MAX_TURBULENCE_M_S:
        raise ScenarioError(
            f"turbulence must be between 0 and {MAX_TURBULENCE_M_S:g} m/s of wind at 20 ft, is {turbulence_m_s:g}"
        )
    if not 0.0 <= roughness_m <= MAX_ROUGHNESS_M:
        raise ScenarioError(
            f"the ground's roughness must be between 0 and {MAX_ROUGHNESS_M:g} m, is {roughness_m:g}"
        )
    if not -MAX_COLDER_K <= warmer_k <= MAX_WARMER_K:
        raise ScenarioError(
            f"air temperature must be between {MAX_COLDER_K:g} K below and {MAX_WARMER_K:g} K above standard,"
            f" is {warmer_k:.1f}"
        )


@contextlib.contextmanager
def naming_place(where: str) -> Iterator[None]:
    """Give ScenarioErrors raised in the block the place `where`, an option or a file and key."""
    try:
        yield
    except ScenarioError as error:
        raise ScenarioError(error.what, where=where, hint=error.hint) from None


def check_temperature(celsius: float, alt_m: float, *, where: str) -> float:
    """Return the difference of an air temperature at a height to the standard atmosphere, K. Raises ScenarioError."""
    standard_c = celsius - warmer_than_standard(celsius, alt_m)
    if not standard_c - MAX_COLDER_K <= celsius <= standard_c + MAX_WARMER_K:
        raise ScenarioError(
            f"air temperature at {alt_m:g} m must be between {standard_c - MAX_COLDER_K:.0f} and"
            f" {standard_c + MAX_WARMER_K:.0f} degrees Celsius, is {celsius:g}",
            where=where,
        )
    return warmer_than_standard(celsius, alt_m)
