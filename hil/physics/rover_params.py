"""Layout of a rover's own parameter row, besides `hil.physics.params`. SI units."""

from __future__ import annotations

MAX_SPEED = 0  # m/s, rim speed at full command
MAX_FORCE = 1  # N, of each motor at its rim
STIFFNESS = 2  # N per m/s of speed error: gain of the speed controller
WHEEL_MASS = 3  # kg at the rim, equivalent inertia of wheel, gear and motor
ROLLING = 4  # coefficient of rolling resistance of all wheels
EFFICIENCY = 5  # of motor and gear
HULL = 6  # count
HULL_TABLE = 7  # 8 x 3: m, FRD
ROVER_SIZE = 31

MAX_HULL = 8
LEFT, RIGHT = (
    0,
    1,
)  # driven wheels: feet, states from ROTOR (rim speed, m/s), commands from DUTY (0.5 is stop)
