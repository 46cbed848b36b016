"""Where things are in a vehicle's parameter row, read by kernels built by `hil.jit`. SI units throughout.

`hil.airframes` fills the row from a TOML file; nothing else should know the numbers.
"""

from __future__ import annotations

MASS = 0  # kg
INERTIA = 1  # 3: kg m^2, principal, about FRD
DRAG_AREA = 4  # 3: m^2, drag coefficient times area, for flow along each body axis
ROTORS = 7  # count
THRUST_COEF = 8  # N s^2 (thrust = coef * speed^2 at SEA_LEVEL_DENSITY)
MOMENT_COEF = 9  # m, drag torque over thrust
ROTOR_INERTIA = 10  # kg m^2, rotor and bell
TAU_UP = 11  # s
TAU_DOWN = 12  # s
MAX_SPEED = 13  # rad/s at full duty and REF_VOLTAGE
REF_VOLTAGE = 14  # V
ROTOR_DRAG = 15  # N s^2/m per rad: force = coef * rotor speed * cross flow
ROLLING_MOMENT = 16  # N m s^2/m per rad: moment of the advancing blade
AXIAL_LOSS_SPEED = 17  # m/s of climb along the axis at which thrust would vanish
CAPACITY_C = 18  # coulombs
RESISTANCE = 19  # ohm
EFFICIENCY = 20  # shaft power over electric power
AVIONICS_W = 21  # W, all that is not a motor
OCV = 22  # 11: V, open circuit at 0, 10, ..., 100 % charge
CONTACT_STIFFNESS = 33  # N/m, each leg, along and across
CONTACT_DAMPING = 34  # N s/m
FRICTION = 35  # coefficient
LEGS = 36  # 4 x 3: m, FRD, feet
ROTOR_TABLE = 48  # 8 x 4: x, y, z in m FRD, and +1 turning clockwise seen from above, -1 counter-clockwise
PARAM_SIZE = 80

OCV_POINTS = 11
SEA_LEVEL_DENSITY = 1.225  # kg/m^3, ISA
