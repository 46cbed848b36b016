"""Ticks that wrap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.core import ticks
from firmware.core.clock import UtcClock

TICK = st.integers(0, ticks.PERIOD - 1)


@given(start=TICK, span=st.integers(-ticks.PERIOD // 2, ticks.PERIOD // 2 - 1))
def test_a_span_is_the_same_across_the_wrap(start: int, span: int) -> None:
    assert ticks.diff(ticks.add(start, span), start) == span


@given(later=TICK, earlier=TICK)
def test_no_step_leaves_the_small_integers_of_a_32_bit_board(later: int, earlier: int) -> None:
    assert abs(later - earlier + ticks.PERIOD // 2) < 2**30


def test_the_utc_clock_goes_on_across_the_wrap_of_its_ticks() -> None:
    start = ticks.PERIOD - 500_000
    clock = UtcClock(start)
    clock.set(1_790_000_000_000_000)
    for i in range(1, 11):
        clock.advance(ticks.wrapped(start + i * 100_000))
    assert clock.utc_us() == 1_790_000_001_000_000


@given(now=TICK, passed=st.integers(0, 3 * ticks.PERIOD), span=st.integers(1, 60_000))
def test_a_stamp_kept_every_turn_is_right_whatever_time_passes_between_two_turns(
    now: int, passed: int, span: int
) -> None:
    kept = ticks.clamp_past(ticks.wrapped(now - passed), now, span)
    assert 0 <= ticks.diff(now, kept) <= span
    if passed < ticks.PERIOD:
        assert ticks.diff(now, kept) == min(passed, span)


def test_a_clock_that_was_not_asked_for_too_long_goes_on() -> None:
    clock = UtcClock(0)
    clock.set(1_790_000_000_000_000)
    clock.advance(ticks.PERIOD - 1)
    clock.advance(999_999)
    assert clock.utc_us() == 1_790_000_001_000_000


@pytest.mark.parametrize("told", [1, 1_600_000_000_000_000])
def test_a_recorded_time_does_not_go_back(told: int) -> None:
    clock = UtcClock(0)
    clock.set(1_790_000_000_000_000)
    clock.set(told)
    assert clock.utc_us() == 1_790_000_000_000_000
