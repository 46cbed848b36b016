"""Streamed messages of sensor values and of the estimator's status."""

from __future__ import annotations

import math

from controller.wire import messages as m
from controller.wire.enums import MAV_DISTANCE_SENSOR, MAV_SENSOR_ORIENTATION
from hil.autopilot.telemetry.message_group import Made, MessageGroup, int16
from hil.sensors.optional import rangefinder_record
from hil.sensors.rangefinder import RangeReading

G = 9.80665
GOOD, INVALID = 100, 1  # signal_quality of DISTANCE_SENSOR


class SensorMessages(MessageGroup):
    """GPS_RAW_INT, IMU, pressure, rangefinder, estimator messages."""

    def gps_raw_int(self) -> Made:
        gps = self._vehicle.sensors.gps
        vn, ve, _ = gps.vel_ned
        speed = math.hypot(vn, ve)
        course = math.degrees(math.atan2(ve, vn)) % 360.0 if speed > 0.2 else 0.0
        return m.GPS_RAW_INT(
            time_usec=round(gps.time_s * 1e6),
            fix_type=gps.fix_type,
            lat=round(gps.lat_deg * 1e7),
            lon=round(gps.lon_deg * 1e7),
            alt=round(gps.alt_amsl_m * 1e3),
            alt_ellipsoid=round(gps.alt_amsl_m * 1e3),
            eph=min(round(gps.eph_m * 100.0), 9999),
            epv=min(round(gps.epv_m * 100.0), 9999),
            vel=min(round(speed * 100.0), 0xFFFE),
            cog=round(course * 100.0) % 36000,
            satellites_visible=gps.satellites,
            h_acc=round(gps.eph_m * 1e3),
            v_acc=round(gps.epv_m * 1e3),
            vel_acc=round(gps.speed_acc_m_s * 1e3),
        )

    def _imu_fields(self) -> dict[str, int]:
        sensors = self._vehicle.sensors
        names = ("x", "y", "z")
        fields = {f"{n}acc": int16(a / G * 1e3) for n, a in zip(names, sensors.accel_frd, strict=True)}
        fields |= {f"{n}gyro": int16(g * 1e3) for n, g in zip(names, sensors.gyro_frd, strict=True)}
        fields |= {f"{n}mag": int16(b * 1e3) for n, b in zip(names, sensors.mag_frd_gauss, strict=True)}
        return fields | {"temperature": int16(sensors.baro_temperature_c * 100.0)}

    def raw_imu(self) -> Made:
        return m.RAW_IMU(time_usec=self._us, **self._imu_fields())

    def scaled_imu(self) -> Made:
        return m.SCALED_IMU(time_boot_ms=self._ms, **self._imu_fields())

    def scaled_imu2(self) -> Made:
        return m.SCALED_IMU2(time_boot_ms=self._ms, **self._imu_fields())

    def highres_imu(self) -> Made:
        s = self._vehicle.sensors
        (ax, ay, az), (gx, gy, gz), (mx, my, mz) = s.accel_frd, s.gyro_frd, s.mag_frd_gauss
        return m.HIGHRES_IMU(
            time_usec=self._us, xacc=ax, yacc=ay, zacc=az, xgyro=gx, ygyro=gy, zgyro=gz, xmag=mx, ymag=my, zmag=mz,
            abs_pressure=s.baro_hpa, pressure_alt=self._vehicle.est.alt_amsl_m, temperature=s.baro_temperature_c,
            fields_updated=0x1BFF,
        )  # fmt: skip

    def scaled_pressure(self) -> Made:
        sensors = self._vehicle.sensors
        temperature = int16(sensors.baro_temperature_c * 100.0)
        return m.SCALED_PRESSURE(time_boot_ms=self._ms, press_abs=sensors.baro_hpa, temperature=temperature)

    def _range_reading(self) -> RangeReading | None:
        params = self._vehicle.params
        fitted = params[self._stack.telemetry.rangefinder_param]
        return self._vehicle.core.range_reading if fitted else None

    def distance_sensor(self) -> Made:
        found = self._range_reading()
        if found is None:
            return None
        record = rangefinder_record()
        return m.DISTANCE_SENSOR(
            time_boot_ms=self._ms,
            min_distance=round(record.least_m * 100.0),
            max_distance=round(record.most_m * 100.0),
            current_distance=round(found.distance_m * 100.0),
            type=MAV_DISTANCE_SENSOR.LASER,
            orientation=MAV_SENSOR_ORIENTATION.PITCH_270,
            signal_quality=GOOD if found.valid else INVALID,
        )

    def rangefinder(self) -> Made:
        found = self._range_reading()
        return None if found is None else m.RANGEFINDER(distance=found.distance_m)

    def vibration(self) -> Made:
        shake = 0.02 + 0.5 * self._vehicle.core.throttle
        return m.VIBRATION(time_usec=self._us, vibration_x=shake, vibration_y=shake, vibration_z=1.5 * shake)

    def ekf_status_report(self) -> Made:
        est = self._vehicle.est
        flags = 1024
        if est.ready.tilt_aligned:
            flags = 831 if est.ready.gps_used else 167
        return m.EKF_STATUS_REPORT(
            flags=flags,
            velocity_variance=min(est.vel_sd_m_s / 5.0, 1.0),
            pos_horiz_variance=min(est.pos_horizontal_sd_m / 25.0, 1.0),
            pos_vert_variance=min(est.pos_vertical_sd_m / 25.0, 1.0),
            compass_variance=0.02,
        )

    def estimator_status(self) -> Made:
        est = self._vehicle.est
        flags = 0
        if est.ready.tilt_aligned:
            flags = 895 if est.ready.gps_used else 0x1 | 0x4 | 0x20 | 0x80
        return m.ESTIMATOR_STATUS(
            time_usec=self._us,
            flags=flags,
            vel_ratio=0.1,
            pos_horiz_ratio=0.05,
            pos_vert_ratio=0.05,
            mag_ratio=0.1,
            tas_ratio=math.nan,
            pos_horiz_accuracy=min(est.pos_horizontal_sd_m, 1e3),
            pos_vert_accuracy=min(est.pos_vertical_sd_m, 1e3),
        )
