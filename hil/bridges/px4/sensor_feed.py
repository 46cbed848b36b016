"""Sensor messages of a plant for PX4, each at its rate."""

from __future__ import annotations

from controller.wire.message import Message
from hil.autopilot.control.estimator_types import GpsReading, sensors_from_array
from hil.bridges.px4.messages import (
    BARO,
    IMU,
    MAG,
    distance_sensor,
    hil_gps,
    hil_imu,
    hil_optical_flow,
    hil_sensor,
    hil_state_quaternion,
)
from hil.physics import state as ps
from hil.sensors import layout as sn
from hil.sensors.additional_imu import AdditionalImu
from hil.sensors.flow import FlowReading, FlowSensor
from hil.sensors.optional import flow_record, rangefinder_record
from hil.sensors.rangefinder import Rangefinder, slant_range_m
from hil.sensors.suite import SLOW_STEPS, STEP_S
from hil.sim.plant.additional_gps import AdditionalGps
from hil.sim.plant.plant import Plant

SLOW_S = SLOW_STEPS * STEP_S
MAX_RECEIVERS = 3  # MAX_GPS of SimulatorMavlink.hpp; PX4 blends two
MAX_IMUS = 3  # ACCEL_COUNT_MAX and GYRO_COUNT_MAX there
START_US = 1_000_000  # PX4 treats time 0 as never


class SensorFeed:
    """Steps a plant by its IMU period (`period_s`) and returns the sensor messages of the period's start.

    `imus` IMUs and the plant's GPS receivers have their own errors each; `epoch_utc_us` is the UTC time at power-on;
    `rangefinder` and `flow` add downward sensors.
    """

    def __init__(
        self,
        plant: Plant,
        *,
        seed: int,
        imus: int = 1,
        rangefinder: bool = False,
        flow: bool = False,
        epoch_utc_us: int,
    ) -> None:
        self.plant = plant
        self.period_s = float(plant.records[sn.IMU_DT])
        self._slow_every = round(SLOW_S / self.period_s)
        self.state_interval_us = 0  # between two messages of ground truth; 0 sends none
        self._state_due_us = 0
        self._epoch_utc_us = epoch_utc_us
        self._spares = [AdditionalImu(plant.records, seed=seed, number=n) for n in range(1, imus)]
        self._spare_gps = [
            AdditionalGps(plant.records, seed=seed, number=n) for n in range(1, plant.receivers)
        ]
        self._range = Rangefinder(rangefinder_record(), seed=seed) if rangefinder else None
        self._range_every = round(1.0 / (self.period_s * self._range.record.rate_hz)) if self._range else 0
        self._flow = FlowSensor(flow_record(), seed=seed) if flow else None
        self._flow_every = round(1.0 / (self.period_s * self._flow.record.rate_hz)) if self._flow else 0
        self._steps = 0
        self.sampled_us = 0  # the time of the last sample
        self._gps_count = 0.0

    def step(self) -> list[Message]:
        """Return the messages of the next sample. Raises Diverged when the simulation diverges."""
        plant = self.plant
        self.sampled_us = sampled_us = START_US + round(self._steps * self.period_s * 1e6)
        fields = IMU | MAG | BARO if self._steps % self._slow_every == 0 else IMU
        state_due = self._state_due(sampled_us)
        truth = plant.truth if self._spares or state_due else None
        force = plant.specific_force_frd
        pitot_pa = self._pitot_pa(fields)
        self._steps += 1
        plant.advance(self._steps * self.period_s)
        got: list[float] = plant.readings.tolist()
        messages = [hil_sensor(sampled_us, got, fields, diff_pressure_pa=pitot_pa)]
        if truth is not None:
            for number, spare in enumerate(self._spares, 1):
                messages.append(hil_imu(sampled_us, number, *spare.sample(force, truth.rates_frd)))
            if state_due:
                messages.append(
                    hil_state_quaternion(sampled_us, truth, force, gravity_m_s2=plant.gravity_m_s2)
                )
        if got[sn.GPS_COUNT] != self._gps_count:
            self._gps_count = got[sn.GPS_COUNT]
            messages.append(self._gps(plant.sensors.gps))
        for number, receiver in enumerate(self._spare_gps, 1):
            if receiver.step(plant.time_s, plant.state, plant.faults):
                messages.append(self._gps(sensors_from_array(receiver.readings, plant.home).gps, number))
        if self._range is not None and self._steps % self._range_every == 0:
            messages.append(self._distance_message(self._range, sampled_us))
        if self._flow is not None and self._steps % self._flow_every == 0:
            messages.append(hil_optical_flow(sampled_us, self._flow_of(self._flow)))
        return messages

    def _pitot_pa(self, fields: int) -> float | None:
        """Return differential pressure together with the barometer, None without a working airspeed sensor."""
        airspeed = self.plant.airspeed if fields & BARO else None
        return None if airspeed is None else airspeed.pressure_pa

    def _distance_message(self, rangefinder: Rangefinder, now_us: int) -> Message:
        record = rangefinder.record
        true_m = self._distance_m()
        return distance_sensor(
            now_us,
            rangefinder.sample(true_m, self.plant.time_s, self.plant.faults),
            least_m=record.least_m,
            most_m=record.most_m,
        )

    def _flow_of(self, sensor: FlowSensor) -> FlowReading:
        truth = self.plant.truth
        return sensor.sample(
            self._distance_m(),
            vel_ned=truth.vel_ned,
            quaternion=truth.quaternion,
            rates_frd=truth.rates_frd,
            period_s=self._flow_every * self.period_s,
            now_s=self.plant.time_s,
            faults=self.plant.faults,
        )

    def _distance_m(self) -> float | None:
        row: list[float] = self.plant.state.tolist()
        return slant_range_m(row[ps.POS : ps.POS + 3], row[ps.QUAT : ps.QUAT + 4], self.plant.ground_below)

    def _gps(self, gps: GpsReading, number: int = 0) -> Message:
        return hil_gps(self._epoch_utc_us + round(gps.time_s * 1e6), gps, number=number)

    def _state_due(self, now_us: int) -> bool:
        if not self.state_interval_us or now_us < self._state_due_us:
            return False
        # Due times have their own period, so that 5 ms on a grid of 4 ms gives 200 Hz.
        self._state_due_us = max(self._state_due_us + self.state_interval_us, now_us)
        return True
