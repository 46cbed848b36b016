"""Physics step of a winged vehicle, with or without lifting rotors: its stages in order, in one compiled function."""

from __future__ import annotations

from hil.jit import stage
from hil.physics.aero import drag_body
from hil.physics.battery import drain_battery
from hil.physics.body import clear_wrench, move_body
from hil.physics.params import ROTORS
from hil.physics.propeller import push_propeller
from hil.physics.rolling import roll_ground
from hil.physics.rotor import push_rotors, spin_rotors
from hil.physics.state import SHAFT_W, Array
from hil.physics.wing import move_surfaces, push_wing


@stage
def winged_step(state: Array, inputs: Array, params: Array, wing: Array, dt: float) -> Array:
    """Advance one winged vehicle by dt seconds, in place; `params` come from `at_step` with this dt."""
    rotors = int(params[ROTORS])
    clear_wrench(state, inputs, params, dt)
    drain_battery(state, inputs, params, dt)
    if rotors > 0:
        spin_rotors(state, inputs, params, dt, rotors)
        push_rotors(state, inputs, params, dt, rotors)
    else:
        state[SHAFT_W] = 0.0
    push_propeller(state, inputs, params, wing, dt)
    move_surfaces(state, inputs, wing, dt)
    push_wing(state, inputs, wing)
    drag_body(state, inputs, params, dt)
    roll_ground(state, inputs, params, wing, dt)
    move_body(state, inputs, params, dt)
    return state
