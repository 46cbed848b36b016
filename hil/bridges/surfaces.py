"""What an airframe's control surfaces are to an autopilot: an aileron, half of a V-tail, and which way is up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hil.airframes.load import Airframe
from hil.errors import AirframeError
from hil.physics import wing_params as w

# What it does to roll (right), pitch (up) and yaw (right) when it is commanded up: the senses of ArduPilot's servo functions
# and mixers (ArduPlane, servos.cpp: channel_function_mixer), and of PX4's control allocation.
ROLES = {
    "aileron": (1, 0, 0),
    "elevator": (0, 1, 0),
    "rudder": (0, 0, 1),
    "elevon_left": (-1, 1, 0),
    "elevon_right": (1, 1, 0),
    "vtail_left": (0, 1, 1),
    "vtail_right": (0, 1, -1),
}


@dataclass(frozen=True, slots=True)
class ControlSurface:
    """`sign` turns the autopilot's command (-1..1) into the airframe's."""

    role: str
    sign: int

    def duty(self, command: float) -> float:
        """The plant's command, 0..1."""
        return 0.5 + 0.5 * self.sign * min(max(command, -1.0), 1.0)

    def command(self, duty: float) -> float:
        """The other way round."""
        return self.sign * (2.0 * duty - 1.0)


def surfaces_of(airframe: Airframe) -> tuple[ControlSurface, ...]:
    """Its surfaces in their order. Raises AirframeError for one that is none of `ROLES`, or is there twice."""
    wing = airframe.wing
    if wing is None:
        return ()
    table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * int(wing[w.SURFACES])].reshape(-1, 4)
    turns = np.sign([wing[w.ROLL + 3], wing[w.PITCH + 3], wing[w.YAW + 4]])
    found: list[ControlSurface] = []
    for number, shares in enumerate(table[:, 1:], 1):
        does = tuple(int(one) for one in np.sign(shares) * turns)
        for role, wanted in ROLES.items():
            sign = 1 if does == wanted else -1 if does == tuple(-one for one in wanted) else 0
            if sign and all(role != other.role for other in found):
                found.append(ControlSurface(role, sign))
                break
        else:
            raise AirframeError(
                f"surface {number} is none that an autopilot knows, or is there twice",
                where=airframe.file,
                hint=f"there may be one of each: {', '.join(ROLES)}",
            )
    return tuple(found)
