"""Layout of a vehicle's parameter row, whose indices compiled kernels read as constants. SI units.

`hil.airframes` fills the row from a TOML file.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

MASS = 0  # kg
INERTIA = 1  # 3: kg m^2, principal, about FRD
DRAG_AREA = 4  # 3: m^2, drag coefficient times area, for flow along each body axis
ROTORS = 7  # count
THRUST_COEF = 8  # N s^2 (thrust = coef * speed^2 at SEA_LEVEL_DENSITY)
ROTOR_INERTIA = 9  # kg m^2, rotor and bell
SHARE_UP = 10  # share of the speed error that a rotor closes in one step when it speeds up, by `at_step`
SHARE_DOWN = 11  # the same when it slows down
PROFILE_TORQUE = 12  # m: MOMENT_COEF without the induced part, by `derive_rotor_params`
SPEED_PER_V = 13  # rad/s for each volt at full duty, by `at_step`
FLAP_BACK = (
    14  # N m s^2/m per rad: moment that lifts the side towards which a rotor moves, by `derive_rotor_params`
)
ROTOR_DRAG = 15  # N s^2/m per rad: force = coef * rotor speed * cross flow
ROLLING_MOMENT = (
    16  # N m s^2/m per rad: moment that lifts the advancing blade's side, by `derive_rotor_params`
)
RADIUS = 17  # m, of a rotor
CAPACITY_C = 18  # coulombs
RESISTANCE = 19  # ohm
EFFICIENCY = 20  # shaft power over electric power
AVIONICS_W = 21  # W, all but the motors
OCV = 22  # 11: V, open circuit at 0, 10, ..., 100 % charge
CONTACT_STIFFNESS = 33  # N/m, each foot, normal and tangential
CONTACT_DAMPING = 34  # N s/m
FRICTION = 35  # coefficient
FEET = 36  # 4 x 3: m, FRD, feet
HOVER_INFLOW = 48  # m: induced speed in still air = this * rotor speed, by `derive_rotor_params`
INFLOW_LOSS = 49  # thrust lost for each unit of inflow over tip speed, by `derive_rotor_params`
FLAP_SIDE = 50  # N s^2/m per rad: force away from the advancing blade's side, by `derive_rotor_params`
ROTOR_TABLE = 51  # 8 x 4: x, y, z in m FRD, and +1 turning clockwise seen from above, -1 counter-clockwise
# Not read by the steps: behind the table, so that a batch can omit them.
TAU_UP = 83  # s
TAU_DOWN = 84  # s
MOMENT_COEF = 85  # m, drag torque over thrust, in still air
MAX_SPEED = 86  # rad/s at full duty and REF_VOLTAGE
REF_VOLTAGE = 87  # V
LOCK = 88  # Lock number of a blade: air forces over inertia in flapping
FLAP_FREQUENCY = 89  # of a blade's first flapping mode, for each revolution
PARAM_SIZE = 90

OCV_POINTS = 11
SEA_LEVEL_DENSITY = 1.225  # kg/m^3, ISA
# Induced power over the ideal one (Leishman, Principles of Helicopter Aerodynamics, 2006, 2.13).
INDUCED_FACTOR = 1.15

Row = NDArray[np.float64]


def hover_inflow_m(thrust_coef: float, radius_m: float) -> float:
    """Return the induced velocity of a hovering rotor over its angular speed, by momentum theory."""
    disc_m2 = math.pi * radius_m * radius_m
    return math.sqrt(thrust_coef / (2.0 * SEA_LEVEL_DENSITY * disc_m2))


def derive_rotor_params(row: Row, *, zero_thrust_advance: float) -> None:
    """Derive the parameters of the rotor stage in place; thrust ends at this axial advance ratio V / (n D)."""
    radius_m = row[RADIUS]
    inflow_m = hover_inflow_m(row[THRUST_COEF], radius_m)
    row[HOVER_INFLOW] = inflow_m
    # All as fractions of tip speed; V/(n D) = pi V / tip speed.
    climb, still = zero_thrust_advance / math.pi, inflow_m / radius_m
    induced = -0.5 * climb + math.sqrt(0.25 * climb * climb + still * still)
    row[INFLOW_LOSS] = 1.0 / (climb + induced - still)
    row[PROFILE_TORQUE] = row[MOMENT_COEF] - INDUCED_FACTOR * inflow_m
    _flap(row)


def _flap(row: Row) -> None:
    """Derive the flapping of a hingeless blade in cross flow, without coning.

    First harmonic, first order in the advance ratio.

    Blade stiffness over aerodynamic damping sets how far the disc tilts back and how far away from the advancing
    blade's side (Leishman 2006, 4.5 and 4.6; Hoffmann et al., AIAA 2007-6461). The stiffness carries the tilt into a
    hub moment.
    """
    radius_m, inertia, lock = row[RADIUS], row[ROTOR_INERTIA], row[LOCK]
    stiff = row[FLAP_FREQUENCY] ** 2 - 1.0
    late = 8.0 * stiff / lock
    # Tilts in rad per unit of advance ratio; blade pitch follows from static thrust.
    drive = 16.0 * row[THRUST_COEF] * radius_m / (lock * inertia) + 2.0 * row[HOVER_INFLOW] / radius_m
    back = drive / (1.0 + late * late)
    hub = 0.5 * inertia * stiff  # N m for each rad of tilt and (rad/s)^2
    row[FLAP_BACK] = hub * back / radius_m
    row[ROLLING_MOMENT] = hub * late * back / radius_m
    row[FLAP_SIDE] = row[THRUST_COEF] * late * back / radius_m


def at_step(row: Row, dt: float) -> Row:
    """Return a copy of the row (or rows) for steps of dt seconds."""
    out = row.copy()
    out[..., SPEED_PER_V] = row[..., MAX_SPEED] / row[..., REF_VOLTAGE]
    out[..., SHARE_UP] = -np.expm1(-dt / row[..., TAU_UP])
    out[..., SHARE_DOWN] = -np.expm1(-dt / row[..., TAU_DOWN])
    return out
