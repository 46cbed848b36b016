"""Which of PX4's outputs moves what on an airframe, and what HIL_ACTUATOR_CONTROLS commands them: checked, at rest while disarmed.

Motors that turn one way come as 0..1 and everything else as -1..1 (PX4-Autopilot, SimulatorMavlink.cpp:
actuator_controls_from_outputs; PWMSim.cpp: updateOutputs). Functions from src/lib/mixer_module/output_functions.yaml.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from controller.wire.message import Message
from hil.airframes.load import Airframe
from hil.bridges.surfaces import surfaces_of

ARMED = 128  # MAV_MODE_FLAG_SAFETY_ARMED
LOCKSTEP = 1
MOTOR1, SERVO1 = 101, 201
RIGHT_WHEEL, LEFT_WHEEL = 1, 2  # rover_differential: motor 1 is the right one


@dataclass(frozen=True, slots=True)
class ActuatorOutput:
    """One output, counted from 1. Its values begin at `least`, 0 or -1, and end at 1; 0 is at rest. `sign` is a surface's."""

    number: int
    function: int
    least: float = 0.0
    sign: int = 1

    def duty(self, value: float) -> float:
        """What the plant is told, 0..1."""
        share = (min(max(value, self.least), 1.0) - self.least) / (1.0 - self.least)
        return share if self.sign > 0 else 1.0 - share

    def value(self, duty: float) -> float:
        """What PX4 gives out for it."""
        share = duty if self.sign > 0 else 1.0 - duty
        return self.least + (1.0 - self.least) * share


def outputs_of(airframe: Airframe) -> tuple[ActuatorOutput, ...]:
    """In the order in which the plant takes its commands. Raises AirframeError for surfaces that PX4 does not know."""
    if airframe.kind == "rover":
        return tuple(
            ActuatorOutput(wheel, MOTOR1 + wheel - 1, least=-1.0) for wheel in (LEFT_WHEEL, RIGHT_WHEEL)
        )
    motors = airframe.rotor_count + (airframe.wing is not None)
    turning = tuple(ActuatorOutput(1 + i, MOTOR1 + i) for i in range(motors))
    surfaces = (
        ActuatorOutput(1 + motors + i, SERVO1 + i, least=-1.0, sign=surface.sign)
        for i, surface in enumerate(surfaces_of(airframe))
    )
    return (*turning, *surfaces)


class ActuatorCommands:
    """The last good commands of all outputs. One that is no number keeps its last value, and that is told once."""

    def __init__(self, outputs: tuple[ActuatorOutput, ...], tell: Callable[[str], None]) -> None:
        self._outputs = outputs
        self._at_rest = [output.duty(0.0) for output in outputs]
        self.duties = list(self._at_rest)
        self.armed = False
        self.bad = 0
        self._tell = tell

    def take(self, message: Message) -> list[float]:
        """The duties after this message."""
        self.armed = bool(message.mode & ARMED)
        if not self.armed:
            self.duties = list(self._at_rest)
            return self.duties
        controls = message.controls
        for i, output in enumerate(self._outputs):
            value = controls[output.number - 1]
            if math.isfinite(value):
                self.duties[i] = output.duty(value)
                continue
            self.bad += 1
            if self.bad == 1:
                self._tell(
                    f"PX4 sent {value} for output {output.number} at {message.time_usec / 1e6:.3f} s of its clock; "
                    "it keeps its last command (is a CA_ or HIL_ACT_ parameter wrong?)"
                )
        return self.duties
