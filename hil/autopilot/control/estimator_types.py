"""Estimate and sensor readings as frozen values with names, made from the arrays when they are read."""

from __future__ import annotations

from dataclasses import dataclass

from hil.geodesy import Home, ned_to_lla
from hil.physics.state import Array
from hil.sensors import layout as sn

Vector3 = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Ready:
    """Which parts of the estimator are ready for flight."""

    tilt_aligned: bool
    yaw_aligned: bool
    gps_used: bool

    def __bool__(self) -> bool:
        return self.tilt_aligned and self.yaw_aligned and self.gps_used

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the parts that are not ready."""
        names = ("tilt_aligned", "yaw_aligned", "gps_used")
        return tuple(name for name in names if not getattr(self, name))


@dataclass(frozen=True, slots=True)
class Estimate:
    """The autopilot's estimate. NED of home; heights above home come from the barometer."""

    pos_ned: Vector3
    vel_ned: Vector3
    accel_ned: Vector3  # m/s^2, motion without gravity
    quaternion: tuple[float, float, float, float]
    euler_rad: Vector3  # roll, pitch, yaw
    rates_frd: Vector3  # rad/s
    accel_frd: Vector3  # m/s^2, specific force
    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    relative_alt_m: float
    heading_rad: float  # 0..2 pi
    landed: bool
    ready: Ready
    pos_horizontal_sd_m: float
    pos_vertical_sd_m: float
    vel_sd_m_s: float


@dataclass(frozen=True, slots=True)
class GpsReading:
    """The last GPS message. `fix_type` is a GPS_FIX_TYPE. Without a fix position and velocity are 0."""

    count: int
    time_s: float  # of the measurement, in simulated seconds
    fix_type: int
    lat_deg: float
    lon_deg: float
    alt_amsl_m: float
    vel_ned: Vector3
    eph_m: float
    epv_m: float
    speed_acc_m_s: float
    satellites: int


@dataclass(frozen=True, slots=True)
class Sensors:
    """Latest readings of all sensors."""

    gyro_frd: Vector3  # rad/s
    accel_frd: Vector3  # m/s^2
    mag_frd_gauss: Vector3
    baro_hpa: float
    baro_temperature_c: float
    gps: GpsReading
    battery_v: float
    battery_a: float
    battery_consumed_mah: float
    battery_remaining: float  # 0..1


def sensors_from_array(got: Array, home: Home) -> Sensors:
    """Return the readings' array (`hil.sensors.layout`) as values with names."""
    fixed = got[sn.GPS_FIX] >= 3.0
    place = (home.lat_deg, home.lon_deg, home.alt_amsl_m)
    lat, lon, alt = ned_to_lla(*vector3(got, sn.GPS_POS), *place) if fixed else (0.0, 0.0, 0.0)
    return Sensors(
        gyro_frd=vector3(got, sn.GYRO),
        accel_frd=vector3(got, sn.ACCEL),
        mag_frd_gauss=vector3(got, sn.MAG),
        baro_hpa=float(got[sn.BARO_PA]) / 100.0,
        baro_temperature_c=float(got[sn.BARO_TEMPERATURE_K]) - 273.15,
        gps=GpsReading(
            count=int(got[sn.GPS_COUNT]),
            time_s=float(got[sn.GPS_TIME]),
            fix_type=int(got[sn.GPS_FIX]),
            lat_deg=lat,
            lon_deg=lon,
            alt_amsl_m=alt,
            vel_ned=vector3(got, sn.GPS_VEL) if fixed else (0.0, 0.0, 0.0),
            eph_m=float(got[sn.GPS_EPH]),
            epv_m=float(got[sn.GPS_EPV]),
            speed_acc_m_s=float(got[sn.GPS_SPEED_ACC]),
            satellites=int(got[sn.GPS_SATELLITES]),
        ),
        battery_v=float(got[sn.BATTERY_V]),
        battery_a=float(got[sn.BATTERY_A]),
        battery_consumed_mah=float(got[sn.BATTERY_MAH]),
        battery_remaining=float(got[sn.BATTERY_REMAINING]),
    )


def vector3(row: Array, at: int) -> Vector3:
    """Return three consecutive elements of an array as floats."""
    a, b, c = row[at : at + 3].tolist()
    return a, b, c


def vector4(row: Array, at: int) -> tuple[float, float, float, float]:
    """Return four consecutive elements of an array as floats."""
    a, b, c, d = row[at : at + 4].tolist()
    return a, b, c, d
