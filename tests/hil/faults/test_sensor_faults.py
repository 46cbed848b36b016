"""Faults of sensors outside the compiled loop: airspeed sensor, rangefinder and optical flow."""

from __future__ import annotations

import math

import pytest
from pymavlink.dialects.v20 import common

from hil.airframes.load import load_airframe
from hil.errors import ScenarioError
from hil.faults.failure import UNITS, with_injected_failure
from hil.faults.schedule import Fault, Kind, Part
from hil.faults.sensor_faults import SensorFaults
from hil.sensors.flow import FlowSensor
from hil.sensors.optional import flow_record, rangefinder_record
from hil.sensors.rangefinder import Rangefinder
from hil.sim.batch.batch import BatchSim
from hil.sim.loops.make import make_plant
from hil.sim.vehicle import DEFAULT_HOME, SimVehicle

TIMES = [0.1 * i for i in range(31)]


def readings(text: str) -> list[float | None]:
    """Return the readings of a value of ten times the time, every 0.1 s."""
    sensor_faults, faults = SensorFaults(Part.AIRSPEED), (Fault.parse(text),)
    values = [sensor_faults.apply((10.0 * now_s,), now_s, faults) for now_s in TIMES]
    return [None if value is None else round(value[0], 6) for value in values]


GOOD = [round(10.0 * now_s, 6) for now_s in TIMES]


@pytest.mark.parametrize(
    ("text", "at_half_time"),
    [
        ("airspeed off 1 1", None),
        ("airspeed stuck 1 1", 9.0),
        ("airspeed drift:2 1 1", 16.0),
        ("airspeed delayed:0.3 1 1", 12.0),
    ],
)
def test_a_fault_changes_the_reading_while_it_lasts(text: str, at_half_time: float | None) -> None:
    values = readings(text)
    assert values[15] == at_half_time
    assert values[:10] == GOOD[:10]
    assert values[20:] == GOOD[20:]


def test_garbage_stays_within_its_amplitude_and_an_intermittent_sensor_alternates() -> None:
    jumps = [
        value - good
        for value, good in zip(readings("airspeed garbage:5 1"), GOOD, strict=True)
        if value is not None
    ]
    assert max(jumps) - min(jumps) > 5.0
    assert max(abs(jump) for jump in jumps) <= 5.0
    values = readings("airspeed intermittent:0.5 1")
    assert [value is None for value in values[10:30]] == [*[True] * 5, *[False] * 5] * 2


def test_a_fault_of_another_sensor_changes_nothing() -> None:
    assert readings("rangefinder off 0") == GOOD


def test_a_rangefinder_that_is_off_is_invalid_and_a_stuck_one_repeats_itself() -> None:
    for text, valid in (("rangefinder off 1", False), ("rangefinder stuck 1", True)):
        sensor = Rangefinder(rangefinder_record(), seed=1)
        faults = (Fault.parse(text),)
        before = sensor.sample(5.0, 0.9, faults)
        after = sensor.sample(9.0, 1.1, faults)
        assert after.valid is valid
        assert after.distance_m == (before.distance_m if valid else rangefinder_record().most_m)


def test_airspeed_faults_act_on_an_aeroplane_and_are_refused_on_rotors() -> None:
    faults = (Fault.parse("airspeed off 1 1"),)
    plant = make_plant(load_airframe("plane"), DEFAULT_HOME, seed=1, faults=faults, wind_ned=(-9.0, 0.0, 0.0))
    values = []
    for time_s in (0.9, 1.5, 2.1):
        plant.advance(time_s)
        values.append(plant.indicated_airspeed_m_s)
    assert values[1] is None
    assert values[0] is not None
    assert values[2] is not None
    assert math.isclose(values[0], values[2], abs_tol=2.0)
    with pytest.raises(ScenarioError, match="quad_x has no airspeed sensor"):
        make_plant(load_airframe("quad_x"), DEFAULT_HOME, seed=1, faults=faults)
    with pytest.raises(ScenarioError, match="quad_x has no airspeed sensor"):
        BatchSim(load_airframe("quad_x"), 2, faults=faults)


def test_optical_flow_faults_act_and_are_refused_for_the_emulated_autopilot() -> None:
    seen = {}
    for text in ("flow off 1", "flow drift:0.1 1"):
        sensor, faults = FlowSensor(flow_record(), seed=1), (Fault.parse(text),)
        seen[text] = [
            sensor.sample(
                10.0, vel_ned=(0.0, 0.0, 0.0), quaternion=(1.0, 0.0, 0.0, 0.0), rates_frd=(0.0, 0.0, 0.0),
                period_s=0.02, now_s=now_s, faults=faults,
            )
            for now_s in (0.9, 11.0)
        ]  # fmt: skip
    assert [one.quality > 0 for one in seen["flow off 1"]] == [True, False]
    before, after = (one.flow_rad[0] / 0.02 for one in seen["flow drift:0.1 1"])
    assert after - before == pytest.approx(1.0, abs=0.3)
    with pytest.raises(ScenarioError, match="has no optical flow sensor"):
        SimVehicle("quad_x", faults=["flow off 1"])


def test_units_of_failure_injection_are_those_of_mavlink() -> None:
    names = {
        number: entry.name.removeprefix("FAILURE_UNIT_").removeprefix("SENSOR_").removeprefix("SYSTEM_")
        for number, entry in common.enums["FAILURE_UNIT"].items()
    }
    ours = {Part.RANGEFINDER: "DISTANCE_SENSOR"}
    assert {unit: names[unit] for unit in UNITS} == {
        unit: ours.get(part, part.name) for unit, part in UNITS.items()
    }


def test_failure_injection_over_mavlink_reaches_them() -> None:
    for unit, part in ((8, Part.AIRSPEED), (7, Part.RANGEFINDER)):
        (fault,) = with_injected_failure((), unit=unit, kind=1, instance=0, now_s=3.0) or ()
        assert (fault.part, fault.kind) == (part, Kind.OFF)
        assert with_injected_failure((fault,), unit=unit, kind=0, instance=0, now_s=4.0) == ()
