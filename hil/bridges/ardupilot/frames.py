"""ArduPilot frame of an airframe, by position and direction of its motors."""

from __future__ import annotations

import math
from dataclasses import dataclass

from hil.airframes.load import Airframe
from hil.errors import AirframeError
from hil.physics.params import ROTOR_TABLE


@dataclass(frozen=True, slots=True)
class MultirotorFrame:
    """FRAME_CLASS and FRAME_TYPE; motors are degrees clockwise from the nose and direction."""

    frame_class: int
    frame_type: int
    motors: str


# AP_MotorsMatrix.cpp of ardupilot: setup_quad_matrix, setup_hexa_matrix, setup_octa_matrix, setup_octaquad_matrix.
FRAMES = (
    MultirotorFrame(1, 0, "90ccw -90ccw 0cw 180cw"),
    MultirotorFrame(1, 1, "45ccw -135ccw -45cw 135cw"),
    MultirotorFrame(2, 1, "90cw -90ccw -30cw 150ccw 30ccw -150cw"),
    MultirotorFrame(3, 1, "22.5cw -157.5cw 67.5ccw 157.5ccw -22.5ccw -112.5ccw -67.5cw 112.5cw"),
    MultirotorFrame(4, 1, "45ccw -45cw -135ccw 135cw -45ccw 45cw 135ccw -135cw"),
)
TOLERANCE_DEG = 16.0  # arms of real frames are not equal: those of quad_x are 13 degrees off the diagonal


def frame_of(airframe: Airframe) -> MultirotorFrame:
    """Return the frame with the airframe's motors, in this order. Raises AirframeError when there is none."""
    ours = []
    for number in range(airframe.rotor_count):
        x, y, _, turn = airframe.params[ROTOR_TABLE + 4 * number : ROTOR_TABLE + 4 * number + 4]
        ours.append((math.degrees(math.atan2(y, x)), turn > 0.0))
    for frame in FRAMES:
        theirs = [(float(motor.rstrip("cw")), not motor.endswith("ccw")) for motor in frame.motors.split()]
        if len(theirs) == len(ours) and all(
            clockwise == theirs_clockwise and abs((angle - expected + 180.0) % 360.0 - 180.0) < TOLERANCE_DEG
            for (angle, clockwise), (expected, theirs_clockwise) in zip(ours, theirs, strict=True)
        ):
            return frame
    raise AirframeError(
        f"no ArduPilot frame has {len(ours)} motors in these positions and directions",
        where=airframe.file,
        hint="list the rotors in the order of an ArduPilot frame: quad +, quad X, hexa X, octa X or octaquad X",
    )
