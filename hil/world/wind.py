"""Wind: a steady part and seeded gusts, a Gauss-Markov process on each axis."""

from __future__ import annotations

from hil.jit import stage
from hil.physics.state import WIND, Array
from hil.sensors.noise import WIND_RNG, Streams, wander

# layout of the wind row
STEADY = 0  # 3: m/s NED, the direction the air goes to
GUST_SIGMA = 3  # m/s, horizontal; half of it vertical
GUST = 4  # 3: m/s NED, the gust now
WIND_SIZE = 7

GUST_TAU_S = 3.0  # eddies of some 30 m carried by at 10 m/s


@stage
def blow(wind: Array, inputs: Array, streams: Streams, dt: float) -> None:
    """Move the gusts on by dt and write steady wind plus gust into the physics' inputs."""
    if wind[GUST_SIGMA] > 0.0:
        stream = streams[WIND_RNG : WIND_RNG + 1]
        for i in range(3):
            sigma = wind[GUST_SIGMA] * (0.5 if i == 2 else 1.0)
            wind[GUST + i] = wander(wind[GUST + i], sigma, GUST_TAU_S, dt, stream)
    for i in range(3):
        inputs[WIND + i] = wind[STEADY + i] + wind[GUST + i]
