"""Roles of an airframe's control surfaces for an autopilot, such as aileron or V-tail, and their signs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hil.airframes.load import Airframe
from hil.errors import AirframeError
from hil.physics import wing_params as w

# Effect on roll (right), pitch (up) and yaw (right) of a command up: the signs of ArduPilot's servo
# functions and mixers (ArduPlane, servos.cpp: channel_function_mixer), and of PX4's control allocation.
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
    """Control surface; `sign` converts the autopilot's command (-1..1) to the airframe's."""

    role: str
    sign: int

    def duty(self, command: float) -> float:
        """Return the plant's command, 0..1, for the autopilot's."""
        return 0.5 + 0.5 * self.sign * min(max(command, -1.0), 1.0)

    def command(self, duty: float) -> float:
        """Return the autopilot's command, -1..1, for the plant's."""
        return self.sign * (2.0 * duty - 1.0)


def surfaces_of(airframe: Airframe) -> tuple[ControlSurface, ...]:
    """Return the surfaces in order. Raises AirframeError for one without a role of `ROLES`, or with a used one."""
    wing = airframe.wing
    if wing is None:
        return ()
    table = wing[w.SURFACE_TABLE : w.SURFACE_TABLE + 4 * int(wing[w.SURFACES])].reshape(-1, 4)
    turns = np.sign([wing[w.ROLL + 3], wing[w.PITCH + 3], wing[w.YAW + 4]])
    found: list[ControlSurface] = []
    for number, shares in enumerate(table[:, 1:], 1):
        effect = tuple(int(one) for one in np.sign(shares) * turns)
        for role, expected in ROLES.items():
            sign = 1 if effect == expected else -1 if effect == tuple(-one for one in expected) else 0
            if sign and all(role != other.role for other in found):
                found.append(ControlSurface(role, sign))
                break
        else:
            raise AirframeError(
                f"cannot map surface {number} to an autopilot's surface, or its role is used twice",
                where=airframe.file,
                hint=f"use one of each at most: {', '.join(ROLES)}",
            )
    return tuple(found)
