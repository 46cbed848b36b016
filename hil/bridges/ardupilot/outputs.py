"""Which of ArduPilot's servo outputs moves what on an airframe, and the parameters that make it so.

Functions from SRV_Channel.h of ardupilot; outputs as ArduPlane and Rover have them by default.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hil.airframes.load import Airframe
from hil.autopilot.stacks.arduplane import ArduPlane
from hil.bridges.ardupilot.frames import frame_of
from hil.bridges.ardupilot.wire import MIN_US, SPAN_US
from hil.bridges.surfaces import surfaces_of
from hil.physics.params import FEET
from hil.physics.rover_params import MAX_SPEED

MOTOR1, THROTTLE, THROTTLE_LEFT, THROTTLE_RIGHT = 33, 70, 73, 74
SURFACES = {  # function, and the output it has by default
    "aileron": (4, 1),
    "elevator": (19, 2),
    "rudder": (21, 4),
    "elevon_left": (77, 1),
    "elevon_right": (78, 2),
    "vtail_left": (79, 2),
    "vtail_right": (80, 4),
}
PROPELLER_OUTPUT, LIFT_OUTPUT, LEFT_OUTPUT, RIGHT_OUTPUT = 3, 5, 1, 3
VEHICLES = {
    "multirotor": "arducopter",
    "plane": "arduplane",
    "vtol": "arduplane",
    "rover": "ardurover",
}


@dataclass(frozen=True, slots=True)
class PwmOutput:
    """One servo output, counted from 1. `rest` is its share of the range, 0..1, while nothing is asked of it."""

    number: int
    function: int
    rest: float = 0.0
    sign: int = 1

    def duty(self, pwm_us: Sequence[int]) -> float:
        """What the plant is told; an output that gives no pulses, or that is not there, rests."""
        us = pwm_us[self.number - 1] if self.number <= len(pwm_us) else 0
        share = min(max((us - MIN_US) / SPAN_US, 0.0), 1.0) if us else self.rest
        return share if self.sign > 0 else 1.0 - share

    def pulse_us(self, duty: float | None) -> int:
        """What ArduPilot gives out for it; None is at rest."""
        share = self.rest if duty is None else duty if self.sign > 0 else 1.0 - duty
        return round(MIN_US + SPAN_US * share)


def outputs_of(airframe: Airframe) -> tuple[PwmOutput, ...]:
    """In the order in which the plant takes its commands. Raises AirframeError for what ArduPilot cannot fly."""
    if airframe.kind == "rover":
        return (
            PwmOutput(LEFT_OUTPUT, THROTTLE_LEFT, rest=0.5),
            PwmOutput(RIGHT_OUTPUT, THROTTLE_RIGHT, rest=0.5),
        )
    first = 1 if airframe.wing is None else LIFT_OUTPUT
    lift = tuple(PwmOutput(first + i, MOTOR1 + i) for i in range(airframe.rotor_count))
    if airframe.wing is None:
        return lift
    surfaces = []
    for surface in surfaces_of(airframe):
        function, number = SURFACES[surface.role]
        surfaces.append(PwmOutput(number, function, rest=0.5, sign=surface.sign))
    return (*lift, PwmOutput(PROPELLER_OUTPUT, THROTTLE), *surfaces)


def output_parameters(airframe: Airframe) -> dict[str, float]:
    """Frame, functions and ranges, and the speeds that go with the wing. Raises AirframeError."""
    made: dict[str, float] = {}
    ranges = {"PWM_MIN": MIN_US, "PWM_MAX": MIN_US + SPAN_US}
    if airframe.rotor_count:
        frame, winged = frame_of(airframe), airframe.wing is not None
        before, motors = ("Q_", "Q_M_") if winged else ("", "MOT_")
        made |= {f"{before}FRAME_CLASS": frame.frame_class, f"{before}FRAME_TYPE": frame.frame_type}
        made |= {f"{motors}{name}": value for name, value in ranges.items()}
        made[f"{motors}THST_HOVER"] = round(min(max(airframe.hover_thrust_fraction, 0.125), 0.6875), 3)
    if airframe.kind == "multirotor":
        return made
    lifting = range(LIFT_OUTPUT, LIFT_OUTPUT + airframe.rotor_count)
    for output in outputs_of(airframe):
        of = f"SERVO{output.number}_"
        made[f"{of}FUNCTION"] = output.function
        if output.number not in lifting:
            made |= {f"{of}MIN": MIN_US, f"{of}MAX": MIN_US + SPAN_US}
            made[f"{of}TRIM"] = MIN_US + SPAN_US * output.rest
    if airframe.wing is not None:
        made |= _airspeeds(airframe)
        made |= {"Q_ENABLE": 1} if airframe.rotor_count else {}
    if airframe.rover is not None:
        made |= _ground_speeds(airframe)
    return made


def _airspeeds(airframe: Airframe) -> dict[str, float]:
    """By the names from 4.5 on and by those before; ArduPilot passes over names that it has not."""
    made = {"ARSPD_USE": 1} | ArduPlane.defaults(airframe)
    return made | {
        "TRIM_ARSPD_CM": round(100.0 * made["AIRSPEED_CRUISE"]),
        "ARSPD_FBW_MIN": made["AIRSPEED_MIN"],
        "ARSPD_FBW_MAX": made["AIRSPEED_MAX"],
    }


def _ground_speeds(airframe: Airframe) -> dict[str, float]:
    assert airframe.rover is not None
    feet, most = airframe.params[FEET : FEET + 12].reshape(4, 3), float(airframe.rover[MAX_SPEED])
    return {
        "CRUISE_SPEED": airframe.cruise_m_s,
        "CRUISE_THROTTLE": round(100.0 * airframe.cruise_m_s / most),
        "WP_SPEED": airframe.cruise_m_s,
        # Full steering turns one wheel forward and one back: what of it makes a turn of 1 rad/s.
        "ATC_STR_RAT_FF": round(float(feet[1, 1] - feet[0, 1]) / (2.0 * most), 3),
    }
