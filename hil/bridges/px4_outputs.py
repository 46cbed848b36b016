"""Motor commands out of HIL_ACTUATOR_CONTROLS: checked, in the airframe's order, stopped while disarmed.

Motors come as 0..1 and everything else as -1..1 (PX4-Autopilot, SimulatorMavlink.cpp: actuator_controls_from_outputs).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from controller.wire.message import Message
from hil.airframes.load import Airframe
from hil.errors import AirframeError

ARMED = 128  # MAV_MODE_FLAG_SAFETY_ARMED
LOCKSTEP = 1


def check_rotors_alone(airframe: Airframe) -> None:
    """Raises AirframeError for wings and wheels."""
    if airframe.kind != "multirotor":
        raise AirframeError(
            f"PX4 is given rotors alone here, this is a {airframe.kind}",
            where=airframe.file,
            hint="fly it with ArduPilot: landline hil ardupilot, or --autopilot-binary arduplane or ardurover",
        )


class Outputs:
    """The last good commands of `count` motors. An output that is no number keeps its last value, and that is told once."""

    def __init__(self, count: int, tell: Callable[[str], None]) -> None:
        self.duties = [0.0] * count
        self.armed = False
        self.bad = 0
        self._tell = tell

    def take(self, message: Message) -> list[float]:
        """The duties after this message."""
        self.armed = bool(message.mode & ARMED)
        if not self.armed:
            self.duties = [0.0] * len(self.duties)
            return self.duties
        controls = message.controls
        for i in range(len(self.duties)):
            value = controls[i]
            if math.isfinite(value):
                self.duties[i] = min(max(value, 0.0), 1.0)
                continue
            self.bad += 1
            if self.bad == 1:
                self._tell(
                    f"PX4 sent {value} for output {i + 1} at {message.time_usec / 1e6:.3f} s of its clock; "
                    "the motor keeps its last command (is a CA_ or HIL_ACT_ parameter wrong?)"
                )
        return self.duties
