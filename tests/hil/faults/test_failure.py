"""MAVLink's failure injection as faults of the schedule."""

from __future__ import annotations

import pytest

from hil.faults.failure import with_injected_failure
from hil.faults.schedule import Fault, Kind, Part
from tests.support.ground_station import flying


def one(unit: float, kind: float, instance: float = 0.0) -> Fault | None:
    after = with_injected_failure((), unit=unit, kind=kind, instance=instance, now_s=5.0)
    return after[0] if after else None


@pytest.mark.parametrize(
    ("unit", "kind", "part", "how"),
    [
        (0, 1, Part.GYRO, Kind.OFF), (1, 2, Part.ACCEL, Kind.STUCK), (2, 3, Part.MAG, Kind.GARBAGE),
        (3, 4, Part.BARO, Kind.DRIFT), (4, 4, Part.GPS, Kind.SPOOF), (4, 6, Part.GPS, Kind.DELAYED),
        (3, 7, Part.BARO, Kind.INTERMITTENT), (101, 1, Part.MOTOR, Kind.DEAD),
        (101, 4, Part.MOTOR, Kind.WEAK), (100, 4, Part.BATTERY, Kind.CELL),
    ],
)  # fmt: skip
def test_units_and_types_become_faults_from_now_on(unit: float, kind: float, part: Part, how: Kind) -> None:
    fault = one(unit, kind, 1.0 if part is Part.MOTOR else 0.0)
    assert fault is not None
    assert (fault.part, fault.kind, fault.start_s) == (part, how, 5.0)


@pytest.mark.parametrize("unit", [5, 50, 99, 1e9, 4.5, float("nan"), -1])
def test_units_that_are_not_simulated_give_no_fault(unit: float) -> None:
    assert one(unit, 1) is None


@pytest.mark.parametrize(("kind", "instance"), [(5, 0), (99, 0), (1, 300), (1, -1), (1, 0.5)])
def test_impossible_types_and_instances_give_no_fault(kind: float, instance: float) -> None:
    assert one(4, kind, instance) is None


def test_ok_removes_the_faults_of_its_unit_only() -> None:
    broken = (Fault.parse("gps jam 1"), Fault.parse("motor2 dead 1"))
    assert with_injected_failure(broken, unit=4, kind=0, instance=0, now_s=5.0) == broken[1:]
    assert with_injected_failure(broken, unit=101, kind=0, instance=1, now_s=5.0) == broken
    assert with_injected_failure(broken, unit=101, kind=0, instance=2, now_s=5.0) == broken[:1]


async def test_a_motor_stops_by_command_in_flight_where_failures_are_enabled() -> None:
    async with flying("px4") as (vehicle, ground):
        assert await ground.command(420, 101, 1, 1) == 0
        assert vehicle.loop.faults[0].part is Part.MOTOR
        assert await ground.command(420, 99, 1, 1) == 3
        assert await ground.command(420, 101, 0, 0) == 0
        assert vehicle.loop.faults == ()
        assert await ground.set_param("SYS_FAILURE_EN", 0.0, kind=6) == 0.0
        assert await ground.command(420, 101, 1, 1) == 2
        assert vehicle.loop.faults == ()
