"""Physics step of a multirotor: its stages in order, in one compiled function.

Calls through a tuple of functions are slow in numba, so the composition is written out. Other kinds of vehicles, and
the step of a batch (`hil.physics.lanes`), are other compositions of the same stages.
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
    """Advance one multirotor by dt seconds, in place; `params` come from `at_step` with this dt."""
    rotors = int(params[ROTORS])
    clear_wrench(state, inputs, params, dt)
    drain_battery(state, inputs, params, dt)
    spin_rotors(state, inputs, params, dt, rotors)
    push_rotors(state, inputs, params, dt, rotors)
    drag_body(state, inputs, params, dt)
    touch_ground(state, inputs, params, dt)
    move_body(state, inputs, params, dt)
    return state
