"""Layout of a winged vehicle's own parameter row, besides `hil.physics.params`. SI units, radians.

Coefficients are those of Beard and McLain, Small Unmanned Aircraft (2012), chapter 4: positive aileron rolls right,
positive elevator pitches down, positive rudder yaws left; rates are made dimensionless by half the span or chord over
airspeed.
"""

from __future__ import annotations

AREA = 0  # m^2
SPAN = 1  # m
CHORD = 2  # m
LIFT = 3  # 4: at zero, by angle of attack, by pitch rate, by elevator
DRAG = 7  # 5: at zero, by angle of attack, by its square, by sideslip squared, by elevator squared
PITCH = 12  # 5: at zero, by angle of attack, by pitch rate, by elevator; and of the stalled wing, by the sine squared
SIDE = 17  # 5: by sideslip, roll rate, yaw rate, aileron, rudder
ROLL = 22  # 5
YAW = 27  # 5
STALL = 32  # 2: angle of attack at half stalled, sharpness
# the propeller, along the body's x axis, and its motor
HUB = 34  # 3: m, FRD
DIAMETER = 37  # m
THRUST_FIT = 38  # 3: thrust coefficient by powers of the advance ratio
TORQUE_FIT = 41  # 3
TURNS = 44  # +1 clockwise seen from behind, -1 counter-clockwise
PROP_INERTIA = 45  # kg m^2
MOTOR_V_S = 46  # V s/rad, equal to N m/A
MOTOR_OHM = 47
MOTOR_IDLE_A = 48
# servos
SERVO_TAU = 49  # s
SURFACES = 50  # count
SURFACE_TABLE = 51  # 3 x 4: largest deflection in rad, its share in aileron, elevator and rudder
# wheels or skids: the feet of `hil.physics.params`
ROLLING = 63  # friction coefficient along the wheels
STEER = 64  # rad of the two front wheels per rad of rudder
HULL = 65  # count
HULL_TABLE = 66  # 8 x 3: m, FRD, hull contact points
WING_SIZE = 90

MAX_SURFACES = 3
MAX_HULL = 8
MAX_LIFTERS = 4  # lifting rotors; propeller and surfaces follow them in state and commands
PROPELLER = 4  # index of the propeller from ROTOR in the state (its speed) and from DUTY in the inputs
DEFLECTION = 5  # likewise, first surface; its state is -1..1
