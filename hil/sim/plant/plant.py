"""One simulated aircraft without its autopilot: physics, weather, sensors and faults, moved by motor commands.

The arrays live here; the work is done by the compiled `hil.sim.plant.kernel`. One seed, one flight, bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hil.airframes.load import Airframe
from hil.autopilot.control.estimator_types import four, sensors_of, three
from hil.errors import AirframeError, Diverged, ScenarioError
from hil.faults.schedule import ROW_SIZE, Fault, Part, fault_rows, faults_of_receiver
from hil.frames import to_euler
from hil.geodesy import Home, gravity_m_s2, ned_to_lla
from hil.physics import params as pp
from hil.physics import state as ps
from hil.sensors import layout as sn
from hil.sensors.gps import WITHOUT_FIX
from hil.sensors.load import STANDARD_IMU_HZ, sensor_records
from hil.sensors.noise import seeded_streams
from hil.sensors.pitot import Airspeed
from hil.sensors.power_on import switch_on
from hil.sensors.suite import STEP_S
from hil.sim.plant.divergence_check import Checkpoint, WatchedValues, find_divergence, watched_values
from hil.sim.plant.fault_kernel import fault_memory, latch_readings
from hil.sim.plant.ground import Ground
from hil.sim.plant.gusts import gust_edges, wind_in_gusts
from hil.sim.plant.kernel import advance_plant
from hil.sim.plant.vehicle_kinds import (
    check_faults,
    default_roughness_m,
    idle_commands,
    output_slots,
    stepped,
    vibration_sources,
    watched_rotor_count,
)
from hil.sim.scenario import check_air, check_scenario
from hil.sim.snapshot import Sensors, Truth, Vector3
from hil.world import wind as wd
from hil.world.magnetic import field_at
from hil.world.raster import Raster


class Plant:
    """A vehicle standing at home, switched on at time 0. `wind_ned` is where the air goes to, in m/s over ground.

    Weather: `gust_m_s` is the deviation of simple gusts; `turbulence_m_s` the wind at 20 ft behind MIL-F-8785C turbulence
    (7.7 light, 15.4 moderate, 23 severe); `roughness_m` of the ground makes wind grow with height (then `wind_ned` is that
    at 20 ft; 0.05 m is short grass; without, what is usual for the airframe); `warmer_k` is the air's temperature above
    standard. The ground is that of `terrain`, flat without. `imu_hz` is 250, 500 or 1000. `receivers` of GPS are on board; the
    readings are the first one's, the others are `hil.sim.plant.spare_gps`. Raises ScenarioError.
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
        roughness_m: float | None = None,
        warmer_k: float = 0.0,
        terrain: Raster | None = None,
        faults: Iterable[Fault] = (),
        imu_hz: int = STANDARD_IMU_HZ,
        receivers: int = 1,
    ) -> None:
        check_scenario(home, wind_ned, gust_m_s)
        rough_m = default_roughness_m(airframe) if roughness_m is None else roughness_m
        check_air(turbulence_m_s, rough_m, warmer_k)
        self.airframe = airframe
        self.home = home
        self.gravity_m_s2 = gravity_m_s2(home.lat_deg, home.alt_amsl_m)
        self.field = field_at(home)
        self._clock = np.zeros(1, dtype=np.int64)
        self._params = stepped(airframe, airframe.params, STEP_S)
        self._ground = Ground(home, airframe.resting_height_m, terrain)
        self._inputs = ps.still_air(gravity_m_s2=self.gravity_m_s2)
        self._state = self._ground.standing(self._inputs, heading_rad=math.radians(home.heading_deg))
        self._wind = np.zeros(wd.WIND_SIZE)
        self._steady_ned = wind_ned
        self._wind[wd.GUST_SIGMA] = gust_m_s
        self._wind[wd.TURBULENCE] = turbulence_m_s
        self._wind[wd.ROUGHNESS] = rough_m
        self._errors = np.zeros(sn.ERROR_SIZE)
        self._records = sensor_records(
            home, self.field, warmer_k=warmer_k, imu_hz=imu_hz, vibration_sources=vibration_sources(airframe)
        )
        self._streams = seeded_streams(seed)
        self._readings = np.zeros(sn.READING_SIZE)
        self._readings[sn.BATTERY_REMAINING] = 1.0
        self._readings[[sn.GPS_EPH, sn.GPS_EPV, sn.GPS_SPEED_ACC]] = WITHOUT_FIX
        self._raw = self._readings.copy()
        self._health = np.ones(ps.MAX_ROTORS)
        self.receivers = receivers
        self._schedule: tuple[Fault, ...] = ()
        self._faults = np.zeros((0, ROW_SIZE))
        self._held = fault_memory(self._faults)
        self.faults = tuple(faults)
        self._duty = idle_commands(airframe)
        self._checkpoint = Checkpoint()
        switch_on(self._errors, self._records, self._streams)

    # --- time ---

    @property
    def time_s(self) -> float:
        """Simulated seconds since power-on."""
        return float(self._clock[0]) * STEP_S

    def advance(self, until_s: float) -> None:
        """Let time pass until `until_s`, to the nearest millisecond.

        Raises Diverged when the physics leaves the numbers, AirframeError when it does so on a user's own figures.
        """
        until, began = round(until_s / STEP_S), int(self._clock[0])
        self._checkpoint.save(self._changing_arrays)
        for edge in (*gust_edges(self._schedule, int(self._clock[0]), until), until):
            blown = wind_in_gusts(self._steady_ned, self._schedule, int(self._clock[0]))
            self._wind[wd.STEADY : wd.STEADY + 3] = blown
            for step in self._ground.stops(int(self._clock[0]), edge):
                self._ground.lay(int(self._clock[0]), self._state, self._inputs)
                self._step_until(step)
        if not self._all_finite:
            self._checkpoint.restore(self._changing_arrays)
            step, what = find_divergence(self._watched, self._step_until, began, until)
            said = f"the simulation left the numbers at {step * STEP_S:.3f} s: {what}"
            if self.airframe.shipped:
                raise Diverged(said, where=self.airframe.file)
            raise AirframeError(said, where=self.airframe.file, hint="its figures make it unstable")

    @property
    def _all_finite(self) -> bool:
        """Whether it is still all numbers; a lost one spreads to these within a step."""
        state, duties = self._state, self._inputs[ps.DUTY : ps.DUTY + ps.MAX_ROTORS]
        return math.isfinite(
            state[ps.QUAT] + state[ps.POS] + state[ps.POS + 2] + duties.sum() + self._readings.sum()
        )

    @property
    def _changing_arrays(self) -> tuple[NDArray[Any], ...]:
        """All arrays that a step changes."""
        return (
            self._clock, self._state, self._inputs, self._wind, self._errors, self._streams,
            self._readings, self._raw, self._held, self._health,
        )  # fmt: skip

    @property
    def _watched(self) -> tuple[WatchedValues, ...]:
        """What may be lost, in the order of the stages."""
        return watched_values(
            self._state,
            self._inputs,
            self._readings,
            rotors=watched_rotor_count(self.airframe),
            control=self._control_values,
        )

    @property
    def _control_values(self) -> tuple[WatchedValues, ...]:
        """The same of who thinks inside the compiled loop."""
        return ()

    def _step_until(self, step: int) -> None:
        advance_plant(
            step, self._clock, self._state, self._inputs, self._params, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health, self._duty,
        )  # fmt: skip

    @property
    def output_slots(self) -> tuple[int, ...]:
        """Where each command of `drive` goes in the physics' inputs, counted from DUTY."""
        return output_slots(self.airframe)

    def drive(self, duties: Sequence[float]) -> None:
        """Turn the motors at these duties (0..1, in the airframe's order) from now on; what is beyond is cut off.

        Raises ScenarioError for too few of them, or one that is no number.
        """
        slots = self.output_slots
        if len(duties) < len(slots):
            raise ScenarioError(
                f"{self.airframe.name} has {len(slots)} motors, got {len(duties)} duties at {self.time_s:.3f} s",
                where="the motor commands",
            )
        for i, duty in enumerate(duties[: len(slots)], 1):
            if not math.isfinite(duty):
                raise ScenarioError(
                    f"the duty of motor {i} is {duty} at {self.time_s:.3f} s", where="the motor commands"
                )
        for slot, duty in zip(slots, duties, strict=False):
            self._duty[slot] = min(max(duty, 0.0), 1.0)

    # --- faults ---

    can_break = True

    @property
    def faults(self) -> tuple[Fault, ...]:
        """The schedule of what breaks when."""
        return self._schedule

    @faults.setter
    def faults(self, schedule: Iterable[Fault]) -> None:
        """Replace the schedule; what is over or yet to come in the old one is forgotten. Raises ScenarioError."""
        wanted = tuple(schedule)
        check_faults(self.airframe, wanted)
        for fault in wanted:
            if fault.part is Part.GPS and fault.instance > self.receivers:
                raise ScenarioError(
                    f"there is no GPS receiver {fault.instance}",
                    where="fault",
                    hint="hil px4 --gps 2 shows PX4 two",
                )
        self._schedule = wanted
        self._faults = fault_rows(faults_of_receiver(wanted, 1))
        # Until its fault begins a sensor's last value is the one it shows now.
        self._held = fault_memory(self._faults)
        latch_readings(self._faults, self._held, self._raw)

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
    def state(self) -> ps.Array:
        """The physics' state, laid out by `hil.physics.state`; not to be written to."""
        return self._state

    @property
    def wind_ned(self) -> Vector3:
        """The air's motion over ground where the vehicle is, m/s."""
        return three(self._inputs, ps.WIND)

    @property
    def ground_d_m(self) -> float:
        """NED down of the ground below the vehicle."""
        return float(self._inputs[ps.GROUND_D])

    def ground_below(self, north_m: float, east_m: float) -> float:
        """NED down of the ground at a place."""
        return self._ground.down_m(north_m, east_m)

    @property
    def readings(self) -> ps.Array:
        """What the sensors say, faults and all, laid out by `hil.sensors.layout`; not to be written to."""
        return self._readings

    @property
    def sensors(self) -> Sensors:
        return sensors_of(self._readings, self.home)

    @property
    def truth(self) -> Truth:
        state = self._state
        pos = three(state, ps.POS)
        lat, lon, alt = self._lla(pos)
        return Truth(
            pos_ned=pos,
            vel_ned=three(state, ps.VEL),
            quaternion=four(state, ps.QUAT),
            euler_rad=to_euler(*state[ps.QUAT : ps.QUAT + 4].tolist()),
            rates_frd=three(state, ps.RATE),
            lat_deg=lat,
            lon_deg=lon,
            alt_amsl_m=alt,
            rotor_speeds_rad_s=tuple(state[ps.ROTOR : ps.ROTOR + int(self._params[pp.ROTORS])].tolist()),
            wind_ned=self.wind_ned,
        )

    @property
    def records(self) -> ps.Array:
        """The constants of its sensors' models, laid out by `hil.sensors.layout`."""
        return self._records

    @property
    def specific_force_frd(self) -> Vector3:
        """Specific force at the centre of mass as it truly is, m/s^2."""
        return three(self._state, ps.SPECIFIC)

    @property
    def density_kg_m3(self) -> float:
        """Of the air it is in."""
        return float(self._inputs[ps.DENSITY])

    @property
    def airspeed(self) -> Airspeed | None:
        """What a pitot tube says, where there is one."""
        return None

    def _lla(self, pos_ned: Vector3) -> Vector3:
        return ned_to_lla(*pos_ned, self.home.lat_deg, self.home.lon_deg, self.home.alt_amsl_m)
