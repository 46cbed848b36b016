"""Indices of the autopilot's arrays, used by kernels compiled by `hil.jit`. SI units, NED of home, FRD."""

from __future__ import annotations

# --- est: the estimator ---
EQ = 0  # 4: attitude
EV = 4  # 3: m/s NED
EP = 7  # 3: m NED
BG = 10  # 3: rad/s, gyro bias
BA = 13  # 3: m/s^2, accelerometer bias
RATES = 16  # 3: rad/s, bias removed
SPECIFIC_FORCE = 19  # 3: m/s^2 FRD, bias removed
ACCEL_NED = 22  # 3: m/s^2, motion without gravity
ALIGNED = 25  # tilt and heading known
SAMPLES = 26  # still samples so far
SUMS = 27  # 9: accelerometer, gyro, magnetometer
PRESSURE_SUM = 36  # Pa
PRESSURE0 = 37  # Pa at home, the zero of height
GPS_LAST_COUNT = 38  # count of the last message that was read
GPS_USED = 39
GPS_GOOD = 40  # good messages in a row
GPS_FUSED_S = 41  # time of the last accepted message
HEAD = 42  # of the history ring
SLOW_TICK = 43
DECLINATION = 44  # rad
GRAVITY_M_S2 = 45
HEIGHT_FUSED_S = 46  # time of the last accepted height of the barometer
EST_SIZE = 47

# Error state of the filter: attitude (body), velocity, position, gyro bias, accelerometer bias. From 3 on, error k
# belongs to est[k + 1].
D_ATTITUDE, D_VEL, D_POS, D_BG, D_BA = 0, 3, 6, 9, 12
ERRORS = 15

HISTORY = 16  # rows of velocity and position, one per slow step

# --- ctl: setpoint, controllers, outputs ---
MODE = 0
IDLE, GOTO, VELOCITY, ATTITUDE, TRACK = 0, 1, 2, 3, 4  # values of MODE
TARGET = 1  # 3: m
VEL_CMD = 4  # 3: m/s
YAW_CMD = 7  # rad
YAW_RATE_CMD = 8  # rad/s, 0 with a fixed yaw
SPEED = 9  # m/s along the ground
CLIMB = 10  # m/s, positive
DESCEND = 11  # m/s, positive
ROLL_CMD = 12
PITCH_CMD = 13
THRUST_CMD = 14  # 0..1, mode ATTITUDE
LINE_START = 15  # 3: m, start of the straight line to TARGET
P_SP = 18  # 3: m, position setpoint
V_SP = 21  # 3
A_SP = 24  # 3
YAW_SP = 27
I_VEL = 28  # 3: m/s^2
I_RATE = 31  # 3: rad/s^2
HOVER_THRUST = 34  # thrust fraction
SPOOL = 35  # 0..1 before takeoff
THRUST = 36  # commanded thrust fraction
Q_SP = 37  # 4
RATE_SP = 41  # 3: rad/s
ACTIVE = 44  # controllers are running
LANDED = 45
LANDED_FOR_S = 46  # s that the conditions of a landing have lasted
ARMED = 47
THROTTLE = 48  # thrust fraction after the mixer
OUT = 49  # 8: duty
SATURATED = 57  # the mixer limited thrust or yaw
YAW_HELD = 58  # YAW_CMD keeps the present heading
F_SP = 59  # 3: m/s^2 NED, acceleration setpoint
MOMENT = 62  # 3: N m, moment setpoint
YAW_RATE_SP = 65  # rad/s
ACC_CMD = 66  # 3: m/s^2, mode TRACK
CTL_SIZE = 69

# --- tune: gains and limits ---
T_INERTIA = 0  # 3
KP_RATE = 3  # 3: 1/s
KI_RATE = 6  # 3: 1/s^2
KP_ATT = 9  # 1/s, roll and pitch
KP_YAW = 10  # 1/s
MAX_RATE = 11  # 3: rad/s
KP_POS = 14
KP_VEL = 15
KI_VEL = 16
KP_POS_Z = 17
KP_VEL_Z = 18
KI_VEL_Z = 19
ACC_XY = 20
ACC_Z = 21
JERK = 22
MAX_TILT = 23  # rad
HOVER_THRUST0 = 24
MIN_THRUST = 25
MAX_THRUST = 26
YAW_SLEW = 27  # rad/s
MOTORS = 28
TUNE_SIZE = 29

FAST_DT_S = 0.004
SLOW_DT_S = 0.02
