"""Simulated vehicle without autopilot: physics, weather, sensors and faults, driven by motor commands.

This class owns the arrays; the compiled `hil.sim.plant.kernel` steps them. A seed determines the flight bit for bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from controller.terrain.raster import Raster
from hil.airframes.load import Airframe
from hil.errors import AirframeError, Diverged, ScenarioError
from hil.faults.schedule import ROW_SIZE, Fault, Part, fault_rows, faults_of_receiver
from hil.geodesy import Home, gravity_m_s2
from hil.physics import state as ps
from hil.sensors import layout as sn
from hil.sensors.gps import WITHOUT_FIX
from hil.sensors.load import STANDARD_IMU_HZ, sensor_records
from hil.sensors.noise import seeded_streams
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
    params_at_step,
    vibration_sources,
    watched_rotor_count,
)
from hil.sim.plant.view import PlantView
from hil.sim.scenario import check_air, check_scenario
from hil.world import wind as wd
from hil.world.magnetic import field_at


class Plant(PlantView):
    """Vehicle standing at home, switched on at time 0. `wind_ned` is the motion of the air over ground, m/s.

    Weather: `gust_m_s` is the standard deviation of simple gusts; `turbulence_m_s` is the wind at 20 ft that sets the
    MIL-F-8785C turbulence (7.7 light, 15.4 moderate, 23 severe). With a `roughness_m` of the ground wind grows with
    height, and `wind_ned` is the wind at 20 ft (0.05 m is short grass; None is the default of the airframe).
    `warmer_k` is the air temperature above standard. The ground is `terrain`, or flat. `imu_hz` is 250, 500 or 1000.
    `receivers` is the number of GPS receivers; `readings` has the first one, `hil.sim.plant.additional_gps` the others.
    Raises ScenarioError.
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
        self._params = params_at_step(airframe, airframe.params, STEP_S)
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
        """Step to `until_s`, rounded to a millisecond.

        Raises Diverged when the simulation diverges (a value is NaN or infinite), AirframeError when it does so with an
        airframe file of the user.
        """
        until, began = round(until_s / STEP_S), int(self._clock[0])
        self._checkpoint.save(self._changing_arrays)
        for edge in (*gust_edges(self._schedule, int(self._clock[0]), until), until):
            wind = wind_in_gusts(self._steady_ned, self._schedule, int(self._clock[0]))
            self._wind[wd.STEADY : wd.STEADY + 3] = wind
            for step in self._ground.update_steps(int(self._clock[0]), edge):
                self._ground.update(int(self._clock[0]), self._state, self._inputs)
                self._step_until(step)
        if not self._all_finite:
            self._checkpoint.restore(self._changing_arrays)
            step, what = find_divergence(self._watched_values, self._step_until, began, until)
            message = f"simulation diverged at {step * STEP_S:.3f} s: {what}"
            if self.airframe.bundled:
                raise Diverged(message, where=self.airframe.file)
            raise AirframeError(message, where=self.airframe.file, hint="check the figures of the airframe")

    @property
    def _all_finite(self) -> bool:
        """Whether the simulation has not diverged; NaN spreads to the values checked here within a step."""
        state, duties = self._state, self._inputs[ps.DUTY : ps.DUTY + ps.MAX_ROTORS]
        return math.isfinite(
            state[ps.QUAT] + state[ps.POS] + state[ps.POS + 2] + duties.sum() + self._readings.sum()
        )

    @property
    def _changing_arrays(self) -> tuple[NDArray[Any], ...]:
        """Arrays that a step changes."""
        return (
            self._clock, self._state, self._inputs, self._wind, self._errors, self._streams,
            self._readings, self._raw, self._held, self._health,
        )  # fmt: skip

    @property
    def _watched_values(self) -> tuple[WatchedValues, ...]:
        """Values to check, in the order of the stages."""
        return watched_values(
            self._state,
            self._inputs,
            self._readings,
            rotors=watched_rotor_count(self.airframe),
            control=self._control_values,
        )

    @property
    def _control_values(self) -> tuple[WatchedValues, ...]:
        """Values of controllers inside the compiled loop."""
        return ()

    def _step_until(self, step: int) -> None:
        advance_plant(
            step, self._clock, self._state, self._inputs, self._params, self._wind,
            self._errors, self._records, self._streams, self._readings,
            self._raw, self._held, self._faults, self._health, self._duty,
        )  # fmt: skip

    @property
    def output_slots(self) -> tuple[int, ...]:
        """Place of each command of `drive` in the physics' inputs, counted from DUTY."""
        return output_slots(self.airframe)

    def drive(self, duties: Sequence[float]) -> None:
        """Set the motor commands (0..1, in the airframe's order); values beyond are clipped.

        Raises ScenarioError for too few commands or one that is not finite.
        """
        slots = self.output_slots
        if len(duties) < len(slots):
            raise ScenarioError(
                f"{self.airframe.name} needs {len(slots)} commands, got {len(duties)} at {self.time_s:.3f} s",
                where="the motor commands",
            )
        for i, duty in enumerate(duties[: len(slots)], 1):
            if not math.isfinite(duty):
                raise ScenarioError(
                    f"command {i} must be finite, is {duty} at {self.time_s:.3f} s",
                    where="the motor commands",
                )
        for slot, duty in zip(slots, duties, strict=False):
            self._duty[slot] = min(max(duty, 0.0), 1.0)

    # --- faults ---

    supports_faults = True

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Fault schedule."""
        return self._schedule

    @faults.setter
    def faults(self, schedule: Iterable[Fault]) -> None:
        """Replace the fault schedule. Raises ScenarioError."""
        faults = tuple(schedule)
        check_faults(self.airframe, faults)
        for fault in faults:
            if fault.part is Part.GPS and fault.instance > self.receivers:
                raise ScenarioError(
                    f"no GPS receiver {fault.instance} on board",
                    where="fault",
                    hint="hil px4 --gps 2 simulates two",
                )
        self._schedule = faults
        self._faults = fault_rows(faults_of_receiver(faults, 1))
        # Until a fault starts, the last value of its sensor is the present one.
        self._held = fault_memory(self._faults)
        latch_readings(self._faults, self._held, self._raw)

    def inject(self, fault: Fault) -> None:
        """Add a fault to the schedule."""
        self.faults = (*self._schedule, fault)

    def clear_faults(self) -> None:
        """Remove all faults."""
        self.faults = ()

    @property
    def battery_override_v(self) -> float | None:
        """Voltage that replaces the battery model, V; None without."""
        return float(self._inputs[ps.VOLTAGE_OVERRIDE]) or None

    @battery_override_v.setter
    def battery_override_v(self, value: float | None) -> None:
        self._inputs[ps.VOLTAGE_OVERRIDE] = value or 0.0

    @property
    def gps_enabled(self) -> bool:
        """Whether the GPS receiver can get a fix."""
        return bool(self._errors[sn.GPS_ENABLED])

    @gps_enabled.setter
    def gps_enabled(self, value: bool) -> None:
        self._errors[sn.GPS_ENABLED] = float(value)
