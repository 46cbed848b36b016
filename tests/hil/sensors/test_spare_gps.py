"""A second GPS receiver: the same aircraft, errors of its own, the same jammer."""

from __future__ import annotations

import numpy as np

from hil.airframes.load import load_airframe
from hil.faults.schedule import Fault
from hil.sensors import layout as at
from hil.sensors.spare_gps import SpareGps
from hil.sim.plant import Plant
from hil.sim.vehicle import DEFAULT_HOME


def flown(*faults: str, until_s: float = 60.0) -> tuple[np.ndarray, np.ndarray]:
    """What the first and the second receiver said, row by row: time, fix, position, velocity."""
    plant = Plant(
        load_airframe("quad_x"), DEFAULT_HOME, seed=4, faults=[Fault.parse(text) for text in faults]
    )
    spare = SpareGps(plant.records, seed=4, number=1)
    rows: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    count = 0.0
    for step in range(1, round(until_s / 0.004)):
        plant.advance(step * 0.004)
        if plant.readings[at.GPS_COUNT] != count:
            count = plant.readings[at.GPS_COUNT]
            rows[0].append(plant.readings[at.GPS_TIME : at.GPS_VEL + 3].copy())
        if spare.step(plant.time_s, plant.state, jammed=plant.gps_jammed):
            rows[1].append(spare.readings[at.GPS_TIME : at.GPS_VEL + 3].copy())
    return np.array(rows[0]), np.array(rows[1])


def test_it_measures_as_often_and_as_well_as_the_first_but_errs_by_itself() -> None:
    first, second = flown()
    assert len(first) == len(second)
    assert np.allclose(np.diff(second[1:, 0]), at.GPS_DT_S)
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


def test_one_seed_is_one_receiver() -> None:
    assert np.array_equal(flown(until_s=20.0)[1], flown(until_s=20.0)[1])
