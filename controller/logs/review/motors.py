"""Motor balance: whether some motors of a multicopter work harder than others for the whole flight."""

from __future__ import annotations

import numpy as np

from controller.logs.review.evidence import Measured
from controller.logs.review.flight import Flight
from controller.logs.review.records import Rows
from controller.logs.series.view import Array

# ArduPilot's SERVOn_FUNCTION: 33 to 40 are motors 1 to 8, 82 to 85 motors 9 to 12.
_MOTOR_FUNCTIONS = {**{33 + n: n + 1 for n in range(8)}, **{82 + n: n + 9 for n in range(4)}}
_OUTPUTS = {"dataflash": ("RCOU", "C{}"), "tlog": ("SERVO_OUTPUT_RAW", "servo{}_raw")}
_MOST_OUTPUTS = 16
_LEAST_ROWS = 50
# The tail of a tricopter carries what the two others do not.
_LEAST_MOTORS = 4
# PX4's motors go from 0 to 1, what ArduPilot and its analyser call 1000 to 2000 µs.
_FULL_SPAN_US = 1000.0
_IDLE_US = 1100.0


def motors_measured(flight: Flight) -> list[Measured]:
    """How far the means of the motors' outputs in the air lie apart, in microseconds of pulse."""
    found = motor_outputs(flight)
    if found is None:
        return []
    source, times_us, motors = found
    # Motors of a VTOL stand still in wing-borne flight.
    turning = flight.in_air(times_us) & (np.min(list(motors.values()), axis=0) > _IDLE_US)
    if turning.sum() < _LEAST_ROWS or len(motors) < _LEAST_MOTORS:
        return []
    means = {number: float(values[turning].mean()) for number, values in motors.items()}
    hardest, easiest = max(means, key=means.__getitem__), min(means, key=means.__getitem__)
    listed = ", ".join(f"{number}: {mean:.0f}" for number, mean in sorted(means.items()))
    return [
        Measured(
            "motors",
            source,
            means[hardest] - means[easiest],
            int(times_us[turning][0]),
            int(times_us[turning][-1]),
            int(turning.sum()),
            f"motor {hardest} works hardest, motor {easiest} least; means in µs: {listed}",
        )
    ]


def motor_outputs(flight: Flight) -> tuple[str, Array, dict[int, Array]] | None:
    """Source, times, and each motor's output in microseconds of pulse; None where the log does not tell which are motors."""
    if flight.read.format == "ulog":
        return _px4_motors(flight)
    name, column = _OUTPUTS[flight.read.format]
    rows = flight.records.first(name)
    if rows is None:
        return None
    motors: dict[int, Array] = {}
    for output in range(1, _MOST_OUTPUTS + 1):
        motor = _MOTOR_FUNCTIONS.get(int(flight.params.get(f"SERVO{output}_FUNCTION", 0)))
        # A motor without a pulse all along is not there, or not on this output.
        if motor is not None and column.format(output) in rows and rows[column.format(output)].any():
            # The same motor on two outputs: the first is the one that is meant.
            motors.setdefault(motor, rows[column.format(output)])
    return (rows.source, flight.times_us(rows.times_us), motors) if motors else None


def _px4_motors(flight: Flight) -> tuple[str, Array, dict[int, Array]] | None:
    rows: Rows | None = flight.records.first("actuator_motors")
    if rows is None:
        return None
    count = int(flight.params.get("CA_ROTOR_COUNT", 0))
    motors = {
        number + 1: values * _FULL_SPAN_US + _FULL_SPAN_US
        for number in range(count)
        if f"control[{number}]" in rows
        for values in [rows[f"control[{number}]"]]
        if np.isfinite(values).any()
    }
    return (rows.source, flight.times_us(rows.times_us), motors) if motors else None
