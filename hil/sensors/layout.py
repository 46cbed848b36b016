"""Layout of the sensor arrays, whose indices compiled kernels read as constants.

`readings` are the sensors' outputs, all the autopilot gets. `errors` is the hidden state of the error models.
`records` are the constants of the models.
"""

from __future__ import annotations

# --- readings ---
GYRO = 0  # 3: rad/s, FRD
ACCEL = 3  # 3: m/s^2 specific force, FRD
MAG = 6  # 3: gauss, FRD
BARO_PA = 9
BARO_TEMPERATURE_K = 10
GPS_COUNT = 11  # messages so far; a change marks a new message
GPS_TIME = 12  # s, time of measurement
GPS_FIX = 13  # as MAVLink's GPS_FIX_TYPE: 0 no receiver, 1 no fix, 3 3D
GPS_POS = 14  # 3: m NED of home
GPS_VEL = 17  # 3: m/s NED
GPS_EPH = 20  # m, reported accuracy
GPS_EPV = 21
GPS_SPEED_ACC = 22  # m/s, reported accuracy
GPS_SATELLITES = 23
BATTERY_V = 24
BATTERY_A = 25
BATTERY_MAH = 26
BATTERY_REMAINING = 27  # 0..1
READING_SIZE = 28

# --- errors ---
GYRO_BIAS = 0  # 3
ACCEL_BIAS = 3  # 3
MAG_BIAS = 6  # 3
BARO_DRIFT = 9  # Pa
GPS_ERROR = 10  # 3: m NED
GPS_FIX_AT = 13  # s
GPS_DUE = 14  # s, arrival of the pending message
GPS_PENDING = 15  # 12: GPS_TIME..GPS_SATELLITES of the pending message
GPS_ENABLED = 27
GYRO_TURN_ON = 28  # 3
ACCEL_TURN_ON = 31  # 3
GPS_JAMMED = 34
GYRO_GAIN = 35  # 3 x 3: scale and misalignment, multiplied with the body rates
ACCEL_GAIN = 44  # 3 x 3
MAG_GAIN = 53  # 3 x 3: soft iron
GYRO_PER_K = 62  # 3: rad/s/K
ACCEL_PER_K = 65  # 3: m/s^2/K
IMU_WARMTH = 68  # K, chip above air temperature
IMU_OFF_K = 69  # K, chip above its calibration temperature
VIBRATION_PHASE = 70  # 8: rad, of each rotor
BOARD_MOTION = 78  # 3 + 3: body rates and specific force of the vibrating board at this sample
ERROR_SIZE = 84

# --- records ---
GYRO_NOISE = 0  # rad/s/sqrt(Hz)
GYRO_WALK = 1  # rad/s/s/sqrt(Hz)
GYRO_TAU = 2  # s
GYRO_TURN_ON_SIGMA = 3  # rad/s
ACCEL_NOISE = 4  # m/s^2/sqrt(Hz)
ACCEL_WALK = 5  # m/s^2/s/sqrt(Hz)
ACCEL_TAU = 6  # s
ACCEL_TURN_ON_SIGMA = 7  # m/s^2
BARO_SIGMA = 8  # Pa
BARO_DRIFT_SIGMA = 9  # Pa
BARO_DRIFT_TAU = 10  # s
MAG_NOISE = 11  # gauss/sqrt(Hz)
MAG_TURN_ON_SIGMA = 12  # gauss
GPS_H_SIGMA = 13  # m, slowly wandering
GPS_V_SIGMA = 14  # m
GPS_TAU = 15  # s
GPS_WHITE_SIGMA = 16  # m
GPS_VEL_SIGMA = 17  # m/s
GPS_LATENCY_MIN = 18  # s
GPS_LATENCY_MAX = 19  # s
GPS_FIX_MIN = 20  # s after power-on
GPS_FIX_MAX = 21
GPS_SAT_COUNT = 22
BATTERY_V_SIGMA = 23  # V
BATTERY_A_SIGMA = 24  # A
FIELD = 25  # 3: gauss NED
HOME_ALT = 28  # m AMSL
WARMER = 29  # K, air above the standard atmosphere
GYRO_SCALE = 30  # share, one sigma
GYRO_ASKEW = 31  # rad, one sigma, of each axis towards each other
GYRO_RANGE = 32  # rad/s
GYRO_PER_K_SIGMA = 33  # rad/s/K
ACCEL_SCALE = 34
ACCEL_ASKEW = 35
ACCEL_RANGE = 36  # m/s^2
ACCEL_PER_K_SIGMA = 37  # m/s^2/K
IMU_HEATING = 38  # K, chip above air when warm
IMU_HEATING_TAU = 39  # s
IMU_CALIBRATED = 40  # K
VIBRATION = 41  # 3: m/s^2 per (rad/s)^2 of a rotor, at one, two and three times its speed
VIBRATION_GYRO = 44  # rad/s of the gyro per m/s^2 of the accelerometer
BARO_WIND = 45  # Pa per Pa of dynamic pressure
BARO_GROUND = 46  # Pa per Pa of disc loading, standing on the ground
MAG_SCALE = 47  # share, one sigma
MAG_ASKEW = 48  # share, one sigma
MAG_CURRENT = 49  # 3: gauss/A, FRD
IMU_DT = 52  # s between two IMU samples: whole physics steps, and a whole fraction of IMU_DT_S
VIBRATION_SOURCES = 53  # 2: first and end of the vibrating rotors, counted from ROTOR in the physics' state
GPS_RATE = 55  # Hz
GPS_FIND_AGAIN = 56  # s after a jam
GPS_SETTLING_TAU = 57  # s
GPS_CLAIM = 58  # 2: reported accuracy over true sigma when settled, and the addition at the first fix
GPS_DOWN_SHARE = 60  # sigma of vertical velocity over that of horizontal velocity
RECORD_SIZE = 61

HARMONICS = 3

IMU_DT_S = 0.004  # default IMU sampling period
SLOW_DT_S = 0.02  # barometer, magnetometer, battery, bias drift
