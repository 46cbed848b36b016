"""Faults in batches: each vehicle breaks as a single one would, bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.physics import state as ps
from hil.physics.batch import FIRST_HOME
from hil.sensors import layout as at
from hil.sim.faulty_batch import FaultyBatch
from hil.sim.plant import Plant

QUAD = load_airframe("quad_x")
SCHEDULES = [
    [],
    [Fault.parse("motor2 weak:0.6 1 1"), Fault.parse("battery cell:3.7 0.5")],
    [Fault.parse("gyro garbage:0.3 0.5"), Fault.parse("baro stuck 1 2"), Fault.parse("gps jam 2")],
    [Fault.parse("wind gust:6 1 1"), Fault.parse("accel delayed:0.1 0.4")],
]
DUTY = np.array([0.6, 0.61, 0.6, 0.61])


def test_every_vehicle_breaks_as_a_single_one_bit_for_bit() -> None:
    batch = FaultyBatch(QUAD, 4, faults=SCHEDULES, seed=3, wind_ned=(2.0, 1.0, 0.0))
    for _ in range(500):
        readings = batch.step(np.tile(DUTY, (4, 1)))
    for i, schedule in enumerate(SCHEDULES):
        plant = Plant(QUAD, FIRST_HOME, seed=3 + i, wind_ned=(2.0, 1.0, 0.0), faults=schedule)
        plant.drive(DUTY.tolist())
        plant.advance(2.0)
        fields = batch.fields.inputs
        assert batch.read(0, fields)[i].tobytes() == plant.state[:fields].tobytes(), i
        # The plant senses at the start of a period, the batch at its end: let it sense once more.
        plant.advance(2.001)
        assert readings[i].tobytes() == plant.readings.tobytes(), i


def test_one_schedule_holds_for_all_and_reset_mends_what_it_broke() -> None:
    batch = FaultyBatch(QUAD, 3, faults=[Fault.parse("motor1 dead 0.1")], seed=1)

    def fly() -> np.ndarray:
        batch.hold(np.tile(DUTY, (3, 1)), 100)
        return batch.read(ps.ROTOR, 4)

    first = fly()
    assert np.all(first[:, 0] < 1.0)
    assert np.all(first[:, 1] > 300.0)
    batch.reset()
    assert fly().tobytes() == first.tobytes()


def test_a_stuck_sensor_shows_its_last_value_beside_others_that_go_on() -> None:
    batch = FaultyBatch(QUAD, 2, faults=[[Fault.parse("gyro stuck 0.2")], []], seed=1)
    seen = np.array([batch.step(np.zeros((2, 4)))[:, at.GYRO].copy() for _ in range(100)])
    assert len(set(seen[60:, 0].tolist())) == 1
    assert len(set(seen[60:, 1].tolist())) == 40


@pytest.mark.parametrize(
    ("faults", "says"),
    [([[]], "1 schedules for 2 vehicles"), ([Fault.parse("motor7 dead 1")], "no motor 7")],
)
def test_a_schedule_that_does_not_fit_is_refused(faults: list[Fault], says: str) -> None:
    with pytest.raises(ScenarioError, match=says):
        FaultyBatch(QUAD, 2, faults=faults)
