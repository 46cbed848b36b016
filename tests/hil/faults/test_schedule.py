"""Faults as data: text form and errors."""

from __future__ import annotations

import math

import pytest

from hil.errors import ScenarioError
from hil.faults.schedule import Fault, Kind, Part, fault_rows


def test_a_fault_is_read_from_its_text() -> None:
    assert Fault.parse("motor2 dead 30") == Fault(part=Part.MOTOR, kind=Kind.DEAD, instance=2, start_s=30.0)
    assert Fault.parse("baro drift:5 40 60") == Fault(
        part=Part.BARO, kind=Kind.DRIFT, start_s=40.0, duration_s=60.0, amount=5.0
    )


def test_rows_have_the_end_of_a_fault() -> None:
    rows = fault_rows([Fault.parse("gps jam 60 20"), Fault.parse("motor1 weak:0.7 5")])
    assert rows[0].tolist() == [Part.GPS, Kind.JAM, 0.0, 60.0, 80.0, 0.0]
    assert rows[1, 4] == math.inf


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("motor2", "must be PART"),
        ("engine dead 3", "unknown fault word 'engine'; parts are: motor, gyro, accel"),
        ("motor2 dead soon", "must be PART"),
        ("motor2 stuck 3", "faults of motor are: dead, weak"),
        ("gyro jam 3", "faults of gyro are: off, stuck, drift"),
        ("baro drift 3", "amount is missing"),
        ("motor1 weak:1.5 3", "between 0 and 1"),
        ("motor256 dead 3", "number must be 1 to 255"),
        ("gps4 off 3", "number must be 1 to 3"),
        ("baro off -1", "start must be 0 to"),
        ("baro off 1 0", "duration above 0 s"),
        ("baro drift:nan 3", "amount is missing"),
    ],
)
def test_an_impossible_fault_is_refused_in_one_line(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Fault.parse(text)
    assert complaint in str(caught.value)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("gyro delayed:3 1", "at most 1 s"),
        ("baro garbage 1", "amount is missing"),
        ("mag intermittent:-1 1", "above 0"),
        ("wind gust:50 1", "at most 20 m/s"),
        ("motor1 spoof:3 1", "faults of motor are: dead, weak"),
        ("gps explode 3", "unknown fault word 'explode'; faults of gps are: off, stuck, drift"),
        ("gps drift:1e308 3", "must be at most 1e"),
        ("baro garbage:-1e7 3", "must be at most 1e"),
        ("battery cell:1000 30", "at most 60 V, is 1000"),
        ("battery cell:-3 30", "above 0"),
        ("wind gust:5 1e308", "start must be 0 to 10000000 s"),
    ],
)
def test_an_unknown_fault_is_refused_with_the_known_ones(text: str, complaint: str) -> None:
    with pytest.raises(ScenarioError, match=complaint):
        Fault.parse(text)
