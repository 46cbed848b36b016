"""Messages to PX4's simulator interface, with the units and groups that PX4 reads.

Source: PX4-Autopilot src/modules/simulation/simulator_mavlink/SimulatorMavlink.cpp (update_sensors,
handle_message_*): a group of HIL_SENSOR counts only when all its bits are set; temperature is taken with the
barometer; pressures are in hPa, fields in gauss; `eph` and `epv` of HIL_GPS are centimetres; HIL_GPS carries UTC,
HIL_SENSOR the simulation's time; accelerations of HIL_STATE_QUATERNION are those of its local position, NED without
gravity, in mm/s^2 (the definition says milli-g).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from controller.wire import messages as m
from controller.wire.message import Message
from hil.autopilot.control.estimator_types import GpsReading
from hil.frames import body_to_ned
from hil.sensors import layout as sn
from hil.sensors.flow import FlowReading
from hil.sensors.rangefinder import RangeReading
from hil.sim.ground_truth import Truth, Vector3
from hil.world.atmosphere import pressure_altitude_m

# SensorSource of SimulatorMavlink.hpp
ACCEL, GYRO, MAG, BARO, DIFF_PRESSURE = 0b111, 0b111_000, 0b111_000_000, 0b1_1010_0000_0000, 0b100_0000_0000
IMU = ACCEL | GYRO
INVALID_SIGNAL = 1  # signal_quality; 0 is unknown
DOWNWARD = 25  # MAV_SENSOR_ROTATION_PITCH_270
UNKNOWN_COURSE = 65535


def hil_sensor(
    time_us: int, got: Sequence[float], fields: int, *, diff_pressure_pa: float | None = None
) -> Message:
    """Return HIL_SENSOR of the first IMU and the sensors in `fields`; `got` is laid out by `hil.sensors.layout`.

    Its time drives PX4's clock. Differential pressure sets its own bit.
    """
    mag, baro = (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    if fields & MAG:
        mag = got[sn.MAG], got[sn.MAG + 1], got[sn.MAG + 2]
    if fields & BARO:
        hpa = got[sn.BARO_PA] / 100.0
        baro = hpa, pressure_altitude_m(hpa * 100.0), got[sn.BARO_TEMPERATURE_K] - 273.15
    made: Message = m.HIL_SENSOR(
        time_usec=time_us,
        xacc=got[sn.ACCEL], yacc=got[sn.ACCEL + 1], zacc=got[sn.ACCEL + 2],
        xgyro=got[sn.GYRO], ygyro=got[sn.GYRO + 1], zgyro=got[sn.GYRO + 2],
        xmag=mag[0], ymag=mag[1], zmag=mag[2],
        abs_pressure=baro[0], pressure_alt=baro[1], temperature=baro[2],
        diff_pressure=0.0 if diff_pressure_pa is None else diff_pressure_pa / 100.0,
        fields_updated=fields if diff_pressure_pa is None else fields | DIFF_PRESSURE,
    )  # fmt: skip
    return made


def hil_imu(time_us: int, number: int, accel_frd: Vector3, gyro_frd: Vector3) -> Message:
    """Return HIL_SENSOR of an additional IMU, numbered from 1; PX4 stamps it with its present time."""
    xacc, yacc, zacc = accel_frd
    xgyro, ygyro, zgyro = gyro_frd
    made: Message = m.HIL_SENSOR(
        time_usec=time_us, xacc=xacc, yacc=yacc, zacc=zacc, xgyro=xgyro, ygyro=ygyro, zgyro=zgyro,
        fields_updated=IMU, id=number,
    )  # fmt: skip
    return made


def hil_gps(utc_us: int, gps: GpsReading, *, number: int = 0) -> Message:
    """Return HIL_GPS of a receiver; `utc_us` is the time of measurement."""
    north, east, down = gps.vel_ned
    speed = math.hypot(north, east)
    course = math.degrees(math.atan2(east, north)) % 360.0
    made: Message = m.HIL_GPS(
        time_usec=utc_us,
        fix_type=gps.fix_type,
        lat=round(gps.lat_deg * 1e7),
        lon=round(gps.lon_deg * 1e7),
        alt=round(gps.alt_amsl_m * 1e3),
        eph=_within(gps.eph_m * 100.0, 0, 65535),
        epv=_within(gps.epv_m * 100.0, 0, 65535),
        vel=_within(speed * 100.0, 0, 65534),
        vn=_short(north * 100.0),
        ve=_short(east * 100.0),
        vd=_short(down * 100.0),
        # There is no course at standstill.
        cog=_within(course * 100.0, 0, 35999) if speed > 0.05 else UNKNOWN_COURSE,
        satellites_visible=gps.satellites,
        id=number,
    )
    return made


def distance_sensor(time_us: int, reading: RangeReading, *, least_m: float, most_m: float) -> Message:
    """Return DISTANCE_SENSOR of a downward rangefinder; an invalid reading has an invalid signal quality."""
    made: Message = m.DISTANCE_SENSOR(
        time_boot_ms=time_us // 1000,
        min_distance=round(least_m * 100.0),
        max_distance=round(most_m * 100.0),
        current_distance=round(reading.distance_m * 100.0),
        signal_quality=100 if reading.valid else INVALID_SIGNAL,
        orientation=DOWNWARD,
        covariance=0,
    )
    return made


def hil_optical_flow(time_us: int, flow: FlowReading) -> Message:
    """Return HIL_OPTICAL_FLOW: angles over the period and the sensor's gyroscope, without distance."""
    (about_x, about_y), (x, y, z) = flow.flow_rad, flow.turned_rad
    made: Message = m.HIL_OPTICAL_FLOW(
        time_usec=time_us,
        integration_time_us=round(flow.period_s * 1e6),
        integrated_x=about_x, integrated_y=about_y,
        integrated_xgyro=x, integrated_ygyro=y, integrated_zgyro=z,
        distance=-1.0, quality=flow.quality,
    )  # fmt: skip
    return made


def hil_state_quaternion(
    time_us: int, truth: Truth, specific_force_frd: Vector3, *, gravity_m_s2: float
) -> Message:
    """Return ground truth for PX4's logs, for SITL only: a board would fly on it."""
    north, east, down = body_to_ned(*truth.quaternion, *specific_force_frd)
    air = [v - w for v, w in zip(truth.vel_ned, truth.wind_ned, strict=True)]
    airspeed = _within(math.hypot(*air) * 100.0, 0, 65535)
    roll_rate, pitch_rate, yaw_rate = truth.rates_frd
    vx, vy, vz = (_short(v * 100.0) for v in truth.vel_ned)
    ax, ay, az = (_short(a * 1000.0) for a in (north, east, down + gravity_m_s2))
    made: Message = m.HIL_STATE_QUATERNION(
        time_usec=time_us,
        attitude_quaternion=truth.quaternion,
        rollspeed=roll_rate,
        pitchspeed=pitch_rate,
        yawspeed=yaw_rate,
        lat=round(truth.lat_deg * 1e7),
        lon=round(truth.lon_deg * 1e7),
        alt=round(truth.alt_amsl_m * 1e3),
        vx=vx, vy=vy, vz=vz,
        ind_airspeed=airspeed, true_airspeed=airspeed,
        xacc=ax, yacc=ay, zacc=az,
    )  # fmt: skip
    return made


def _within(value: float, least: int, most: int) -> int:
    return min(max(round(value), least), most)


def _short(value: float) -> int:
    return _within(value, -32768, 32767)
