"""Streamed messages of actuator outputs, RC input and the simulator's ground truth."""

from __future__ import annotations

import math

from controller.wire import messages as m
from hil.autopilot.telemetry.message_group import Made, MessageGroup, int16


class OutputMessages(MessageGroup):
    """SERVO_OUTPUT_RAW, RC_CHANNELS, SIMSTATE, HIL_STATE_QUATERNION."""

    def servo_output_raw(self) -> Made:
        profile = self._stack.telemetry
        idle, unused = profile.disarmed_pulse_us, profile.unused_pulse_us
        armed = self._vehicle.armed
        outputs = self._vehicle.core.motor_outputs
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

    def rc_channels(self) -> Made:
        rc_input = self._commander.rc_input
        held = rc_input.position(self._vehicle) is not None
        if not held and not self._stack.telemetry.rc_channels_without_input:
            return None
        four = rc_input.channels_us if held and rc_input.channels_us else (1500, 1500, 1000, 1500)
        pulses = (*four, 1800, 1000, 1000, 1800)
        channels = {f"chan{i}_raw": pulse for i, pulse in enumerate(pulses, 1)}
        return m.RC_CHANNELS(time_boot_ms=self._ms, chancount=8, rssi=255, **channels)

    def simstate(self) -> Made:
        truth, s = self._vehicle.core.truth, self._vehicle.sensors
        (roll, pitch, yaw), (ax, ay, az), (gx, gy, gz) = truth.euler_rad, s.accel_frd, truth.rates_frd
        return m.SIMSTATE(
            roll=roll, pitch=pitch, yaw=yaw, xacc=ax, yacc=ay, zacc=az, xgyro=gx, ygyro=gy, zgyro=gz,
            lat=round(truth.lat_deg * 1e7), lng=round(truth.lon_deg * 1e7),
        )  # fmt: skip

    def hil_state_quaternion(self) -> Made:
        truth = self._vehicle.core.truth
        p, q, r = truth.rates_frd
        vn, ve, vd = truth.vel_ned
        through_air_m_s = math.dist(truth.vel_ned, truth.wind_ned)
        return m.HIL_STATE_QUATERNION(
            time_usec=self._us, attitude_quaternion=truth.quaternion, rollspeed=p, pitchspeed=q, yawspeed=r,
            lat=round(truth.lat_deg * 1e7), lon=round(truth.lon_deg * 1e7), alt=round(truth.alt_amsl_m * 1e3),
            vx=int16(vn * 100.0), vy=int16(ve * 100.0), vz=int16(vd * 100.0),
            ind_airspeed=0, true_airspeed=min(round(through_air_m_s * 100.0), 0xFFFF),
        )  # fmt: skip
