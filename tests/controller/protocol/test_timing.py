"""The table of timeouts."""

from __future__ import annotations

from dataclasses import fields

from controller.protocol.timing import DEFAULT_TIMING, RetryPolicy, RoundTripEstimator, for_link


def patiences() -> dict[str, RetryPolicy]:
    values = {field.name: getattr(DEFAULT_TIMING, field.name) for field in fields(DEFAULT_TIMING)}
    return {name: value for name, value in values.items() if isinstance(value, RetryPolicy)}


def test_every_timeout_says_where_it_comes_from() -> None:
    assert len(patiences()) > 10
    assert all(len(patience.source) > 20 for patience in patiences().values())


def test_a_slow_link_gets_longer_timeouts_and_the_same_retries() -> None:
    for slow in (for_link(round_trip_s=2.0), for_link(rate_bps=14_400)):
        for name, patience in patiences().items():
            longer = getattr(slow, name)
            assert longer.timeout_s == 4 * patience.timeout_s
            assert longer.retries == patience.retries


def test_a_fast_link_gets_the_table_as_it_is() -> None:
    assert for_link(round_trip_s=0.001) == for_link() == DEFAULT_TIMING


def test_a_measured_round_trip_shortens_a_timeout_but_never_below_the_guides() -> None:
    trip = RoundTripEstimator()
    assert trip.timeout_s(1.0) == 1.0
    for _ in range(50):
        trip.measured(0.001)
    assert trip.timeout_s(1.0) == RoundTripEstimator.SHORTEST_S
    for _ in range(50):
        trip.measured(0.4)
    assert 0.4 < trip.timeout_s(1.0) <= 1.0
    for _ in range(50):
        trip.measured(3.0)
    assert trip.timeout_s(1.0) == 1.0
