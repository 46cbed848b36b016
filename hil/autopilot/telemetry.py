"""The messages that an aircraft streams, made from what it believes at that moment.

`Telemetry.make` knows how to make each one; when it goes out is the links' matter. What both stacks send alike is here,
what they send differently is told apart by the face's data.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from controller.wire import dialect
from controller.wire import messages as m
from controller.wire.message import Message
from hil.autopilot.craft import Craft
from hil.autopilot.face import Face
from hil.autopilot.failsafe import Failsafe
from hil.autopilot.health import system_health
from hil.autopilot.modes import ARMED
from hil.autopilot.payload import Payload
from hil.autopilot.pilot import Pilot
from hil.autopilot.setpoints import GoTo

QUADROTOR = 2  # MAV_TYPE
BOOT, STANDBY, ACTIVE, CRITICAL = 1, 3, 4, 5  # MAV_STATE
ON_GROUND, IN_AIR, TAKING_OFF, LANDING = 1, 2, 3, 4  # MAV_LANDED_STATE
NO_CELL = 65535
G = 9.80665

Made = Any  # a Message; the classes are made when first used, so no checker knows them


class Telemetry:
    """Makes messages by number. A message that is not available now is None."""

    def __init__(self, craft: Craft, pilot: Pilot, face: Face, failsafe: Failsafe, payload: Payload) -> None:
        self._craft, self._pilot, self._face = craft, pilot, face
        self._failsafe, self._payload = failsafe, payload
        self._makers: dict[int, Callable[[], Message | None]] = {}
        for name in COMMON | (ARDUPILOT_ONLY if face.first_item else PX4_ONLY):
            self._makers[dialect.by_name(name).msg_id] = getattr(self, f"_{name.lower()}")
        self._started_epoch_us = 0

    def set_epoch(self, utc_us_at_boot: int) -> None:
        """The calendar, for SYSTEM_TIME."""
        self._started_epoch_us = utc_us_at_boot

    @property
    def known(self) -> frozenset[int]:
        """Numbers of all messages there are."""
        return frozenset(self._makers)

    def make(self, msg_id: int) -> Message | None:
        """The message as it is now."""
        maker = self._makers.get(msg_id)
        return maker() if maker is not None else None

    # --- clocks ---

    @property
    def _ms(self) -> int:
        return round(self._craft.time_s * 1e3) & 0xFFFFFFFF

    @property
    def _us(self) -> int:
        return round(self._craft.time_s * 1e6)

    # --- state ---

    def _heartbeat(self) -> Made:
        armed = self._craft.armed
        mode = self._pilot.mode
        return m.HEARTBEAT(
            type=QUADROTOR,
            autopilot=self._face.autopilot,
            base_mode=mode.base_flags | (ARMED if armed else 0),
            custom_mode=mode.number,
            system_status=self._system_status(),
            mavlink_version=3,
        )

    def _system_status(self) -> int:
        craft = self._craft
        if not craft.est.ready.tilt_aligned:
            return BOOT if self._face.first_item else 0
        if self._failsafe.active and craft.armed:
            return CRITICAL
        flies = craft.armed and (not craft.est.landed or not self._face.first_item)
        return ACTIVE if flies else STANDBY

    def _sys_status(self) -> Made:
        craft = self._craft
        health = system_health(craft, self._face, self._pilot.mode, ready=not self._pilot.faults())
        sensors = craft.sensors
        return m.SYS_STATUS(
            onboard_control_sensors_present=health.present,
            onboard_control_sensors_enabled=health.enabled,
            onboard_control_sensors_health=health.healthy,
            load=150,
            voltage_battery=min(round(sensors.battery_v * 1e3), 0xFFFE),
            current_battery=_int16(sensors.battery_a * 100.0),
            battery_remaining=round(craft.remaining * 100.0),
        )

    def _extended_sys_state(self) -> Made:
        craft, pilot = self._craft, self._pilot
        state = ON_GROUND
        if craft.armed and not craft.est.landed:
            state = LANDING if pilot.landing else TAKING_OFF if pilot.taking_off else IN_AIR
        return m.EXTENDED_SYS_STATE(vtol_state=3 if self._face.first_item else 0, landed_state=state)

    def _battery_status(self) -> Made:
        craft = self._craft
        sensors = craft.sensors
        return m.BATTERY_STATUS(
            id=0,
            temperature=0x7FFF,
            voltages=(min(round(sensors.battery_v * 1e3), 0xFFFE), *(NO_CELL,) * 9),
            voltages_ext=(0, 0, 0, 0),
            current_battery=_int16(sensors.battery_a * 100.0),
            current_consumed=round(sensors.battery_consumed_mah),
            energy_consumed=-1,
            battery_remaining=round(craft.remaining * 100.0),
            charge_state=self._failsafe.battery_state,
        )

    def _current_mode(self) -> Made:
        mode = self._pilot.mode
        return m.CURRENT_MODE(
            standard_mode=mode.standard, custom_mode=mode.number, intended_custom_mode=mode.number
        )

    def _system_time(self) -> Made:
        return m.SYSTEM_TIME(time_unix_usec=self._started_epoch_us + self._us, time_boot_ms=self._ms)

    def _ping(self) -> Made:
        return m.PING(time_usec=self._us, seq=int(self._craft.time_s / 10.0))

    # --- attitude and position ---

    def _attitude(self) -> Made:
        est = self._craft.est
        roll, pitch, yaw = est.euler_rad
        p, q, r = est.rates_frd
        return m.ATTITUDE(
            time_boot_ms=self._ms, roll=roll, pitch=pitch, yaw=yaw, rollspeed=p, pitchspeed=q, yawspeed=r
        )

    def _attitude_quaternion(self) -> Made:
        est = self._craft.est
        w, x, y, z = est.quaternion
        p, q, r = est.rates_frd
        return m.ATTITUDE_QUATERNION(
            time_boot_ms=self._ms, q1=w, q2=x, q3=y, q4=z, rollspeed=p, pitchspeed=q, yawspeed=r
        )

    def _global_position_int(self) -> Made:
        craft = self._craft
        est = craft.est
        known = est.ready.gps_used
        if not known and not self._face.first_item:
            return None
        vn, ve, vd = est.vel_ned
        return m.GLOBAL_POSITION_INT(
            time_boot_ms=self._ms,
            lat=round(est.lat_deg * 1e7) if known else 0,
            lon=round(est.lon_deg * 1e7) if known else 0,
            alt=round(est.alt_amsl_m * 1e3),
            relative_alt=round(craft.height_m * 1e3),
            vx=_int16(vn * 100.0),
            vy=_int16(ve * 100.0),
            vz=_int16(vd * 100.0),
            hdg=round(math.degrees(est.heading_rad) * 100.0) % 36000,
        )

    def _local_position_ned(self) -> Made:
        est = self._craft.est
        if not est.ready.gps_used:
            return None
        (x, y, z), (vx, vy, vz) = est.pos_ned, est.vel_ned
        return m.LOCAL_POSITION_NED(time_boot_ms=self._ms, x=x, y=y, z=z, vx=vx, vy=vy, vz=vz)

    def _vfr_hud(self) -> Made:
        est = self._craft.est
        speed = math.hypot(est.vel_ned[0], est.vel_ned[1])
        return m.VFR_HUD(
            airspeed=speed if self._face.first_item else math.nan,
            groundspeed=speed,
            heading=int(math.degrees(est.heading_rad)) % 360,
            throttle=min(max(round(self._craft.loop.throttle * 100.0), 0), 100),
            alt=est.alt_amsl_m,
            climb=-est.vel_ned[2],
        )

    def _altitude(self) -> Made:
        craft = self._craft
        alt = craft.est.alt_amsl_m
        return m.ALTITUDE(
            time_usec=self._us,
            altitude_monotonic=alt,
            altitude_amsl=alt,
            altitude_local=-craft.est.pos_ned[2],
            altitude_relative=craft.height_m,
            altitude_terrain=math.nan,
            bottom_clearance=math.nan,
        )

    def _home_position(self) -> Made:
        return self._pilot.home_position() if self._craft.home is not None else None

    def _gps_global_origin(self) -> Made:
        return self._pilot.origin() if self._craft.home is not None else None

    # --- navigation ---

    def _mission_current(self) -> Made:
        navigator = self._pilot.navigator
        count = len(navigator.items)
        total = max(count - self._face.first_item, 0)
        return m.MISSION_CURRENT(
            seq=navigator.seq,
            total=total if count or self._face.first_item else 0xFFFF,
            mission_state=navigator.state.value,
            mission_mode=(1 if self._pilot.in_mission else 2) if count > self._face.first_item else 0,
        )

    def _nav_controller_output(self) -> Made:
        craft = self._craft
        roll, pitch, yaw = craft.est.euler_rad
        goal = self._goal()
        bearing, distance, height = math.degrees(yaw), 0.0, 0.0
        if goal is not None:
            here = craft.est.pos_ned
            distance = craft.distance_m(goal)
            if distance > 0.5:
                bearing = math.degrees(math.atan2(goal[1] - here[1], goal[0] - here[0]))
            height = here[2] - goal[2]
        return m.NAV_CONTROLLER_OUTPUT(
            nav_roll=math.degrees(roll),
            nav_pitch=math.degrees(pitch),
            nav_bearing=round(math.degrees(yaw)),
            target_bearing=round(bearing),
            wp_dist=min(round(distance), 0xFFFF),
            alt_error=height,
        )

    def _goal(self) -> tuple[float, float, float] | None:
        setpoint = self._pilot.setpoint
        return setpoint.pos_ned if self._craft.armed and isinstance(setpoint, GoTo) else None

    def _position_target_local_ned(self) -> Made:
        if not self._craft.armed or self._craft.est.landed:
            return None
        x, y, z = self._craft.loop.setpoint_ned
        return m.POSITION_TARGET_LOCAL_NED(
            time_boot_ms=self._ms, coordinate_frame=1, type_mask=0xFF8, x=x, y=y, z=z
        )

    def _position_target_global_int(self) -> Made:
        craft = self._craft
        if not craft.armed or craft.est.landed:
            return None
        goal = self._goal() or craft.loop.setpoint_ned
        place = craft.place(goal)
        return m.POSITION_TARGET_GLOBAL_INT(
            time_boot_ms=self._ms,
            coordinate_frame=0 if self._face.first_item else 5,
            type_mask=0xFDF8 if self._face.first_item else 0xFF8,
            lat_int=round(place.lat_deg * 1e7),
            lon_int=round(place.lon_deg * 1e7),
            alt=place.alt_amsl_m,
        )

    # --- sensors ---

    def _gps_raw_int(self) -> Made:
        gps = self._craft.sensors.gps
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
            vel_acc=100,
        )

    def _imu_fields(self) -> dict[str, int]:
        sensors = self._craft.sensors
        names = ("x", "y", "z")
        fields = {f"{n}acc": _int16(a / G * 1e3) for n, a in zip(names, sensors.accel_frd, strict=True)}
        fields |= {f"{n}gyro": _int16(g * 1e3) for n, g in zip(names, sensors.gyro_frd, strict=True)}
        fields |= {f"{n}mag": _int16(b * 1e3) for n, b in zip(names, sensors.mag_frd_gauss, strict=True)}
        return fields | {"temperature": _int16(sensors.baro_temperature_c * 100.0)}

    def _raw_imu(self) -> Made:
        return m.RAW_IMU(time_usec=self._us, **self._imu_fields())

    def _scaled_imu(self) -> Made:
        return m.SCALED_IMU(time_boot_ms=self._ms, **self._imu_fields())

    def _scaled_imu2(self) -> Made:
        return m.SCALED_IMU2(time_boot_ms=self._ms, **self._imu_fields())

    def _highres_imu(self) -> Made:
        s = self._craft.sensors
        (ax, ay, az), (gx, gy, gz), (mx, my, mz) = s.accel_frd, s.gyro_frd, s.mag_frd_gauss
        return m.HIGHRES_IMU(
            time_usec=self._us, xacc=ax, yacc=ay, zacc=az, xgyro=gx, ygyro=gy, zgyro=gz, xmag=mx, ymag=my, zmag=mz,
            abs_pressure=s.baro_hpa, pressure_alt=self._craft.est.alt_amsl_m, temperature=s.baro_temperature_c,
            fields_updated=0x1BFF,
        )  # fmt: skip

    def _scaled_pressure(self) -> Made:
        sensors = self._craft.sensors
        temperature = _int16(sensors.baro_temperature_c * 100.0)
        return m.SCALED_PRESSURE(time_boot_ms=self._ms, press_abs=sensors.baro_hpa, temperature=temperature)

    def _vibration(self) -> Made:
        shake = 0.02 + 0.5 * self._craft.loop.throttle
        return m.VIBRATION(time_usec=self._us, vibration_x=shake, vibration_y=shake, vibration_z=1.5 * shake)

    def _ekf_status_report(self) -> Made:
        est = self._craft.est
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

    def _estimator_status(self) -> Made:
        est = self._craft.est
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

    # --- inputs and outputs ---

    def _servo_output_raw(self) -> Made:
        idle, unused = (1000, 0) if self._face.first_item else (900, 900)
        armed = self._craft.armed
        outputs = self._craft.loop.motor_outputs
        pulses = {f"servo{i}_raw": unused for i in range(1, 17)}
        pulses |= {
            f"servo{i + 1}_raw": round(1000 + 1000 * o) if armed else idle for i, o in enumerate(outputs)
        }
        pulses |= {
            f"servo{number}_raw": us
            for number, us in self._payload.servos_us.items()
            if len(outputs) < number <= 16
        }
        return m.SERVO_OUTPUT_RAW(time_usec=self._us & 0xFFFFFFFF, **pulses)

    def _rc_channels(self) -> Made:
        sticks = self._pilot.sticks
        held = sticks.position(self._craft) is not None
        if not held and not self._face.first_item:
            return None
        four = sticks.channels_us if held and sticks.channels_us else (1500, 1500, 1000, 1500)
        pulses = (*four, 1800, 1000, 1000, 1800)
        channels = {f"chan{i}_raw": pulse for i, pulse in enumerate(pulses, 1)}
        return m.RC_CHANNELS(time_boot_ms=self._ms, chancount=8, rssi=255, **channels)

    # --- ground truth, as simulated autopilots tell it ---

    def _simstate(self) -> Made:
        truth, s = self._craft.loop.truth, self._craft.sensors
        (roll, pitch, yaw), (ax, ay, az), (gx, gy, gz) = truth.euler_rad, s.accel_frd, truth.rates_frd
        return m.SIMSTATE(
            roll=roll, pitch=pitch, yaw=yaw, xacc=ax, yacc=ay, zacc=az, xgyro=gx, ygyro=gy, zgyro=gz,
            lat=round(truth.lat_deg * 1e7), lng=round(truth.lon_deg * 1e7),
        )  # fmt: skip

    def _hil_state_quaternion(self) -> Made:
        truth = self._craft.loop.truth
        p, q, r = truth.rates_frd
        vn, ve, vd = truth.vel_ned
        through_air_m_s = math.dist(truth.vel_ned, truth.wind_ned)
        return m.HIL_STATE_QUATERNION(
            time_usec=self._us, attitude_quaternion=truth.quaternion, rollspeed=p, pitchspeed=q, yawspeed=r,
            lat=round(truth.lat_deg * 1e7), lon=round(truth.lon_deg * 1e7), alt=round(truth.alt_amsl_m * 1e3),
            vx=_int16(vn * 100.0), vy=_int16(ve * 100.0), vz=_int16(vd * 100.0),
            ind_airspeed=0, true_airspeed=min(round(through_air_m_s * 100.0), 0xFFFF),
        )  # fmt: skip


COMMON = frozenset((
    "HEARTBEAT", "SYS_STATUS", "EXTENDED_SYS_STATE", "BATTERY_STATUS", "CURRENT_MODE", "SYSTEM_TIME", "ATTITUDE",
    "ATTITUDE_QUATERNION", "GLOBAL_POSITION_INT", "LOCAL_POSITION_NED", "VFR_HUD", "HOME_POSITION",
    "GPS_GLOBAL_ORIGIN", "MISSION_CURRENT", "NAV_CONTROLLER_OUTPUT", "POSITION_TARGET_LOCAL_NED",
    "POSITION_TARGET_GLOBAL_INT", "GPS_RAW_INT", "SCALED_PRESSURE", "VIBRATION", "SERVO_OUTPUT_RAW", "RC_CHANNELS",
))  # fmt: skip
ARDUPILOT_ONLY = frozenset(("RAW_IMU", "SCALED_IMU2", "EKF_STATUS_REPORT", "SIMSTATE"))
PX4_ONLY = frozenset(
    ("SCALED_IMU", "HIGHRES_IMU", "ESTIMATOR_STATUS", "ALTITUDE", "PING", "HIL_STATE_QUATERNION")
)


def _int16(value: float) -> int:
    return min(max(round(value), -0x7FFF), 0x7FFF)
