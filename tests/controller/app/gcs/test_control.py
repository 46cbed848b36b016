"""One pilot an aircraft: who has control, and how it goes from one page to another."""

from __future__ import annotations

import pytest

from controller.app.gcs.control import ASKED_S, GONE_S, TAKE_OVER_AFTER_S, ControlChange, Controls, Page
from controller.errors import SafetyRefused
from controller.wire.address import address

ONE, TWO = address(1, 1), address(2, 1)
ANNA, BEN, CARL = (Page(f"page-{n}", f"page {n}") for n in (1, 2, 3))


def how(change: ControlChange | None) -> str | None:
    return change.how if change else None


def with_anna() -> Controls:
    """Anna has control of the first aircraft."""
    controls = Controls()
    assert how(controls.take(ONE, ANNA, 0.0)) == "taken"
    return controls


def test_the_first_page_has_control_and_others_are_told_who() -> None:
    controls = with_anna()
    controls.check(ONE, ANNA.client, "land")
    with pytest.raises(SafetyRefused, match=r"cannot land: page 1 has control .*; take control first"):
        controls.check(ONE, BEN.client, "land")
    with pytest.raises(SafetyRefused, match="this page has no control"):
        controls.check(TWO, ANNA.client, "land")
    assert controls.take(ONE, ANNA, 1.0) is None


def test_aircraft_have_pilots_of_their_own() -> None:
    controls = with_anna()
    assert how(controls.take(TWO, BEN, 0.0)) == "taken"
    assert (controls.control(ONE).holder, controls.control(TWO).holder) == (ANNA, BEN)


def test_the_holder_gives_control_to_a_page_that_asked() -> None:
    controls = with_anna()
    with pytest.raises(SafetyRefused, match="has not asked"):
        controls.give(ONE, ANNA, BEN.client)
    assert how(controls.take(ONE, BEN, 1.0)) == "asked"
    assert controls.take(ONE, BEN, 1.5) is None  # asked once
    with pytest.raises(SafetyRefused, match="page 1 has control"):
        controls.give(ONE, BEN, BEN.client)
    assert how(controls.give(ONE, ANNA, BEN.client)) == "given"
    assert (controls.control(ONE).holder, controls.control(ONE).asked_at_s) == (BEN, {})


def test_control_is_taken_over_only_after_the_holder_could_read_the_question() -> None:
    controls = with_anna()
    with pytest.raises(SafetyRefused, match="must be asked first"):
        controls.take(ONE, BEN, 1.0, force=True)
    controls.take(ONE, BEN, 10.0)
    with pytest.raises(SafetyRefused, match="must be asked first"):
        controls.take(ONE, BEN, 10.0 + TAKE_OVER_AFTER_S - 0.1, force=True)
    change = controls.take(ONE, BEN, 10.0 + TAKE_OVER_AFTER_S, force=True)
    assert change is not None
    assert (change.how, change.text) == ("taken_over", "page 2 took control over from page 1")


def test_an_old_question_and_one_that_was_answered_take_nothing_over() -> None:
    controls = with_anna()
    controls.take(ONE, BEN, 0.0)
    with pytest.raises(SafetyRefused, match="must be asked first"):
        controls.take(ONE, BEN, ASKED_S + 1.0, force=True)
    controls.take(ONE, BEN, 100.0)
    assert how(controls.keep(ONE, ANNA)) == "kept"
    with pytest.raises(SafetyRefused, match="must be asked first"):
        controls.take(ONE, BEN, 105.0, force=True)


def test_control_given_back_or_of_a_closed_page_is_free_at_once() -> None:
    controls = with_anna()
    assert controls.release(ONE, BEN) is None
    assert how(controls.release(ONE, ANNA)) == "released"
    controls.take(ONE, ANNA, 1.0)
    controls.take(TWO, ANNA, 1.0)
    assert [change.aircraft for change in controls.closed(ANNA)] == [ONE, TWO]
    assert how(controls.take(ONE, BEN, 1.0)) == "taken"


def test_a_broken_connection_keeps_control_for_some_seconds() -> None:
    controls = with_anna()
    controls.gone(ANNA, 100.0)
    assert list(controls.tick(100.0 + GONE_S - 0.1)) == []
    assert [change.how for change in controls.back(ANNA)] == ["back"]
    assert list(controls.tick(200.0)) == []
    controls.gone(ANNA, 300.0)
    assert [change.how for change in controls.tick(300.0 + GONE_S)] == ["gone"]
    assert controls.control(ONE).holder is None
    assert list(controls.back(ANNA)) == []


def test_a_page_that_is_gone_needs_no_time_to_read() -> None:
    controls = with_anna()
    controls.gone(ANNA, 10.0)
    controls.take(ONE, BEN, 11.0)
    assert how(controls.take(ONE, BEN, 11.0, force=True)) == "taken_over"


def test_a_page_that_left_cannot_be_given_control() -> None:
    controls = with_anna()
    controls.take(ONE, BEN, 1.0)
    controls.gone(BEN, 2.0)
    with pytest.raises(SafetyRefused, match="has not asked for it, or is closed"):
        controls.give(ONE, ANNA, BEN.client)


def test_of_several_that_ask_each_keeps_its_question_until_one_has_control() -> None:
    controls = with_anna()
    controls.take(ONE, BEN, 1.0)
    controls.take(ONE, CARL, 2.0)
    assert how(controls.take(ONE, BEN, 5.0, force=True)) == "taken_over"
    with pytest.raises(SafetyRefused, match="must be asked first"):
        controls.take(ONE, CARL, 6.0, force=True)
