"""The emulated autopilot's control core as one object: what it believes, what it was told, what it wants of the motors.

Its arrays live here and are moved by compiled code: inside an aircraft's joined loop, or by `ControlLoop.run_cycle` alone, when
the sensors' values come from elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from hil.airframes.load import Airframe
from hil.autopilot.control import layout as ap
from hil.autopilot.control.estimator_types import Estimate, Ready, Vector3, four, three
from hil.autopilot.control.mixer import mixing_matrix
from hil.autopilot.control.setpoints import Attitude, GoTo, HoldPosition, MotorsIdle, Setpoint, Velocity
from hil.autopilot.control.tuning import tuned
from hil.errors import ScenarioError
from hil.frames import to_euler
from hil.geodesy import MEAN_RADIUS_M, Home, gravity_m_s2, ned_to_lla
from hil.physics.state import Array
from hil.world.magnetic import field_at


class ControlLoop:
    """Estimator, controllers and mixer of one aircraft, disarmed and believing nothing yet."""

    airframe: Airframe
    home: Home

    def _begin(self, airframe: Airframe, home: Home) -> None:
        self._begin_estimate(home)
        self._tune = tuned(airframe)
        self._matrix = mixing_matrix(airframe)
        self._ctl[ap.HOVER] = self._tune[ap.HOVER0]

    def _begin_estimate(self, home: Home) -> None:
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
        """Disarmed motors stop, wherever the aircraft is."""
        self._ctl[ap.ARMED] = float(value)

    def command(self, setpoint: Setpoint) -> None:
        """Do this from now on. Raises ScenarioError for numbers that are none, or speeds that are not positive."""
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
            case Attitude(roll_rad=roll, pitch_rad=pitch, yaw_rad=yaw, thrust=thrust):
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
            # A new line starts where the moving point is, so that its speed carries over.
            ctl[ap.LINE : ap.LINE + 3] = ctl[ap.P_SP : ap.P_SP + 3]
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
                f"a set-point must be finite, has {values}", where=f"the set-point at {self.time_s:.3f} s"
            )
        return values

    # --- what its aircraft has ---

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        raise NotImplementedError

    @property
    def readings(self) -> Array:
        """What the sensors say, laid out by `hil.sensors.layout`."""
        raise NotImplementedError

    @property
    def indicated_m_s(self) -> float | None:
        """The airspeed that a pitot tube says; rotors carry none."""
        return None

    def drive(self, duties: Sequence[float]) -> None:
        """Hand out commands, 0..1 each, to whatever moves the aircraft."""
        raise NotImplementedError

    # --- looking ---

    @property
    def vtol_state(self) -> int:
        """MAV_VTOL_STATE: on rotors."""
        return 3

    @property
    def throttle(self) -> float:
        """Mean thrust fraction the motors are asked for, 0..1."""
        return float(self._ctl[ap.THROTTLE])

    @property
    def motor_outputs(self) -> tuple[float, ...]:
        """Duty of each motor, 0..1."""
        return tuple(self._ctl[ap.OUT : ap.OUT + self.airframe.rotor_count].tolist())

    @property
    def setpoint_ned(self) -> Vector3:
        """The moving point that the position controller follows."""
        return three(self._ctl, ap.P_SP)

    @property
    def estimate(self) -> Estimate:
        est = self._est
        pos = three(est, ap.EP)
        lat, lon, _ = ned_to_lla(*pos, self.home.lat_deg, self.home.lon_deg, self.home.alt_amsl_m)
        euler = to_euler(*est[ap.EQ : ap.EQ + 4].tolist())
        up_m = -pos[2] + (pos[0] * pos[0] + pos[1] * pos[1]) / (2.0 * MEAN_RADIUS_M)
        aligned = bool(est[ap.ALIGNED])
        sd = np.sqrt(np.diag(self._cov)).tolist()
        return Estimate(
            pos_ned=pos,
            vel_ned=three(est, ap.EV),
            accel_ned=three(est, ap.ACCEL_NED),
            quaternion=four(est, ap.EQ),
            euler_rad=euler,
            rates_frd=three(est, ap.RATES),
            accel_frd=three(est, ap.FELT),
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
