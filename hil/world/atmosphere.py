"""International Standard Atmosphere (ICAO Doc 7488) up to 11 km, as functions of height above sea level in metres.

`warmer_k` is the temperature of the whole column above standard; pressure at sea level stays standard, and pressure
altitude is always that of the standard atmosphere.
"""

from __future__ import annotations

from hil.jit import stage

SEA_LEVEL_K = 288.15
SEA_LEVEL_PA = 101325.0
LAPSE_K_M = 0.0065
GAS_CONSTANT = 287.05287  # J/(kg K), dry air
PRESSURE_EXPONENT = 9.80665 / (LAPSE_K_M * GAS_CONSTANT)


@stage
def temperature_k(alt_m: float, warmer_k: float = 0.0) -> float:
    """Return the air temperature, K."""
    return SEA_LEVEL_K + warmer_k - LAPSE_K_M * alt_m


@stage
def pressure_pa(alt_m: float, warmer_k: float = 0.0) -> float:
    """Return the static pressure, Pa."""
    sea_level_k = SEA_LEVEL_K + warmer_k
    pressure: float = SEA_LEVEL_PA * (1.0 - LAPSE_K_M / sea_level_k * alt_m) ** PRESSURE_EXPONENT
    return pressure


@stage
def density_kg_m3(alt_m: float, warmer_k: float = 0.0) -> float:
    """Return the air density, kg/m^3."""
    return pressure_pa(alt_m, warmer_k) / (GAS_CONSTANT * temperature_k(alt_m, warmer_k))


@stage
def pressure_altitude_m(pressure: float) -> float:
    """Return the height at which the standard atmosphere has this pressure (Pa), m."""
    ratio: float = (pressure / SEA_LEVEL_PA) ** (1.0 / PRESSURE_EXPONENT)
    return SEA_LEVEL_K / LAPSE_K_M * (1.0 - ratio)


def warmer_than_standard(celsius: float, alt_m: float) -> float:
    """Return the difference of an air temperature at a height to the standard atmosphere, K."""
    return celsius + 273.15 - temperature_k(alt_m)
