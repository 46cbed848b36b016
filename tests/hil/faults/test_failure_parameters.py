"""ArduPilot's SIM_ parameters make and remove faults."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hil.faults.failure_parameters import MAKERS, ParameterFaults
from hil.faults.schedule import Fault, Kind, Part
from tests.support.ground_station import flying


def changed(*writes: tuple[str, float], schedule: tuple[Fault, ...] = ()) -> tuple[Fault, ...]:
    """Return the schedule after these parameters were written one after the other."""
    values, faults = dict.fromkeys(MAKERS, 0.0), ParameterFaults()
    for name, value in writes:
        values[name] = value
        schedule = faults.after(schedule, name, values.__getitem__, 5.0) or ()
    return schedule


def test_a_mask_of_motors_stops_them_or_weakens_them_by_the_square_of_their_throttle() -> None:
    dead = changed(("SIM_ENGINE_FAIL", 0b1010))
    assert [(f.part, f.kind, f.instance) for f in dead] == [
        (Part.MOTOR, Kind.DEAD, 2),
        (Part.MOTOR, Kind.DEAD, 4),
    ]
    (weak,) = changed(("SIM_ENGINE_FAIL", 1), ("SIM_ENGINE_MUL", 0.5))
    assert (weak.kind, weak.amount, weak.start_s) == (Kind.WEAK, 0.25, 5.0)
    assert changed(("SIM_ENGINE_FAIL", 1), ("SIM_ENGINE_MUL", 1.0)) == ()


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("SIM_BARO_DISABLE", 1.0, "baro off 5"),
        ("SIM_BARO_FREEZE", 1.0, "baro stuck 5"),
        ("SIM_BARO_DRIFT", 0.5, "baro drift:-6 5"),
        ("SIM_MAG1_FAIL", 1.0, "mag off 5"),
        ("SIM_MAG1_FAIL", 2.0, "mag stuck 5"),
        ("SIM_ACC_FAIL_MSK", 1.0, "accel off 5"),
        ("SIM_GYR_FAIL_MSK", 3.0, "gyro off 5"),
        ("SIM_GPS1_JAM", 1.0, "gps jam 5"),
        ("SIM_GPS1_GLTCH_X", 1.0, "gps spoof:111195 5"),
    ],
)
def test_each_parameter_is_one_fault_and_its_default_removes_it(name: str, value: float, text: str) -> None:
    assert changed((name, value)) == (Fault.parse(text),)
    assert changed((name, value), (name, 0.0)) == ()


def test_removing_a_fault_by_parameter_keeps_other_faults() -> None:
    other = Fault.parse("gps jam 1")
    assert changed(("SIM_GPS1_JAM", 1.0), ("SIM_GPS1_JAM", 0.0), schedule=(other,)) == (other,)


def test_a_parameter_without_a_fault_keeps_the_schedule() -> None:
    assert ParameterFaults().after((), "RTL_ALT", lambda _: 0.0, 1.0) is None


@given(st.sampled_from(sorted(MAKERS)), st.one_of(st.integers(-(2**31), 2**31 - 1), st.floats(-1e38, 1e38)))
def test_any_value_of_a_parameter_is_accepted(name: str, value: float) -> None:
    for fault in changed((name, value)):
        assert abs(fault.amount) < 1e6


async def test_a_motor_stopped_by_parameter_is_on_the_schedule_until_the_parameter_is_back() -> None:
    async with flying("ardupilot") as (vehicle, ground):
        await ground.set_param("SIM_ENGINE_FAIL", 1, 6)
        assert vehicle.loop.faults[0].part is Part.MOTOR
        await ground.set_param("SIM_ENGINE_FAIL", 0, 6)
        assert vehicle.loop.faults == ()
