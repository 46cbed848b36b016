"""Layout of the physics' state and input arrays: one flat float64 row per vehicle, so that a batch is a matrix of rows.

Compiled kernels read these indices as constants. A change here changes every stage; add at the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MAX_ROTORS = 8
CONTACTS = 4

# --- state --- (rotors last: a batch keeps only the existing ones)
POS = 0  # 3: m, NED of home
VEL = 3  # 3: m/s, NED
QUAT = 6  # 4: w x y z, body to NED
RATE = 10  # 3: rad/s, FRD
USED_C = 13  # coulombs drawn from the battery
VOLTAGE = 14  # V at the battery's terminals
CURRENT = 15  # A
FORCE = 16  # 3: N, FRD, all but gravity, of this step
TORQUE = 19  # 3: N m, FRD, of this step
SPECIFIC = 22  # 3: m/s^2, FRD: specific force at the centre of mass
CONTACT = 25  # 4 x 2: m, north and east stretch of each foot's friction spring
SPIN = 33  # N m s, angular momentum of all rotors along body down
SHAFT_W = 34  # W, power of all shafts into the air
ROTOR = 35  # 8: rad/s, never negative
STATE_SIZE = 43

# --- inputs ---
WIND = 0  # 3: m/s, NED, the air's motion over ground
DENSITY = 3  # kg/m^3
GRAVITY = 4  # m/s^2
GROUND_D = 5  # m, NED down of the ground below the vehicle
VOLTAGE_OVERRIDE = 6  # V; 0 = use the battery model
VOLTAGE_LOSS = 7  # V, voltage lost by a battery fault such as a dead cell
DUTY = 8  # 8: 0..1, motor commands (fraction of the speed the voltage allows)
# Omitted in a batch.
SLOPE = 16  # 2: fall of the ground per metre north and east
ANCHOR = 18  # 2: m, north and east of the point where GROUND_D holds
INPUT_SIZE = 20


def level_state(*, heading_rad: float = 0.0) -> Array:
    """Return the state of a vehicle at home, level and at rest."""
    state = np.zeros(STATE_SIZE)
    state[QUAT] = np.cos(0.5 * heading_rad)
    state[QUAT + 3] = np.sin(0.5 * heading_rad)
    return state


def still_air(
    *, density_kg_m3: float = 1.225, gravity_m_s2: float = 9.80665, ground_d_m: float = 1e9
) -> Array:
    """Return inputs with stopped motors and no wind; by default the ground is out of reach."""
    inputs = np.zeros(INPUT_SIZE)
    inputs[DENSITY] = density_kg_m3
    inputs[GRAVITY] = gravity_m_s2
    inputs[GROUND_D] = ground_d_m
    return inputs
