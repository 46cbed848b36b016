"""Assignment of ArduPilot's servo outputs to an airframe's actuators, and its parameters.

Functions are from SRV_Channel.h of ardupilot; outputs are the defaults of ArduPlane and Rover.
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
SURFACES = {  # function and default output
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
    """One servo output, counted from 1; `rest` is its share of the range (0..1) at rest."""

    number: int
    function: int
    rest: float = 0.0
    sign: int = 1

    def duty(self, pwm_us: Sequence[int]) -> float:
        """Return the plant's command, 0..1; an output without pulses is at rest."""
        us = pwm_us[self.number - 1] if self.number <= len(pwm_us) else 0
        share = min(max((us - MIN_US) / SPAN_US, 0.0), 1.0) if us else self.rest
        return share if self.sign > 0 else 1.0 - share

    def pulse_us(self, duty: float | None) -> int:
        """Return ArduPilot's pulse width for a plant command; None is at rest."""
        share = self.rest if duty is None else duty if self.sign > 0 else 1.0 - duty
        return round(MIN_US + SPAN_US * share)


def outputs_of(airframe: Airframe) -> tuple[PwmOutput, ...]:
    """Return the outputs in the order of the plant's commands. Raises AirframeError."""
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
    """Return frame, output and speed parameters. Raises AirframeError."""
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
    """Return airspeeds with the names since 4.5 and the older ones; ArduPilot ignores unknown names."""
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
        # Full steering drives one wheel forward and one back; this share of it gives 1 rad/s.
        "ATC_STR_RAT_FF": round(float(feet[1, 1] - feet[0, 1]) / (2.0 * most), 3),
    }
