"""A flight of a simulated copter by keyboard alone; its link is lost on the way and comes back."""

from __future__ import annotations

import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Requests, RunningStation, open_page, running_station

pytestmark = [pytest.mark.browser, pytest.mark.slow]
FLIGHT_MS = 60_000


@pytest.fixture
def flown(tmp_path: Path, browser: Any) -> Iterator[RunningStation]:
    """A station whose aircraft the test flies, three times as fast as a real one."""
    with running_station(tmp_path, sim=("--speed=3",)) as running:
        yield running


@pytest.fixture
def page(flown: RunningStation, browser: Any) -> Iterator[Any]:
    requests = Requests()
    with open_page(browser, flown.url, requests) as opened:
        yield opened
    assert requests.outside(flown.url) == []
    assert requests.errors == []


def hold(page: Any) -> None:
    """Hold Space on the button that has the focus, until it acts."""
    page.keyboard.down("Space")
    expect(page.locator("button.holding")).to_have_count(1)
    expect(page.locator("button.holding")).to_have_count(0)
    page.keyboard.up("Space")


def choose(page: Any, key: str, action: str) -> None:
    """Press the key of an action as soon as it can be used."""
    expect(page.locator(f"[data-action={action}] button:not([aria-disabled])")).to_have_count(
        1, timeout=FLIGHT_MS
    )
    page.keyboard.press(key)


def confirm_form(page: Any) -> None:
    """Go with Tab from the first field to the button of the open form, and hold it."""
    form = page.get_by_role("dialog")
    button = form.get_by_role("button", name="hold to confirm")
    for _ in range(form.locator("input, select, button").count()):
        if button.evaluate("button => button === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(button).to_be_focused()
    hold(page)
    expect(form).to_have_count(0)


def expect_outcome(page: Any, words: str, outcome: str) -> None:
    """Wait until the last action, named by its words, has this outcome."""
    last = page.get_by_test_id("last-action")
    expect(last).to_contain_text(words, timeout=FLIGHT_MS)
    expect(last).to_have_attribute("data-outcome", re.compile(outcome), timeout=FLIGHT_MS)


def test_a_copter_is_flown_by_keyboard_and_its_lost_link_is_seen(page: Any, flown: RunningStation) -> None:
    state = page.get_by_test_id("arm-state")
    word = state.locator(".word")
    expect(state).to_contain_text("ready to arm", timeout=FLIGHT_MS)
    # One aircraft is selected: the key of its number selects it again.
    page.keyboard.press("1")
    page.keyboard.press("k")
    expect(page.get_by_test_id("control")).to_contain_text("you have control")

    choose(page, "a", "arm")
    hold(page)
    expect(word).to_have_text("ARMED", timeout=FLIGHT_MS)
    choose(page, "t", "takeoff")
    expect(page.get_by_role("dialog").locator("input").first).to_be_focused()
    page.keyboard.type("5")
    confirm_form(page)
    expect_outcome(page, "take off", "done")

    choose(page, "g", "goto")
    expect(page.get_by_role("dialog").locator("input").first).to_be_focused()
    confirm_form(page)
    expect_outcome(page, "fly to", "accepted|done")

    assert flown.sim is not None
    flown.sim.send_signal(signal.SIGSTOP)
    try:
        # Every value on the page is crossed out, and an alarm stands across it.
        expect(page.get_by_text(re.compile("^[34] s old$")).first).to_be_visible(timeout=FLIGHT_MS)
        live = page.locator("[data-stale=false]").filter(has_not_text=re.compile("LOST|–"))
        expect(live).to_have_count(0, timeout=FLIGHT_MS)
        expect(page.get_by_test_id("alarm").first).to_contain_text("No telemetry")
        assert page.locator("[data-stale=true]").count() > 5
    finally:
        flown.sim.send_signal(signal.SIGCONT)
    expect(page.locator("[data-stale=true]")).to_have_count(0)
    expect(page.get_by_test_id("alarm").filter(has_text="No telemetry")).to_have_count(0)

    choose(page, "r", "return")
    hold(page)
    expect(page.get_by_role("group", name="State of")).to_contain_text("RTL", timeout=FLIGHT_MS)
    choose(page, "l", "land")
    hold(page)
    expect(word).to_have_text("DISARMED", timeout=FLIGHT_MS)
