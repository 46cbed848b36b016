"""Wind: a steady part with shear near the ground, simple seeded gusts, and Dryden turbulence after MIL-F-8785C.

The specification's low-altitude model (3.7.3.4: below 1000 ft, the wind at 20 ft sets the strength) counts in feet, which is
why feet appear here. Its filters are run exactly, as a stationary process sampled at any step.
"""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.state import GROUND_D, POS, VEL, WIND, Array
from hil.sensors.noise import WIND_RNG, Streams, normal, wander

# layout of the wind row
STEADY = 0  # 3: m/s NED, the direction the air goes to; with shear, at 20 ft above ground
GUST_SIGMA = 3  # m/s, horizontal; half of it vertical
GUST = 4  # 3: m/s NED, the gust now
TURBULENCE = 7  # m/s, the wind at 20 ft that stirs the air; 0 = none
ROUGHNESS = 8  # m, of the ground, for the shear; 0 = the same wind at every height
ALONG = 9  # m/s, turbulence along the steady wind
ACROSS = 10  # 2: m/s, the two filters in a row across it
UPRIGHT = 12  # 2: m/s, the same along down
WIND_SIZE = 14

GUST_TAU_S = 3.0  # eddies of some 30 m carried by at 10 m/s
FOOT_M = 0.3048
LEAST_FT, MOST_FT = 10.0, 1000.0  # where the low-altitude model holds
LEAST_SPEED_M_S = 1.0  # of the air past the vehicle; in a calm the eddies still drift
ROOT3 = math.sqrt(3.0)


@stage
def shear_factor(height_m: float, roughness_m: float) -> float:
    """Wind at a height over the wind at 20 ft: logarithmic (MIL-F-8785C 3.7.3.2), level below 3 ft and above 1000 ft."""
    feet = min(max(height_m / FOOT_M, 3.0), MOST_FT)
    rough = roughness_m / FOOT_M
    factor: float = math.log(feet / rough) / math.log(20.0 / rough)
    return factor


@stage
def dryden_scales(height_m: float, wind20_m_s: float) -> tuple[float, float, float, float]:
    """Length of the eddies along and across, and vertical (m), and their deviations, horizontal and vertical (m/s)."""
    feet = min(max(height_m / FOOT_M, LEAST_FT), MOST_FT)
    base = 0.177 + 0.000823 * feet
    sigma_w = 0.1 * wind20_m_s
    return feet / base**1.2 * FOOT_M, feet * FOOT_M, sigma_w / base**0.4, sigma_w


@stage
def stir_along(
    value: float, sigma: float, length_m: float, speed_m_s: float, dt: float, rng: Streams
) -> float:
    """One step of the first-order filter: sigma sqrt(2 L / (pi V)) / (1 + L s / V)."""
    return wander(value, sigma, length_m / speed_m_s, dt, rng)


@stage
def stir_across(
    pair: Array, at: int, sigma: float, length_m: float, speed_m_s: float, dt: float, rng: Streams
) -> float:
    """One step of the second-order filter: sigma sqrt(L / (pi V)) (1 + sqrt(3) L s / V) / (1 + L s / V)^2.

    As sqrt(3) p + (1 - sqrt(3)) q, with p the noise through one lag and q p through another. Their stationary covariance
    is sigma^2 (1/2, 1/4; 1/4, 1/4); the noise of a step is what keeps it.
    """
    turn = speed_m_s / length_m * dt
    keep = math.exp(-turn)
    pull = turn * keep
    pp, pq, qq = 0.5, 0.25, 0.25
    n11 = pp - keep * keep * pp
    n21 = pq - keep * (pull * pp + keep * pq)
    n22 = qq - (pull * pull * pp + 2.0 * pull * keep * pq + keep * keep * qq)
    root = math.sqrt(n11)
    first = normal(rng)
    second = n21 / root * first + math.sqrt(max(0.0, n22 - n21 * n21 / n11)) * normal(rng)
    # In units of sigma, so that a changing strength does not have to refill the filters.
    q = pull * pair[at] + keep * pair[at + 1] + second
    p = keep * pair[at] + root * first
    pair[at], pair[at + 1] = p, q
    out: float = sigma * (ROOT3 * p + (1.0 - ROOT3) * q)
    return out


@stage
def blow(wind: Array, state: Array, inputs: Array, streams: Streams, dt: float) -> None:
    """Move the air on by dt and write its motion at the vehicle into the physics' inputs."""
    stream = streams[WIND_RNG : WIND_RNG + 1]
    if wind[GUST_SIGMA] > 0.0:
        for i in range(3):
            sigma = wind[GUST_SIGMA] * (0.5 if i == 2 else 1.0)
            wind[GUST + i] = wander(wind[GUST + i], sigma, GUST_TAU_S, dt, stream)
    height_m = inputs[GROUND_D] - state[POS + 2]
    share = shear_factor(height_m, wind[ROUGHNESS]) if wind[ROUGHNESS] > 0.0 else 1.0
    for i in range(3):
        inputs[WIND + i] = wind[STEADY + i] * share + wind[GUST + i]
    if wind[TURBULENCE] > 0.0:
        past2 = 0.0
        for i in range(3):
            past2 += (state[VEL + i] - wind[STEADY + i] * share) ** 2
        speed = max(math.sqrt(past2), LEAST_SPEED_M_S)
        flat_m, tall_m, sigma, sigma_w = dryden_scales(height_m, wind[TURBULENCE])
        wind[ALONG] = stir_along(wind[ALONG], 1.0, flat_m, speed, dt, stream)
        along = sigma * wind[ALONG]
        across = stir_across(wind, ACROSS, sigma, flat_m, speed, dt, stream)
        size = math.sqrt(wind[STEADY] * wind[STEADY] + wind[STEADY + 1] * wind[STEADY + 1])
        north, east = (wind[STEADY] / size, wind[STEADY + 1] / size) if size > 0.1 else (1.0, 0.0)
        inputs[WIND] += along * north - across * east
        inputs[WIND + 1] += along * east + across * north
        inputs[WIND + 2] += stir_across(wind, UPRIGHT, sigma_w, tall_m, speed, dt, stream)
