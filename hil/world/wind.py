"""Wind model: steady wind with shear near the ground, simple gusts, and Dryden turbulence after MIL-F-8785C.

The low-altitude model of the specification (3.7.3.4: below 1000 ft, the wind at 20 ft sets the intensity) is in feet,
so feet appear here. Its filters are discretized exactly, as a stationary process sampled at any step.
"""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.state import GROUND_D, POS, VEL, WIND, Array
from hil.sensors.noise import WIND_RNG, Streams, gauss_markov, normal

# layout of the wind row
STEADY = 0  # 3: m/s NED, motion of the air over ground; with shear, at 20 ft above ground
GUST_SIGMA = 3  # m/s, horizontal; half of it vertical
GUST = 4  # 3: m/s NED, the gust now
TURBULENCE = 7  # m/s, wind at 20 ft that sets the turbulence intensity; 0 = none
ROUGHNESS = 8  # m, roughness length of the ground for shear; 0 = the same wind at every height
ALONG = 9  # m/s, turbulence along the steady wind
ACROSS = 10  # 2: m/s, the two filter states across it
UPRIGHT = 12  # 2: m/s, the same for vertical turbulence
WIND_SIZE = 14

GUST_TAU_S = 3.0  # correlation time: eddies of some 30 m in a wind of 10 m/s
FOOT_M = 0.3048
MIN_FT, MAX_FT = 10.0, 1000.0  # validity of the low-altitude model
MIN_SPEED_M_S = 1.0  # minimum airspeed for the filters; in calm air the eddies still drift
ROOT3 = math.sqrt(3.0)


@stage
def shear_factor(height_m: float, roughness_m: float) -> float:
    """Return wind at a height over wind at 20 ft: logarithmic (MIL-F-8785C 3.7.3.2) from 3 to 1000 ft."""
    feet = min(max(height_m / FOOT_M, 3.0), MAX_FT)
    rough = roughness_m / FOOT_M
    factor: float = math.log(feet / rough) / math.log(20.0 / rough)
    return factor


@stage
def dryden_scales(height_m: float, wind20_m_s: float) -> tuple[float, float, float, float]:
    """Return turbulence scale lengths, horizontal and vertical (m), and intensities, horizontal and vertical (m/s)."""
    feet = min(max(height_m / FOOT_M, MIN_FT), MAX_FT)
    base = 0.177 + 0.000823 * feet
    sigma_w = 0.1 * wind20_m_s
    return feet / base**1.2 * FOOT_M, feet * FOOT_M, sigma_w / base**0.4, sigma_w


@stage
def step_along_filter(
    value: float, sigma: float, length_m: float, speed_m_s: float, dt: float, rng: Streams
) -> float:
    """Step the first-order (longitudinal) filter: sigma sqrt(2 L / (pi V)) / (1 + L s / V)."""
    return gauss_markov(value, sigma, length_m / speed_m_s, dt, rng)


@stage
def step_across_filter(
    pair: Array, at: int, sigma: float, length_m: float, speed_m_s: float, dt: float, rng: Streams
) -> float:
    """Step a second-order (lateral or vertical) filter: sigma sqrt(L / (pi V)) (1 + sqrt(3) L s / V) / (1 + L s / V)^2.

    Realized as sqrt(3) p + (1 - sqrt(3)) q, where p is noise through one lag and q is p through another. The noise of
    each step preserves their stationary covariance, sigma^2 (1/2, 1/4; 1/4, 1/4).
    """
    ratio = speed_m_s / length_m * dt
    keep = math.exp(-ratio)
    pull = ratio * keep
    pp, pq, qq = 0.5, 0.25, 0.25
    n11 = pp - keep * keep * pp
    n21 = pq - keep * (pull * pp + keep * pq)
    n22 = qq - (pull * pull * pp + 2.0 * pull * keep * pq + keep * keep * qq)
    root = math.sqrt(n11)
    first = normal(rng)
    second = n21 / root * first + math.sqrt(max(0.0, n22 - n21 * n21 / n11)) * normal(rng)
    # In units of sigma, so that a changing intensity does not disturb the filter states.
    q = pull * pair[at] + keep * pair[at + 1] + second
    p = keep * pair[at] + root * first
    pair[at], pair[at + 1] = p, q
    out: float = sigma * (ROOT3 * p + (1.0 - ROOT3) * q)
    return out


@stage
def update_wind(wind: Array, state: Array, inputs: Array, streams: Streams, dt: float) -> None:
    """Step the wind by dt and write the air's motion at the vehicle into the physics' inputs."""
    stream = streams[WIND_RNG : WIND_RNG + 1]
    if wind[GUST_SIGMA] > 0.0:
        for i in range(3):
            sigma = wind[GUST_SIGMA] * (0.5 if i == 2 else 1.0)
            wind[GUST + i] = gauss_markov(wind[GUST + i], sigma, GUST_TAU_S, dt, stream)
    height_m = inputs[GROUND_D] - state[POS + 2]
    share = shear_factor(height_m, wind[ROUGHNESS]) if wind[ROUGHNESS] > 0.0 else 1.0
    for i in range(3):
        inputs[WIND + i] = wind[STEADY + i] * share + wind[GUST + i]
    if wind[TURBULENCE] > 0.0:
        airspeed2 = 0.0
        for i in range(3):
            airspeed2 += (state[VEL + i] - wind[STEADY + i] * share) ** 2
        speed = max(math.sqrt(airspeed2), MIN_SPEED_M_S)
        horizontal_m, vertical_m, sigma, sigma_w = dryden_scales(height_m, wind[TURBULENCE])
        wind[ALONG] = step_along_filter(wind[ALONG], 1.0, horizontal_m, speed, dt, stream)
        along = sigma * wind[ALONG]
        across = step_across_filter(wind, ACROSS, sigma, horizontal_m, speed, dt, stream)
        size = math.sqrt(wind[STEADY] * wind[STEADY] + wind[STEADY + 1] * wind[STEADY + 1])
        north, east = (wind[STEADY] / size, wind[STEADY + 1] / size) if size > 0.1 else (1.0, 0.0)
        inputs[WIND] += along * north - across * east
        inputs[WIND + 1] += along * east + across * north
        inputs[WIND + 2] += step_across_filter(wind, UPRIGHT, sigma_w, vertical_m, speed, dt, stream)
