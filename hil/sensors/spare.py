"""A further IMU beside the first: the same truth through errors of its own.

Only what tells two IMUs apart: the turn-on biases and white noise of the first one's record.
"""

from __future__ import annotations

import math
import random

from hil.physics.state import Array
from hil.sensors import layout as at

Vector3 = tuple[float, float, float]


class SpareImu:
    """Switched on with biases drawn from `records` by its own seed."""

    def __init__(self, records: Array, *, seed: int, number: int) -> None:
        self._random = random.Random(f"imu {number} of {seed}")
        self._gyro_sigma = float(records[at.GYRO_NOISE]) / math.sqrt(at.IMU_DT_S)
        self._accel_sigma = float(records[at.ACCEL_NOISE]) / math.sqrt(at.IMU_DT_S)
        self._gyro_bias = self._three(float(records[at.GYRO_TURN_ON_SIGMA]))
        self._accel_bias = self._three(float(records[at.ACCEL_TURN_ON_SIGMA]))

    def sample(self, felt_frd: Vector3, rates_frd: Vector3) -> tuple[Vector3, Vector3]:
        """Specific force in m/s^2 and turn rate in rad/s as this one shows them."""
        accel = _sum(felt_frd, self._accel_bias, self._three(self._accel_sigma))
        return accel, _sum(rates_frd, self._gyro_bias, self._three(self._gyro_sigma))

    def _three(self, sigma: float) -> Vector3:
        gauss = self._random.gauss
        return gauss(0.0, sigma), gauss(0.0, sigma), gauss(0.0, sigma)


def _sum(a: Vector3, b: Vector3, c: Vector3) -> Vector3:
    return a[0] + b[0] + c[0], a[1] + b[1] + c[1], a[2] + b[2] + c[2]
