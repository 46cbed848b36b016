"""Timeouts and retries of the MAVLink services."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from controller.protocol import timing
from controller.protocol.timing import DEFAULT_TIMING, RetryPolicy, RoundTripEstimator, for_link

PROTOCOL = Path(timing.__file__).parent
SOURCES = (
    "guide",
    "QGC",
    "MAVSDK",
    "MAVROS",
    "MAVProxy",
    "ArduPilot",
    "PX4",
    "ours",
    "commands",
    "autopilot",
)


def policies() -> dict[str, RetryPolicy]:
    values = {field.name: getattr(DEFAULT_TIMING, field.name) for field in fields(DEFAULT_TIMING)}
    return {name: value for name, value in values.items() if isinstance(value, RetryPolicy)}


def duration_s(policy: RetryPolicy) -> float:
    """Return the time until an exchange with this policy fails."""
    return policy.timeout_s * (1 + policy.retries)


@pytest.mark.parametrize("name", policies())
def test_each_policy_names_its_source_and_has_sane_bounds(name: str) -> None:
    policy = policies()[name]
    assert any(source in policy.source for source in SOURCES)
    assert 0.25 <= policy.timeout_s <= 10.0
    assert 0 <= policy.retries <= 20
    assert duration_s(policy) <= 35.0  # seconds an operator waits for an error


def test_each_value_is_used_by_a_service() -> None:
    used = {
        node.attr
        for path in PROTOCOL.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
    }
    assert {field.name for field in fields(DEFAULT_TIMING)} <= used


def test_the_client_waits_longer_than_an_autopilot_needs_to_recover() -> None:
    for vehicle in (timing.ARDUPILOT, timing.PX4):
        assert duration_s(DEFAULT_TIMING.mission_busy) > vehicle.mission_give_up_s
        assert duration_s(DEFAULT_TIMING.mission_resend) > vehicle.mission_give_up_s
        assert DEFAULT_TIMING.mission_error_wait.timeout_s > vehicle.mission_rerequest_s
        assert vehicle.mission_rerequest_s < vehicle.mission_give_up_s
    # PX4 closes an idle session by then; ArduPilot after 3 s.
    assert duration_s(DEFAULT_TIMING.ftp_busy) > 12.0


def test_a_retried_command_ends_before_the_server_forgets_it() -> None:
    assert DEFAULT_TIMING.command.timeout_s > timing.COMMAND_DUPLICATE_S
    assert duration_s(DEFAULT_TIMING.command) < timing.COMMAND_REPEAT_S


def test_the_dead_man_switch_opens_before_the_autopilot_sees_a_lost_link() -> None:
    assert timing.HEARTBEAT_INTERVAL_S < timing.DEAD_MAN_S < timing.HEARTBEAT_LOST_S


def test_a_slow_link_gets_longer_timeouts_and_the_same_retries() -> None:
    for slow in (for_link(round_trip_s=2.0), for_link(rate_bps=14_400)):
        for name, policy in policies().items():
            longer = getattr(slow, name)
            assert longer.timeout_s == 4 * policy.timeout_s
            assert longer.retries == policy.retries


def test_a_fast_link_gets_the_default_timing() -> None:
    assert for_link(round_trip_s=0.001) == for_link() == DEFAULT_TIMING


def test_a_measured_round_trip_shortens_a_timeout_within_bounds() -> None:
    trip = RoundTripEstimator()
    assert trip.timeout_s(1.0) == 1.0
    for _ in range(50):
        trip.add(0.001)
    assert trip.timeout_s(1.0) == RoundTripEstimator.MIN_TIMEOUT_S
    for _ in range(50):
        trip.add(0.4)
    assert 0.4 < trip.timeout_s(1.0) <= 1.0
    for _ in range(50):
        trip.add(3.0)
    assert trip.timeout_s(1.0) == 1.0
