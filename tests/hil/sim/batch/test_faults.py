"""Faults in batches act as on single vehicles, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault, fault_rows
from hil.physics import state as ps
from hil.sensors import layout as at
from hil.sim.batch.batch import FIRST_HOME, BatchSim
from hil.sim.loops.make import make_plant
from hil.sim.plant.fault_kernel import fault_memory
from hil.sim.plant.plant import Plant

QUAD = load_airframe("quad_x")
SCHEDULES = [
    [],
    [Fault.parse("motor2 weak:0.6 1 1"), Fault.parse("battery cell:3.7 0.5")],
    [Fault.parse("gyro garbage:0.3 0.5"), Fault.parse("baro stuck 1 2"), Fault.parse("gps jam 2")],
    [Fault.parse("wind gust:6 1 1"), Fault.parse("accel delayed:0.1 0.4")],
]
DUTY = np.array([0.6, 0.61, 0.6, 0.61])


def test_faults_act_as_on_a_single_vehicle_bit_for_bit() -> None:
    batch = BatchSim(QUAD, 4, faults=SCHEDULES, seed=3, wind_ned=(2.0, 1.0, 0.0))
    for _ in range(500):
        readings = batch.step(np.tile(DUTY, (4, 1)))
    for i, schedule in enumerate(SCHEDULES):
        plant = Plant(QUAD, FIRST_HOME, seed=3 + i, wind_ned=(2.0, 1.0, 0.0), faults=schedule)
        plant.drive(DUTY.tolist())
        plant.advance(2.0)
        fields = batch.fields.inputs
        assert batch.read(0, fields)[i].tobytes() == plant.state[:fields].tobytes(), i
        # The plant samples at the start of a period, the batch at its end: sample once more.
        plant.advance(2.001)
        assert readings[i].tobytes() == plant.readings.tobytes(), i


WINGED = [
    [Fault.parse("motor5 dead 0.5"), Fault.parse("airspeed off 0.7 0.2")],
    [],
    [Fault.parse("wind gust:-5 0.3 0.4"), Fault.parse("motor weak:0.5 0.2"), Fault.parse("gps spoof:30 0.2")],
]
DRIVEN = [[Fault.parse("motor1 dead 0.5")], [Fault.parse("mag intermittent:0.1 0.3")], []]


@pytest.mark.parametrize(("name", "schedules"), [("quadplane", WINGED), ("rover", DRIVEN)])
def test_faults_on_wings_and_wheels_act_as_on_single_ones_on_two_threads(
    name: str, schedules: list[list[Fault]]
) -> None:
    airframe = load_airframe(name)
    batch = BatchSim(airframe, 3, faults=schedules, seed=3, wind_ned=(2.0, 1.0, 0.0), threads=2)
    actuators = [0.7] * batch.outputs
    airspeeds = []
    for _ in range(250):
        readings = batch.step([actuators] * 3)
        airspeeds.append(batch.airspeeds_m_s() if airframe.wing is not None else np.zeros(3))
    for i, schedule in enumerate(schedules):
        plant = make_plant(airframe, FIRST_HOME, seed=3 + i, wind_ned=(2.0, 1.0, 0.0), faults=schedule)
        plant.drive(actuators)
        plant.advance(1.0)
        fields = batch.fields.inputs
        assert batch.read(0, fields)[i].tobytes() == plant.state[:fields].tobytes(), i
        plant.advance(1.001)
        assert readings[i].tobytes() == plant.readings.tobytes(), i
    assert np.isnan(airspeeds).any(axis=0).tolist() == [airframe.wing is not None, False, False]


def test_one_schedule_holds_for_all_and_reset_starts_it_again() -> None:
    batch = BatchSim(QUAD, 3, faults=[Fault.parse("motor1 dead 0.1")], seed=1)

    def fly() -> np.ndarray:
        batch.hold(np.tile(DUTY, (3, 1)), 100)
        return batch.read(ps.ROTOR, 4)

    first = fly()
    assert np.all(first[:, 0] < 1.0)
    assert np.all(first[:, 1] > 300.0)
    batch.reset()
    assert fly().tobytes() == first.tobytes()


def test_a_stuck_sensor_shows_its_last_value_beside_others_that_go_on() -> None:
    batch = BatchSim(QUAD, 2, faults=[[Fault.parse("gyro stuck 0.2")], []], seed=1)
    seen = np.array([batch.step(np.zeros((2, 4)))[:, at.GYRO].copy() for _ in range(100)])
    assert len(set(seen[60:, 0].tolist())) == 1
    assert len(set(seen[60:, 1].tolist())) == 40


@pytest.mark.parametrize(
    ("faults", "says"),
    [
        ([[]], "must be one schedule for all or 2, are 1"),
        ([Fault.parse("motor7 dead 1")], "no motor 7"),
        ([Fault.parse("battery cell:60 1")], "a loss of 60 V is not possible"),
        ([Fault.parse("rangefinder off 1")], "a batch has no rangefinder"),
        ([["motor1 dead 3"], []], "invalid fault 'motor1 dead 3'"),
    ],
)
def test_a_schedule_that_does_not_fit_is_refused(faults: list[Any], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        BatchSim(QUAD, 2, faults=faults)


def test_faults_need_sensors_and_a_motor_fault_keeps_no_samples() -> None:
    with pytest.raises(ScenarioError, match="faults need a batch with sensors"):
        BatchSim(QUAD, 2, faults=[Fault.parse("motor1 dead 1")], sensing=False)
    assert fault_memory(fault_rows([Fault.parse("motor1 dead 1")])).size == 0
    assert fault_memory(fault_rows([Fault.parse("gps stuck 1"), Fault.parse("baro delayed:1 1")])).shape == (
        2,
        251,
    )
