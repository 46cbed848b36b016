"""A second GPS receiver: same vehicle, own errors and faults, common jamming."""

from __future__ import annotations

import numpy as np
import pytest

from hil.airframes.load import load_airframe
from hil.errors import ScenarioError
from hil.faults.schedule import Fault
from hil.sensors import layout as at
from hil.sim.batch.batch import BatchSim
from hil.sim.plant.additional_gps import AdditionalGps
from hil.sim.plant.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME


def flown(*faults: str, until_s: float = 60.0) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of both receivers: time, fix, position, velocity."""
    schedule = [Fault.parse(text) for text in faults]
    plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=4, faults=schedule, receivers=2)
    spare = AdditionalGps(plant.records, seed=4, number=1)
    rows: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    count = 0.0
    for step in range(1, round(until_s / 0.004)):
        plant.advance(step * 0.004)
        if plant.readings[at.GPS_COUNT] != count:
            count = plant.readings[at.GPS_COUNT]
            rows[0].append(plant.readings[at.GPS_TIME : at.GPS_VEL + 3].copy())
        if spare.step(plant.time_s, plant.state, plant.faults):
            rows[1].append(spare.readings[at.GPS_TIME : at.GPS_VEL + 3].copy())
    return np.array(rows[0]), np.array(rows[1])


def test_it_has_the_rate_and_accuracy_of_the_first_and_its_own_errors() -> None:
    first, second = flown()
    assert len(first) == len(second)
    assert np.allclose(np.diff(second[1:, 0]), 0.2)
    fixed = (first[:, 1] == 3.0) & (second[:, 1] == 3.0)
    assert fixed.sum() > 200
    ours, theirs = first[fixed, 2:5], second[fixed, 2:5]
    assert 0.1 < np.abs(ours - theirs).mean() < 3.0
    assert abs(np.corrcoef(first[fixed, 5], second[fixed, 5])[0, 1]) < 0.2
    assert 0.5 < theirs.std(axis=0).mean() / ours.std(axis=0).mean() < 2.0


def test_a_jammer_takes_the_fix_of_both() -> None:
    first, second = flown("gps jam 40 5")
    for rows in (first, second):
        assert set(rows[(rows[:, 0] > 40.1) & (rows[:, 0] < 45.0), 1]) == {1.0}
        assert set(rows[rows[:, 0] > 50.0, 1]) == {3.0}


def last_fixed(rows: np.ndarray) -> np.ndarray:
    return rows[rows[:, 0] > 45.0]


def test_a_fault_with_a_number_affects_that_receiver_only() -> None:
    well = flown()
    for number, (hit, spared) in ((1, (0, 1)), (2, (1, 0))):
        rows = flown(f"gps{number} spoof:30 40", f"gps{number} jam 20 5")
        assert np.array_equal(rows[spared], well[spared])
        shift = last_fixed(rows[hit])[:, 2] - last_fixed(well[hit])[:, 2]
        assert np.abs(shift - 30.0).max() < 5.0
        at_jam = (rows[hit][:, 0] > 20.1) & (rows[hit][:, 0] < 27.5)
        assert set(rows[hit][at_jam, 1]) == {1.0}


def test_a_fault_of_the_second_receiver_is_refused_where_there_is_none() -> None:
    first, second = flown("gps2 stuck 30")
    assert last_fixed(first).size
    assert not last_fixed(second).size
    with pytest.raises(ScenarioError, match=r"no GPS receiver 2 on board.*--gps 2"):
        Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1, faults=[Fault.parse("gps2 off 3")])
    with pytest.raises(ScenarioError, match="a batch has no GPS receiver 2"):
        BatchSim(load_airframe("quad_x"), 1, faults=[Fault.parse("gps2 off 3")])
    plant = Plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1)
    with pytest.raises(ScenarioError):
        plant.inject(Fault.parse("gps2 off 3"))
    assert plant.faults == ()


def test_the_same_seed_repeats_a_receiver() -> None:
    assert np.array_equal(flown(until_s=20.0)[1], flown(until_s=20.0)[1])
