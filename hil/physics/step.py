"""The step of a multirotor: its stages in order, as one compiled function.

Numba cannot call through a tuple of functions without paying for it, so the composition is written out; another kind of
vehicle is another composition of the same stages, and so is the step of a batch (`hil.physics.lanes`).
"""

from __future__ import annotations

from hil.jit import stage
from hil.physics.aero import drag_body
from hil.physics.battery import drain_battery
from hil.physics.body import clear_wrench, move_body
from hil.physics.ground import touch_ground
from hil.physics.params import ROTORS
from hil.physics.rotor import push_rotors, spin_rotors
from hil.physics.state import Array


@stage
def multirotor_step(state: Array, inputs: Array, params: Array, dt: float) -> Array:
    """Advance one multirotor by dt seconds, in place; `params` are `at_step` of this dt."""
    rotors = int(params[ROTORS])
    clear_wrench(state, inputs, params, dt)
    drain_battery(state, inputs, params, dt)
    spin_rotors(state, inputs, params, dt, rotors)
    push_rotors(state, inputs, params, dt, rotors)
    drag_body(state, inputs, params, dt)
    touch_ground(state, inputs, params, dt)
    move_body(state, inputs, params, dt)
    return state
