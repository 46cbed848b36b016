"""The supervisor's promises."""

from __future__ import annotations

from firmware.core.supervisor import DOWN, UP, Supervisor


def test_the_watchdog_is_fed_only_when_both_directions_have_been_pumped() -> None:
    supervisor = Supervisor(500)
    assert not supervisor.may_feed(0)
    supervisor.pumped(UP, 0)
    assert not supervisor.may_feed(1)
    supervisor.pumped(DOWN, 1)
    assert supervisor.may_feed(2)
    supervisor.pumped(UP, 400)
    assert not supervisor.may_feed(600)


def test_a_role_that_raises_is_named_counted_and_rested_for_a_second() -> None:
    supervisor = Supervisor(500)
    supervisor.fault("recorder", OSError(5), 100)
    assert supervisor.last_fault == "recorder: OSError(5)"
    assert not supervisor.may_run("recorder", 1099)
    assert supervisor.may_run("bridge", 101)
    assert supervisor.may_run("recorder", 1100)
    assert supervisor.faults == 1


def test_a_fault_is_counted_once_per_rest_period() -> None:
    supervisor = Supervisor(500)
    for now_ms in range(0, 3000, 10):
        supervisor.pumped(UP, now_ms)
        supervisor.pumped(DOWN, now_ms)
        supervisor.fault("settings", OSError(5), now_ms)
        assert supervisor.may_feed(now_ms)
    assert supervisor.faults == 3
    assert supervisor.has_faults
    assert supervisor.may_feed(now_ms + 1000) is False  # not pumped since
    supervisor.pumped(UP, now_ms + 1000)
    supervisor.pumped(DOWN, now_ms + 1000)
    assert supervisor.may_feed(now_ms + 1000)
    assert not supervisor.has_faults
