"""Physics step of a rover: its stages in order, in one compiled function."""

from __future__ import annotations

from hil.jit import stage
from hil.physics.aero import drag_body
from hil.physics.battery import drain_battery
from hil.physics.body import clear_wrench, move_body
from hil.physics.driving import drive_wheels
from hil.physics.state import Array


@stage
def rover_step(state: Array, inputs: Array, params: Array, rover: Array, dt: float) -> Array:
    """Advance one rover by dt seconds, in place."""
    clear_wrench(state, inputs, params, dt)
    drain_battery(state, inputs, params, dt)
    drive_wheels(state, inputs, params, rover, dt)
    drag_body(state, inputs, params, dt)
    move_body(state, inputs, params, dt)
    return state
