"""Body drag stage: quadratic drag along each body axis with its own drag area."""

from __future__ import annotations

import math

from hil.frames import ned_to_body
from hil.jit import inlined
from hil.physics.params import DRAG_AREA
from hil.physics.state import DENSITY, FORCE, QUAT, VEL, WIND, Array


@inlined
def drag_body(state: Array, inputs: Array, params: Array, dt: float) -> None:  # noqa: ARG001
    """Add drag, 1/2 rho CdA |v| v against the airspeed, to the wrench."""
    u, v, w = ned_to_body(
        state[QUAT],
        state[QUAT + 1],
        state[QUAT + 2],
        state[QUAT + 3],
        state[VEL] - inputs[WIND],
        state[VEL + 1] - inputs[WIND + 1],
        state[VEL + 2] - inputs[WIND + 2],
    )
    pressure = 0.5 * inputs[DENSITY] * math.sqrt(u * u + v * v + w * w)
    state[FORCE] -= pressure * params[DRAG_AREA] * u
    state[FORCE + 1] -= pressure * params[DRAG_AREA + 1] * v
    state[FORCE + 2] -= pressure * params[DRAG_AREA + 2] * w
