"""The aircraft's clock: steps of time_boot_ms, whatever our own clock does meanwhile."""

from __future__ import annotations

import pytest

from controller.vehicle.aircraft_clock import AircraftClock


def times(*received: tuple[float, int]) -> list[float]:
    """Return the aircraft's time after each (our time in s, time_boot_ms)."""
    clock = AircraftClock(100.0)
    found = []
    for now, boot_ms in received:
        clock.receive(boot_ms, now)
        found.append(round(clock.now(now), 3))
    return found


def test_the_first_boot_time_is_now() -> None:
    assert times((103.0, 41_000)) == [103.0]


def test_it_runs_as_fast_as_the_aircraft() -> None:
    assert times((100.0, 1000), (101.0, 11_000), (102.0, 21_000)) == [100.0, 110.0, 120.0]
    assert times((100.0, 1000), (110.0, 3000)) == [100.0, 102.0]


def test_between_messages_and_in_silence_it_runs_as_fast_as_ours() -> None:
    clock = AircraftClock(0.0)
    clock.receive(5000, 0.0)
    assert clock.now(30.0) == 30.0
    clock.receive(95_000, 40.0)
    assert clock.now(40.0) == 90.0


def test_late_messages_do_not_turn_it_back() -> None:
    assert times((100.0, 5000), (100.1, 4850), (100.2, 5200)) == [100.0, 100.1, 100.2]


def test_a_restarted_autopilot_goes_on() -> None:
    assert times((100.0, 900_000), (103.0, 200), (104.0, 1200)) == [100.0, 103.0, 104.0]


def test_the_counter_wraps_after_49_days() -> None:
    assert times((100.0, 2**32 - 500), (101.0, 500)) == [100.0, 101.0]


@pytest.mark.parametrize("boot_ms", [2_000_000_000, 900_000])
def test_a_clock_that_is_set_is_no_time_flown(boot_ms: int) -> None:
    assert times((100.0, 1000), (100.2, boot_ms), (100.4, boot_ms + 200)) == [100.0, 100.2, 100.4]
