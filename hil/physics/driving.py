"""Driving stage of a rover: two driven wheels with motors, castors in front and behind, and ground contact.

A speed controller drives each wheel towards its commanded rim speed, up to the motor's force; ground force and
rolling resistance act against it. The ground pushes the rover with the same force, up to the friction limit. Turning
on the spot, slipping on a slope and spinning wheels follow from that. Castors roll in any direction. An empty battery
gives no force.
"""

from __future__ import annotations

import math

from hil.jit import stage
from hil.physics.ground import FARTHEST_POINT_M
from hil.physics.params import FRICTION, OCV
from hil.physics.params import MASS as WEIGHT
from hil.physics.rolling import push_hull, push_wheel
from hil.physics.rover_params import (
    EFFICIENCY,
    HULL,
    HULL_TABLE,
    LEFT,
    MAX_FORCE,
    MAX_SPEED,
    RIGHT,
    ROLLING,
    STIFFNESS,
    WHEEL_MASS,
)
from hil.physics.state import (
    ANCHOR,
    CONTACTS,
    DUTY,
    GRAVITY,
    GROUND_D,
    POS,
    ROTOR,
    SHAFT_W,
    SLOPE,
    VOLTAGE,
    Array,
)


@stage
def drive_wheels(state: Array, inputs: Array, params: Array, rover: Array, dt: float) -> None:
    """Step both wheels by dt, add ground forces on all wheels to the wrench and set the motors' power."""
    north, east = inputs[SLOPE], inputs[SLOPE + 1]
    off_n, off_e = state[POS] - inputs[ANCHOR], state[POS + 1] - inputs[ANCHOR + 1]
    ground_d = inputs[GROUND_D] + north * off_n + east * off_e
    near = state[POS + 2] >= ground_d - FARTHEST_POINT_M
    # Each driven wheel takes half of the rolling resistance, castors included.
    resists = 0.5 * rover[ROLLING] * params[WEIGHT] * inputs[GRAVITY]
    state[SHAFT_W] = 0.0
    most = rover[MAX_FORCE] * min(state[VOLTAGE] / params[OCV], 1.0)
    for side in (LEFT, RIGHT):
        rim = state[ROTOR + side]
        setpoint = (2.0 * min(max(inputs[DUTY + side], 0.0), 1.0) - 1.0) * rover[MAX_SPEED]
        ground = 0.0
        if near:
            ground = push_wheel(
                state, params, dt, side, ground_d, north, east, 0.0, rim, params[FRICTION], params[FRICTION]
            )
        # The speed controller is stiff: implicit integration is stable at any step.
        pace = dt / rover[WHEEL_MASS]
        push = rover[STIFFNESS] * (setpoint - rim + pace * ground) / (1.0 + pace * rover[STIFFNESS])
        push = min(max(push, -most), most)
        moving = push - ground
        # Rolling resistance stops a wheel but never reverses it.
        after = rim + pace * moving
        held = pace * resists
        state[ROTOR + side] = math.copysign(max(abs(after) - held, 0.0), after)
        state[SHAFT_W] += max(push * rim, 0.0) / rover[EFFICIENCY]
    if not near:
        return
    for i in range(RIGHT + 1, CONTACTS):
        push_wheel(state, params, dt, i, ground_d, north, east, 0.0, 0.0, 0.0, 0.0)
    for i in range(int(rover[HULL])):
        at = HULL_TABLE + 3 * i
        push_hull(state, params, rover[at], rover[at + 1], rover[at + 2], ground_d, north, east)
