"""Control core of the emulated autopilot as one object: estimate, setpoint and motor outputs of a multirotor.

This object owns the arrays; compiled code advances them: either the joined loop of a simulated aircraft, or
`hil.autopilot.control.detached` where another simulator provides the sensor readings.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from controller.wire.enums import MAV_VTOL_STATE
from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.estimator_types import Estimate, Ready, Vector3, vector3, vector4
from hil.autopilot.control.mixer import mixing_matrix
from hil.autopilot.control.setpoints import (
    GoTo,
    HoldAttitude,
    HoldPosition,
    MotorsIdle,
    Setpoint,
    Track,
    Velocity,
)
from hil.autopilot.control.tuning import control_gains
from hil.errors import ScenarioError
from hil.frames import to_euler
from hil.geodesy import MEAN_RADIUS_M, Home, gravity_m_s2, ned_to_lla
from hil.physics.state import Array
from hil.world.magnetic import field_at


class ControlLoop:
    """Estimator, controllers and mixer of one aircraft; at first disarmed and not aligned."""

    airframe: Airframe
    home: Home

    def _init_core(self, airframe: Airframe, home: Home) -> None:
        self._init_estimator(home)
        self._tune = control_gains(airframe)
        self._matrix = mixing_matrix(airframe)
        self._ctl[ap.HOVER_THRUST] = self._tune[ap.HOVER_THRUST0]

    def _init_estimator(self, home: Home) -> None:
        self._est = np.zeros(ap.EST_SIZE)
        self._est[ap.EQ] = 1.0
        self._est[ap.DECLINATION] = field_at(home).declination_rad
        self._est[ap.GRAVITY_M_S2] = gravity_m_s2(home.lat_deg, home.alt_amsl_m)
        self._cov = np.zeros((ap.ERRORS, ap.ERRORS))
        self._work = np.zeros((3, ap.ERRORS, ap.ERRORS))
        self._past = np.zeros((ap.HISTORY, 6))
        self._ctl = np.zeros(ap.CTL_SIZE)
        self._ctl[ap.Q_SP] = 1.0
        self._ctl[ap.LANDED] = 1.0

    # --- commands ---

    @property
    def armed(self) -> bool:
        return bool(self._ctl[ap.ARMED])

    @armed.setter
    def armed(self, value: bool) -> None:
        """Arm, or disarm and stop the motors, also in the air."""
        self._ctl[ap.ARMED] = float(value)

    def command(self, setpoint: Setpoint) -> None:
        """Follow a setpoint from now on.

        Raises ScenarioError for values that are not finite and speeds that are not positive.
        """
        ctl = self._ctl
        match setpoint:
            case MotorsIdle():
                ctl[ap.MODE] = ap.IDLE
            case HoldPosition(yaw_rad=yaw):
                self._fly((0.0, 0.0, 0.0), yaw, None)
            case Velocity(vel_ned=vel, yaw_rad=yaw, yaw_rate_rad_s=rate):
                self._fly(self._finite(vel), yaw, rate)
            case GoTo():
                self._go(setpoint)
            case Track(pos_ned=pos, vel_ned=vel, acc_ned=acc, yaw_rad=yaw):
                ctl[ap.TARGET : ap.TARGET + 3] = self._finite(pos)
                ctl[ap.VEL_CMD : ap.VEL_CMD + 3] = self._finite(vel)
                ctl[ap.ACC_CMD : ap.ACC_CMD + 3] = self._finite(acc)
                self._set_yaw(yaw, None)
                ctl[ap.MODE] = ap.TRACK
            case HoldAttitude(roll_rad=roll, pitch_rad=pitch, yaw_rad=yaw, thrust=thrust):
                ctl[ap.ROLL_CMD], ctl[ap.PITCH_CMD], ctl[ap.THRUST_CMD] = self._finite((roll, pitch, thrust))
                self._set_yaw(yaw, None)
                ctl[ap.MODE] = ap.ATTITUDE

    def _fly(self, vel_ned: Vector3, yaw_rad: float | None, rate_rad_s: float | None) -> None:
        self._ctl[ap.VEL_CMD : ap.VEL_CMD + 3] = vel_ned
        self._set_yaw(yaw_rad, rate_rad_s)
        self._ctl[ap.MODE] = ap.VELOCITY

    def _go(self, to: GoTo) -> None:
        ctl = self._ctl
        speeds = self._finite((to.speed_m_s, to.climb_m_s, to.descend_m_s))
        if min(speeds) <= 0.0:
            raise ScenarioError(f"speeds of a GoTo must be above 0, are {speeds}")
        target = self._finite(to.pos_ned)
        changed = ctl[ap.MODE] != ap.GOTO or tuple(ctl[ap.TARGET : ap.TARGET + 3]) != target
        if changed:
            # A new line starts at the present setpoint, so that its speed carries over.
            ctl[ap.LINE_START : ap.LINE_START + 3] = ctl[ap.P_SP : ap.P_SP + 3]
        ctl[ap.TARGET : ap.TARGET + 3] = target
        ctl[ap.SPEED], ctl[ap.CLIMB], ctl[ap.DESCEND] = speeds
        self._set_yaw(to.yaw_rad, None)
        ctl[ap.MODE] = ap.GOTO

    def _set_yaw(self, yaw_rad: float | None, rate_rad_s: float | None) -> None:
        ctl = self._ctl
        rate = 0.0 if rate_rad_s is None else self._finite((rate_rad_s, 0.0, 0.0))[0]
        ctl[ap.YAW_RATE_CMD] = rate
        if yaw_rad is not None:
            ctl[ap.YAW_CMD] = self._finite((yaw_rad, 0.0, 0.0))[0]
            ctl[ap.YAW_HELD] = 0.0
        elif ctl[ap.YAW_HELD] == 0.0 or rate != 0.0:
            ctl[ap.YAW_HELD] = 1.0
            ctl[ap.YAW_CMD] = ctl[ap.YAW_SP]

    def _finite(self, values: Vector3) -> Vector3:
        if not all(math.isfinite(value) for value in values):
            raise ScenarioError(
                f"a setpoint must be finite, has {values}", where=f"the setpoint at {self.time_s:.3f} s"
            )
        return values

    # --- provided by the aircraft ---

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        raise NotImplementedError

    @property
    def readings(self) -> Array:
        """Sensor readings, laid out by `hil.sensors.layout`."""
        raise NotImplementedError

    @property
    def indicated_airspeed_m_s(self) -> float | None:
        """Indicated airspeed of a pitot tube; None without one."""
        return None

    def drive(self, duties: Sequence[float]) -> None:
        """Send actuator commands, 0..1 each."""
        raise NotImplementedError

    # --- state ---

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: on rotors."""
        return int(MAV_VTOL_STATE.MC)

    @property
    def throttle(self) -> float:
        """Mean commanded thrust fraction, 0..1."""
        return float(self._ctl[ap.THROTTLE])

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Duty of each motor, 0..1."""
        return tuple(self._ctl[ap.OUT : ap.OUT + self.airframe.rotor_count].tolist())

    @property
    def setpoint_ned(self) -> Vector3:
        """Setpoint of the position controller."""
        return vector3(self._ctl, ap.P_SP)

    @property
    def wanted_roll_pitch_rad(self) -> tuple[float, float]:
        """Roll and pitch that the attitude controller wants; the present ones while it does not run."""
        return self._wanted_by_rotors()

    def _wanted_by_rotors(self) -> tuple[float, float]:
        runs = self._ctl[ap.ACTIVE] > 0.0
        q = self._ctl[ap.Q_SP : ap.Q_SP + 4] if runs else self._est[ap.EQ : ap.EQ + 4]
        roll, pitch, _ = to_euler(*q.tolist())
        return roll, pitch

    @property
    def estimate(self) -> Estimate:
        """The estimate as a value."""
        est = self._est
        pos = vector3(est, ap.EP)
        lat, lon, _ = ned_to_lla(*pos, self.home.lat_deg, self.home.lon_deg, self.home.alt_amsl_m)
        euler = to_euler(*est[ap.EQ : ap.EQ + 4].tolist())
        up_m = -pos[2] + (pos[0] * pos[0] + pos[1] * pos[1]) / (2.0 * MEAN_RADIUS_M)
        aligned = bool(est[ap.ALIGNED])
        sd = np.sqrt(np.diag(self._cov)).tolist()
        return Estimate(
            pos_ned=pos,
            vel_ned=vector3(est, ap.EV),
            accel_ned=vector3(est, ap.ACCEL_NED),
            quaternion=vector4(est, ap.EQ),
            euler_rad=euler,
            rates_frd=vector3(est, ap.RATES),
            accel_frd=vector3(est, ap.SPECIFIC_FORCE),
            lat_deg=lat,
            lon_deg=lon,
            alt_amsl_m=self.home.alt_amsl_m + up_m,
            relative_alt_m=up_m,
            heading_rad=euler[2] % (2.0 * math.pi),
            landed=bool(self._ctl[ap.LANDED]),
            ready=Ready(tilt_aligned=aligned, yaw_aligned=aligned, gps_used=bool(est[ap.GPS_USED])),
            pos_horizontal_sd_m=math.hypot(sd[ap.D_POS], sd[ap.D_POS + 1]),
            pos_vertical_sd_m=sd[ap.D_POS + 2],
            vel_sd_m_s=math.hypot(*sd[ap.D_VEL : ap.D_VEL + 3]),
        )
