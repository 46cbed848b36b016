"""Sensors, weather and faults of a batch: arrays with one row per vehicle."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hil.airframes.load import Airframe
from hil.errors import ScenarioError
from hil.faults.schedule import ROW_SIZE, Fault, Kind, fault_rows
from hil.geodesy import Home
from hil.physics.state import Array
from hil.sensors import layout as sn
from hil.sensors.gps import WITHOUT_FIX
from hil.sensors.load import sensor_records
from hil.sensors.noise import seeded_streams
from hil.sensors.optional import airspeed_record
from hil.sensors.pitot import Pitot, pressure_ahead_pa
from hil.sensors.power_on import switch_on
from hil.sim.plant.fault_kernel import fault_memory, latch_readings
from hil.sim.plant.gusts import wind_in_gusts
from hil.sim.plant.vehicle_kinds import vibration_sources
from hil.world import wind as wd
from hil.world.magnetic import field_at


class BatchSensors:
    """Arrays of the sensors.

    `weather` and `warmer` have one row for all vehicles or one each; `schedules` has none or one each.
    """

    def __init__(
        self,
        airframe: Airframe,
        home: Home,
        seeds: list[int],
        weather: Array,
        warmer: Array,
        schedules: list[tuple[Fault, ...]],
    ) -> None:
        count = len(seeds)
        self._airframe, self._seeds = airframe, seeds
        self._weather, self._schedules = weather, schedules
        self._streams0 = np.array([seeded_streams(seed) for seed in seeds])
        self._records = np.tile(
            sensor_records(home, field_at(home), vibration_sources=vibration_sources(airframe)),
            (len(warmer), 1),
        )
        self._records[:, sn.WARMER] = warmer
        rows = [fault_rows(schedule) for schedule in schedules]
        self._faults = np.vstack([np.zeros((0, ROW_SIZE)), *rows])
        self._begins = np.zeros(count + 1, dtype=np.int64)
        self._begins[1:] = np.cumsum([len(row) for row in rows] or np.zeros(count))
        self._helds = fault_memory(self._faults)
        self.gusty = [i for i, all_ in enumerate(schedules) if any(f.kind is Kind.GUST for f in all_)]
        self._errors = np.zeros((count, sn.ERROR_SIZE))
        self._wind = np.zeros((count, wd.WIND_SIZE))
        self.readings = np.zeros((count, sn.READING_SIZE))
        # Without faults, measured values and readings are the same array.
        self.raws = np.zeros_like(self.readings) if schedules else self.readings

    def reset(self) -> None:
        """Go back to power-on."""
        self._wind[:] = self._weather
        self._streams = self._streams0.copy()
        self._errors[:] = 0.0
        self.raws[:] = 0.0
        self.raws[:, sn.BATTERY_REMAINING] = 1.0
        self.raws[:, [sn.GPS_EPH, sn.GPS_EPV, sn.GPS_SPEED_ACC]] = WITHOUT_FIX
        for i, errors in enumerate(self._errors):
            switch_on(errors, self._records[i if len(self._records) > 1 else 0], self._streams[i])
        if self._helds.size:
            for i, raw in enumerate(self.raws):
                mine = slice(self._begins[i], self._begins[i + 1])
                latch_readings(self._faults[mine], self._helds[mine], raw)
        self.gust(0)
        self._pitots: list[Pitot] = []

    def airspeeds(self, time_s: float, states: Array, inputs: Array) -> Array:
        """Return indicated airspeeds, m/s, NaN for a sensor that is off. Raises ScenarioError without wings."""
        if self._airframe.wing is None:
            raise ScenarioError(f"{self._airframe.name} has no airspeed sensor", where=self._airframe.file)
        if not self._pitots:
            # Created on first use: each takes as much memory as all other sensors together.
            self._pitots = [Pitot(airspeed_record(), seed=seed) for seed in self._seeds]
        schedules = self._schedules or [()] * len(self._pitots)
        readings = [
            pitot.read(time_s, pressure_ahead_pa(state, air), schedule)
            for pitot, state, air, schedule in zip(self._pitots, states, inputs, schedules, strict=True)
        ]
        return np.array([math.nan if one is None else one.indicated_airspeed_m_s for one in readings])

    def gust(self, step: int) -> None:
        """Set the wind of this step for the vehicles with gusts in their schedules."""
        for i in self.gusty:
            north, east, down = self._weather[
                i if len(self._weather) > 1 else 0, wd.STEADY : wd.STEADY + 3
            ].tolist()
            self._wind[i, wd.STEADY : wd.STEADY + 3] = wind_in_gusts(
                (north, east, down), self._schedules[i], step
            )

    def part(self, vehicles: slice) -> tuple[Any, ...]:
        """Return the arrays of some vehicles, in the order of the kernels' parameters."""
        records = self._records[vehicles] if len(self._records) > 1 else self._records
        return (
            self._wind[vehicles], self._errors[vehicles], records, self._streams[vehicles], self.raws[vehicles],
            self.readings[vehicles], self._faults, self._begins[vehicles.start : vehicles.stop + 1], self._helds,
        )  # fmt: skip
