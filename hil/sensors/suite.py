"""All sensors of a vehicle, sampled in a fixed order."""

from __future__ import annotations

from hil.geodesy import MEAN_RADIUS_M
from hil.jit import stage
from hil.physics.state import DENSITY, POS, Array
from hil.sensors.baro import sense_baro
from hil.sensors.battery import sense_battery
from hil.sensors.gps import deliver_gps, measure_gps
from hil.sensors.imu import sense_imu, wander_imu
from hil.sensors.layout import BARO_TEMPERATURE_K, GPS_RATE, HOME_ALT, WARMER
from hil.sensors.mag import sense_mag
from hil.sensors.noise import Streams
from hil.world.atmosphere import density_kg_m3
from hil.world.wind import update_wind

STEP_S = 0.001  # of the physics, s
FAST_STEPS = 4  # 250 Hz: IMU, wind
SLOW_STEPS = 20  # 50 Hz: barometer, magnetometer, battery


@stage
def height_amsl_m(state: Array, home_alt_m: float) -> float:
    """Return the true height above the sea, m; the sea curves away below the tangent plane (8 cm at 1 km)."""
    north, east = state[POS], state[POS + 1]
    height: float = home_alt_m - state[POS + 2] + (north * north + east * east) / (2.0 * MEAN_RADIUS_M)
    return height


@stage
def sense_slow(
    state: Array,
    inputs: Array,
    params: Array,
    errors: Array,
    records: Array,
    streams: Streams,
    readings: Array,
    dt: float,
) -> None:
    """Sample the 50 Hz sensors and step the bias drift of the IMU."""
    alt_m = height_amsl_m(state, records[HOME_ALT])
    sense_baro(alt_m, state, inputs, params, errors, records, streams, readings, dt)
    wander_imu(errors, records, streams, readings[BARO_TEMPERATURE_K], dt)
    sense_mag(state, errors, records, streams, readings)
    sense_battery(state, params, records, streams, readings, dt)


@stage
def sense(
    step: int,
    state: Array,
    inputs: Array,
    params: Array,
    wind: Array,
    errors: Array,
    records: Array,
    streams: Streams,
    readings: Array,
) -> None:
    """Step wind and air density and sample the sensors due at this physics step, a multiple of FAST_STEPS."""
    now_s = step * STEP_S
    if step % SLOW_STEPS == 0:
        inputs[DENSITY] = density_kg_m3(height_amsl_m(state, records[HOME_ALT]), records[WARMER])
        sense_slow(state, inputs, params, errors, records, streams, readings, SLOW_STEPS * STEP_S)
        if step % int(1.0 / (records[GPS_RATE] * STEP_S) + 0.5) == 0:
            measure_gps(now_s, state, errors, records, streams)
        deliver_gps(now_s, errors, readings)
    update_wind(wind, state, inputs, streams, FAST_STEPS * STEP_S)
    sense_imu(state, errors, records, streams, readings)
