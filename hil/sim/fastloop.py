"""One simulated vehicle with its autopilot core: power it on, arm it, command it, let time pass, look at it.

The arrays live here; the work is done by the compiled `hil.sim.kernel`. One seed, one flight, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from hil.airframes.load import Airframe
from hil.autopilot import layout as ap
from hil.autopilot.mixer import mixing_matrix
from hil.autopilot.setpoints import Attitude, GoTo, HoldPosition, MotorsIdle, Setpoint, Velocity
from hil.autopilot.tuning import tuned
from hil.errors import Diverged, ScenarioError
from hil.faults.schedule import ROW_SIZE, Fault, Part, fault_rows
from hil.frames import to_euler
from hil.geodesy import MEAN_RADIUS_M, Home, gravity_m_s2, ned_to_lla
from hil.physics import params as pp
from hil.physics import state as ps
from hil.sensors import layout as sn
from hil.sensors.load import sensor_records
from hil.sensors.noise import seeded_streams
from hil.sensors.suite import STEP_S, switch_on
from hil.sim.breaking import hold_readings
from hil.sim.kernel import advance
from hil.sim.scenario import check_air, check_scenario
from hil.sim.snapshot import Estimate, Gps, Ready, Sensors, Truth, Vector3
from hil.world import wind as wd
from hil.world.magnetic import field_at


class FastLoop:
    """A vehicle standing at home, switched on at time 0. `wind_ned` is where the air goes to, in m/s over ground.

    Weather: `gust_m_s` is the deviation of simple gusts; `turbulence_m_s` the wind at 20 ft behind MIL-F-8785C turbulence
    (7.7 light, 15.4 moderate, 23 severe); `roughness_m` of the ground makes wind grow with height (then `wind_ned` is that
    at 20 ft; 0.05 m is short grass); `warmer_k` is the air's temperature above standard. Raises ScenarioError.
    """

    def __init__(
        self,
        airframe: Airframe,
        home: Home,
        *,
        seed: int,
        wind_ned: tuple[float, float, float] = (0.0, 0.0, 0.0),
        gust_m_s: float = 0.0,
        turbulence_m_s: float = 0.0,
        roughness_m: float = 0.0,
        warmer_k: float = 0.0,
        faults: Iterable[Fault] = (),
    ) -> None:
        check_scenario(home, wind_ned, gust_m_s)
        check_air(turbulence_m_s, roughness_m, warmer_k)
        self.airframe = airframe
        self.home = home
        self.gravity_m_s2 = gravity_m_s2(home.lat_deg, home.alt_amsl_m)
        field = field_at(home)
        self._clock = np.zeros(1, dtype=np.int64)
        self._params = pp.at_step(airframe.params, STEP_S)
        self._state = ps.level_state(heading_rad=math.radians(home.heading_deg))
        # The ground carries it before the first step, or its first accelerometer sample would feel a fall.
        self._state[ps.SPECIFIC + 2] = -self.gravity_m_s2
        self._inputs = ps.still_air(gravity_m_s2=self.gravity_m_s2, ground_d_m=airframe.resting_height_m)
        self._wind = np.zeros(wd.WIND_SIZE)
        self._wind[wd.STEADY : wd.STEADY + 3] = wind_ned
        self._wind[wd.GUST_SIGMA] = gust_m_s
        self._wind[wd.TURBULENCE] = turbulence_m_s
        self._wind[wd.ROUGHNESS] = roughness_m
        self._errors = np.zeros(sn.ERROR_SIZE)
        self._records = sensor_records(home, field, warmer_k=warmer_k)
        self._streams = seeded_streams(seed)
        self._readings = np.zeros(sn.READING_SIZE)
        self._readings[sn.BATTERY_REMAINING] = 1.0
        self._readings[sn.GPS_EPH] = self._readings[sn.GPS_EPV] = 99.99
        self._raw = self._readings.copy()
        self._health = np.ones(ps.MAX_ROTORS)
        self._schedule: tuple[Fault, ...] = ()
        self._faults = np.zeros((0, ROW_SIZE))
        self._held = np.zeros((0, sn.READING_SIZE))
        self.faults = tuple(faults)
        self._est = np.zeros(ap.EST_SIZE)
        self._est[ap.EQ] = 1.0
        self._est[ap.DECLINATION] = field.declination_rad
        self._est[ap.GRAVITY_M_S2] = self.gravity_m_s2
        self._cov = np.zeros((ap.ERRORS, ap.ERRORS))
        self._work = np.zeros((3, ap.ERRORS, ap.ERRORS))
        self._past = np.zeros((ap.HISTORY, 6))
        self._tune = tuned(airframe)
        self._matrix = mixing_matrix(airframe)
        self._ctl = np.zeros(ap.CTL_SIZE)
        self._ctl[ap.Q_SP] = 1.0
        self._ctl[ap.HOVER] = self._tune[ap.HOVER0]
        self._ctl[ap.LANDED] = 1.0
        switch_on(self._errors, self._records, self._streams)

    # --- time ---

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        return float(self._clock[0]) * STEP_S

    def advance(self, until_s: float) -> None:
        """Let time pass until `until_s`, to the nearest millisecond. Raises Diverged when the physics leaves the numbers."""
        advance(
            round(until_s / STEP_S), self._clock, self._state, self._inputs, self._params, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health,
            self._est, self._cov, self._work, self._past, self._ctl, self._tune, self._matrix,
        )  # fmt: skip
        if not math.isfinite(self._state[ps.QUAT] + self._state[ps.POS] + self._state[ps.POS + 2]):
            raise Diverged(
                f"the physics left the numbers before {self.time_s:.3f} s", where=self.airframe.file
            )

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
                self._fly(_finite(vel), yaw, rate)
            case GoTo():
                self._go(setpoint)
            case Attitude(roll_rad=roll, pitch_rad=pitch, yaw_rad=yaw, thrust=thrust):
                ctl[ap.ROLL_CMD], ctl[ap.PITCH_CMD], ctl[ap.THRUST_CMD] = _finite((roll, pitch, thrust))
                self._set_yaw(yaw, None)
                ctl[ap.MODE] = ap.ATTITUDE

    def _fly(self, vel_ned: Vector3, yaw_rad: float | None, rate_rad_s: float | None) -> None:
        self._ctl[ap.VEL_CMD : ap.VEL_CMD + 3] = vel_ned
        self._set_yaw(yaw_rad, rate_rad_s)
        self._ctl[ap.MODE] = ap.VELOCITY

    def _go(self, to: GoTo) -> None:
        ctl = self._ctl
        speeds = _finite((to.speed_m_s, to.climb_m_s, to.descend_m_s))
        if min(speeds) <= 0.0:
            raise ScenarioError(f"speeds of a GoTo must be above 0, are {speeds}")
        target = _finite(to.pos_ned)
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
        rate = 0.0 if rate_rad_s is None else _finite((rate_rad_s, 0.0, 0.0))[0]
        ctl[ap.YAW_RATE_CMD] = rate
        if yaw_rad is not None:
            ctl[ap.YAW_CMD] = _finite((yaw_rad, 0.0, 0.0))[0]
            ctl[ap.YAW_HELD] = 0.0
        elif ctl[ap.YAW_HELD] == 0.0 or rate != 0.0:
            ctl[ap.YAW_HELD] = 1.0
            ctl[ap.YAW_CMD] = ctl[ap.YAW_SP]

    # --- faults ---

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The schedule of what breaks when."""
        return self._schedule

    @faults.setter
    def faults(self, schedule: Iterable[Fault]) -> None:
        """Replace the schedule; what is over or yet to come in the old one is forgotten."""
        self._schedule = tuple(schedule)
        for fault in self._schedule:
            if fault.part is Part.MOTOR and fault.instance > self.airframe.rotor_count:
                raise ScenarioError(f"{self.airframe.name} has no motor {fault.instance}", where="fault")
        self._faults = fault_rows(self._schedule)
        # Until its fault begins a sensor's last value is the one it shows now.
        self._held = np.zeros((len(self._schedule), sn.READING_SIZE))
        hold_readings(self._faults, self._held, self._raw)

    def inject(self, fault: Fault) -> None:
        """Add a fault to the schedule."""
        self.faults = (*self._schedule, fault)

    def clear_faults(self) -> None:
        """Everything works again."""
        self.faults = ()

    @property
    def battery_override_v(self) -> float | None:
        """A voltage to show in place of the battery's own."""
        return float(self._inputs[ps.VOLTAGE_OVERRIDE]) or None

    @battery_override_v.setter
    def battery_override_v(self, value: float | None) -> None:
        self._inputs[ps.VOLTAGE_OVERRIDE] = value or 0.0

    @property
    def gps_enabled(self) -> bool:
        return bool(self._errors[sn.GPS_ENABLED])

    @gps_enabled.setter
    def gps_enabled(self, value: bool) -> None:
        self._errors[sn.GPS_ENABLED] = float(value)

    # --- looking ---

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
        return _three(self._ctl, ap.P_SP)

    @property
    def estimate(self) -> Estimate:
        est = self._est
        pos = _three(est, ap.EP)
        lat, lon, _ = self._lla(pos)
        euler = to_euler(*est[ap.EQ : ap.EQ + 4].tolist())
        up_m = -pos[2] + (pos[0] * pos[0] + pos[1] * pos[1]) / (2.0 * MEAN_RADIUS_M)
        aligned = bool(est[ap.ALIGNED])
        sd = np.sqrt(np.diag(self._cov)).tolist()
        return Estimate(
            pos_ned=pos,
            vel_ned=_three(est, ap.EV),
            accel_ned=_three(est, ap.ACCEL_NED),
            quaternion=_four(est, ap.EQ),
            euler_rad=euler,
            rates_frd=_three(est, ap.RATES),
            accel_frd=_three(est, ap.FELT),
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

    @property
    def sensors(self) -> Sensors:
        got = self._readings
        fixed = got[sn.GPS_FIX] >= 3.0
        lat, lon, alt = self._lla(_three(got, sn.GPS_POS)) if fixed else (0.0, 0.0, 0.0)
        return Sensors(
            gyro_frd=_three(got, sn.GYRO),
            accel_frd=_three(got, sn.ACCEL),
            mag_frd_gauss=_three(got, sn.MAG),
            baro_hpa=float(got[sn.BARO_PA]) / 100.0,
            baro_temperature_c=float(got[sn.BARO_TEMPERATURE_K]) - 273.15,
            gps=Gps(
                count=int(got[sn.GPS_COUNT]),
                time_s=float(got[sn.GPS_TIME]),
                fix_type=int(got[sn.GPS_FIX]),
                lat_deg=lat,
                lon_deg=lon,
                alt_amsl_m=alt,
                vel_ned=_three(got, sn.GPS_VEL) if fixed else (0.0, 0.0, 0.0),
                eph_m=float(got[sn.GPS_EPH]),
                epv_m=float(got[sn.GPS_EPV]),
                satellites=int(got[sn.GPS_SATELLITES]),
            ),
            battery_v=float(got[sn.BATTERY_V]),
            battery_a=float(got[sn.BATTERY_A]),
            battery_consumed_mah=float(got[sn.BATTERY_MAH]),
            battery_remaining=float(got[sn.BATTERY_REMAINING]),
        )

    @property
    def truth(self) -> Truth:
        state = self._state
        pos = _three(state, ps.POS)
        lat, lon, alt = self._lla(pos)
        return Truth(
            pos_ned=pos,
            vel_ned=_three(state, ps.VEL),
            quaternion=_four(state, ps.QUAT),
            euler_rad=to_euler(*state[ps.QUAT : ps.QUAT + 4].tolist()),
            rates_frd=_three(state, ps.RATE),
            lat_deg=lat,
            lon_deg=lon,
            alt_amsl_m=alt,
            rotor_speeds_rad_s=tuple(state[ps.ROTOR : ps.ROTOR + int(self._params[pp.ROTORS])].tolist()),
            wind_ned=_three(self._inputs, ps.WIND),
        )

    def _lla(self, pos_ned: Vector3) -> Vector3:
        return ned_to_lla(*pos_ned, self.home.lat_deg, self.home.lon_deg, self.home.alt_amsl_m)


def _three(row: ps.Array, at: int) -> Vector3:
    a, b, c = row[at : at + 3].tolist()
    return a, b, c


def _four(row: ps.Array, at: int) -> tuple[float, float, float, float]:
    a, b, c, d = row[at : at + 4].tolist()
    return a, b, c, d


def _finite(values: Vector3) -> Vector3:
    if not all(math.isfinite(value) for value in values):
        raise ScenarioError(f"a set-point must be finite, has {values}")
    return values
