"""Assignment of PX4's outputs to an airframe's actuators, and their commands from HIL_ACTUATOR_CONTROLS.

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
    """One output, counted from 1, with values from `least` (0 or -1) to 1; 0 is at rest."""

    number: int
    function: int
    least: float = 0.0
    sign: int = 1

    def duty(self, value: float) -> float:
        """Return the plant's command, 0..1, for PX4's value."""
        share = (min(max(value, self.least), 1.0) - self.least) / (1.0 - self.least)
        return share if self.sign > 0 else 1.0 - share

    def value(self, duty: float) -> float:
        """Return PX4's value for a plant's command."""
        share = duty if self.sign > 0 else 1.0 - duty
        return self.least + (1.0 - self.least) * share


def outputs_of(airframe: Airframe) -> tuple[ActuatorOutput, ...]:
    """Return the outputs in the order of the plant's commands. Raises AirframeError for unknown surfaces."""
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
    """Last valid commands of all outputs, at rest while disarmed.

    An output with a value that is not finite keeps its last command, which is reported once.
    """

    def __init__(self, outputs: tuple[ActuatorOutput, ...], note: Callable[[str], None]) -> None:
        self._outputs = outputs
        self._at_rest = [output.duty(0.0) for output in outputs]
        self.duties = list(self._at_rest)
        self.armed = False
        self.bad = 0
        self._note = note

    def update(self, message: Message) -> list[float]:
        """Return the plant's commands after this message."""
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
                self._note(
                    f"PX4 sent {value} for output {output.number} at {message.time_usec / 1e6:.3f} s of its clock; "
                    "the output keeps its last command. Check the CA_ and HIL_ACT_ parameters"
                )
        return self.duties
