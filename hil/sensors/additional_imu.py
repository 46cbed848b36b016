"""Additional IMU with its own errors.

It models turn-on bias, scale, misalignment, range and white noise with the constants of the first IMU.
"""

from __future__ import annotations

import math
import random

import numpy as np

from hil.physics.state import Array
from hil.sensors import layout as at
from hil.sensors.power_on import draw_gain

Vector3 = tuple[float, float, float]


class AdditionalImu:
    """Additional IMU, switched on with errors drawn from `records`; `number` makes its seed."""

    def __init__(self, records: Array, *, seed: int, number: int) -> None:
        self._random = random.Random(f"imu {number} of {seed}")
        self._gyro_sigma = float(records[at.GYRO_NOISE]) / math.sqrt(records[at.IMU_DT])
        self._accel_sigma = float(records[at.ACCEL_NOISE]) / math.sqrt(records[at.IMU_DT])
        self._gyro_bias = self._three(float(records[at.GYRO_TURN_ON_SIGMA]))
        self._accel_bias = self._three(float(records[at.ACCEL_TURN_ON_SIGMA]))
        self._gyro_range, self._accel_range = float(records[at.GYRO_RANGE]), float(records[at.ACCEL_RANGE])
        self._gyro_gain = self._gain(float(records[at.GYRO_SCALE]), float(records[at.GYRO_ASKEW]))
        self._accel_gain = self._gain(float(records[at.ACCEL_SCALE]), float(records[at.ACCEL_ASKEW]))

    def sample(self, specific_force_frd: Vector3, rates_frd: Vector3) -> tuple[Vector3, Vector3]:
        """Return measured specific force (m/s^2, FRD) and body rates (rad/s, FRD) for the true ones."""
        force, rates = _times(self._accel_gain, specific_force_frd), _times(self._gyro_gain, rates_frd)
        accel = _sum(force, self._accel_bias, self._three(self._accel_sigma), self._accel_range)
        return accel, _sum(rates, self._gyro_bias, self._three(self._gyro_sigma), self._gyro_range)

    def _gain(self, scale: float, askew: float) -> list[float]:
        row = np.zeros(9)
        draw_gain(row, 0, scale=scale, askew=askew, draws=self._random)
        return list(row.tolist())

    def _three(self, sigma: float) -> Vector3:
        gauss = self._random.gauss
        return gauss(0.0, sigma), gauss(0.0, sigma), gauss(0.0, sigma)


def _times(gain: list[float], v: Vector3) -> Vector3:
    x, y, z = v
    a, b, c, d, e, f, g, h, i = gain
    return a * x + b * y + c * z, d * x + e * y + f * z, g * x + h * y + i * z


def _sum(a: Vector3, b: Vector3, c: Vector3, most: float) -> Vector3:
    x, y, z = (min(max(sum(parts), -most), most) for parts in zip(a, b, c, strict=True))
    return x, y, z
