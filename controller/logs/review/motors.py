"""Motor balance: whether some motors of a multicopter have a higher output than others over the whole flight."""

from __future__ import annotations

import numpy as np

from controller.logs.review.evidence import Measurement
from controller.logs.review.flight import ReviewedFlight

_LEAST_ROWS = 50
# The tail motor of a tricopter has another load than the two others.
_LEAST_MOTORS = 4
_IDLE_US = 1100.0


def motor_measurements(flight: ReviewedFlight) -> list[Measurement]:
    """Difference between the highest and the lowest mean output of the motors in the air, in microseconds of pulse."""
    found = flight.health.motors()
    if found is None:
        return []
    source, times_us, motors = found.source, found.times_us, found.pulses_us
    # The lift motors of a VTOL stand still in wing-borne flight.
    turning = flight.view.in_air(times_us) & (np.min(list(motors.values()), axis=0) > _IDLE_US)
    if turning.sum() < _LEAST_ROWS or len(motors) < _LEAST_MOTORS:
        return []
    means = {number: float(values[turning].mean()) for number, values in motors.items()}
    hardest, easiest = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    listed = ", ".join(f"{number}: {mean:.0f}" for number, mean in sorted(means.items()))
    return [
        Measurement(
            "motors",
            source,
            means[hardest] - means[easiest],
            int(times_us[turning][0]),
            int(times_us[turning][-1]),
            int(turning.sum()),
            f"motor {hardest} has the highest output, motor {easiest} the lowest; means in µs: {listed}",
        )
    ]
