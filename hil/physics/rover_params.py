"""Where things are in the row of a rover's own parameters, beside `hil.physics.params`. SI units."""

from __future__ import annotations

MOST_SPEED = 0  # m/s of a wheel's rim at full command
MOST_FORCE = 1  # N of each motor at its wheel's rim
STIFFNESS = 2  # N for each m/s that a wheel is slower than it should be: the speed controller
WHEEL_MASS = 3  # kg at the rim that stands for the inertia of wheel, gear and motor
ROLLING = 4  # coefficient of rolling resistance of all wheels
EFFICIENCY = 5  # of motor and gear
HULL = 6  # count
HULL_TABLE = 7  # 8 x 3: m, FRD
ROVER_SIZE = 31

MAX_HULL = 8
LEFT, RIGHT = 0, 1  # driven wheels: feet, states from ROTOR (rim speed, m/s), commands from DUTY (0.5 stands)
