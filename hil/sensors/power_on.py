"""Random values of a power-on: biases, scale and misalignment errors, soft and hard iron, time to the first fix.

Not compiled, as it runs once. A stream's present state seeds it, so that it advances no stream.
"""

from __future__ import annotations

import math
import random

from hil.physics.state import MAX_ROTORS, Array
from hil.sensors import layout as at
from hil.sensors.noise import IMU_RNG, Streams


def switch_on(errors: Array, records: Array, streams: Streams) -> None:
    """Fill the row of errors for this power-on from the present state of the streams."""
    draws = random.Random(int(streams[IMU_RNG]))
    for first, sigma in (
        (at.GYRO_TURN_ON, at.GYRO_TURN_ON_SIGMA),
        (at.ACCEL_TURN_ON, at.ACCEL_TURN_ON_SIGMA),
        (at.MAG_BIAS, at.MAG_TURN_ON_SIGMA),
        (at.GYRO_PER_K, at.GYRO_PER_K_SIGMA),
        (at.ACCEL_PER_K, at.ACCEL_PER_K_SIGMA),
    ):
        for i in range(3):
            errors[first + i] = records[sigma] * draws.gauss()
    draw_gain(errors, at.GYRO_GAIN, scale=records[at.GYRO_SCALE], askew=records[at.GYRO_ASKEW], draws=draws)
    draw_gain(
        errors, at.ACCEL_GAIN, scale=records[at.ACCEL_SCALE], askew=records[at.ACCEL_ASKEW], draws=draws
    )
    draw_gain(errors, at.MAG_GAIN, scale=records[at.MAG_SCALE], askew=records[at.MAG_ASKEW], draws=draws)
    for i in range(MAX_ROTORS):
        errors[at.VIBRATION_PHASE + i] = math.tau * draws.random()
    switch_on_gps(errors, records, draws)


def draw_gain(errors: Array, first: int, *, scale: float, askew: float, draws: random.Random) -> None:
    """Draw a 3 x 3 gain matrix: scale error on the diagonal, misalignment of the axes off it."""
    for i in range(3):
        for j in range(3):
            error = draws.gauss()
            errors[first + 3 * i + j] = 1.0 + scale * error if i == j else askew * error


def switch_on_gps(errors: Array, records: Array, draws: random.Random) -> None:
    """Draw the time to the first fix and the initial position error."""
    errors[at.GPS_ENABLED] = 1.0
    errors[at.GPS_DUE] = -1.0
    errors[at.GPS_FIX_AT] = draws.uniform(records[at.GPS_FIX_MIN], records[at.GPS_FIX_MAX])
    for i in range(3):
        errors[at.GPS_ERROR + i] = records[at.GPS_V_SIGMA if i == 2 else at.GPS_H_SIGMA] * draws.gauss()
