"""The whole way of a flight on the page, and two pages that want control of one aircraft."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Requests, RunningStation, open_page, running_station

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PLAN = Path(__file__).parents[2] / "examples" / "inspection.plan"
FLIGHT_MS = 240_000


@pytest.fixture
def flown(tmp_path: Path, browser: Any) -> Iterator[RunningStation]:
    """A station whose aircraft the test flies, eight times as fast as a real one."""
    with running_station(tmp_path, sim=("--speed=8",)) as running:
        yield running


def test_a_plan_is_opened_uploaded_flown_and_reviewed(flown: RunningStation, browser: Any) -> None:
    requests = Requests()
    with open_page(browser, flown.url, requests) as page:
        # Plan and upload.
        page.get_by_role("link", name="Plan").click()
        page.get_by_role("tab", name="File").click()
        page.set_input_files("input[type=file]", str(PLAN))
        page.get_by_role("tab", name="Aircraft").click()
        upload = page.get_by_role("button", name=re.compile("Upload to .*hold to confirm"))
        upload.focus(timeout=FLIGHT_MS)
        page.keyboard.down("Space")
        expect(page.get_by_text("uploaded and verified")).to_be_visible(timeout=FLIGHT_MS)
        page.keyboard.up("Space")
        # Fly.
        page.get_by_role("link", name="Fly").click()
        if page.get_by_role("button", name="Take control").count():
            page.get_by_role("button", name="Take control").click()
        start = page.locator("[data-action=start_mission] button:not([aria-disabled])")
        start.focus(timeout=FLIGHT_MS)
        page.keyboard.down("Space")
        state = page.get_by_test_id("arm-state").locator(".word")
        expect(state).to_have_text("ARMED", timeout=FLIGHT_MS)
        page.keyboard.up("Space")
        expect(page.get_by_role("group", name="State of")).to_contain_text("in the air", timeout=FLIGHT_MS)
        expect(state).to_have_text("DISARMED", timeout=FLIGHT_MS)
        # Review.
        page.get_by_role("link", name="Review").click()
        page.get_by_role("main").get_by_role("row").last.get_by_role("link").first.click()
        expect(page.get_by_role("slider").first).to_be_visible(timeout=FLIGHT_MS)
    assert requests.outside(flown.url) == []
    assert requests.errors == []


def test_of_two_pages_one_has_control_until_it_gives_it_up(station: RunningStation, browser: Any) -> None:
    requests = Requests()
    with (
        open_page(browser, station.url, requests) as first,
        open_page(browser, station.url, requests) as second,
    ):
        first.get_by_role("button", name="Take control").click()
        expect(first.get_by_test_id("control")).to_contain_text("you have control")
        expect(second.get_by_test_id("control")).to_contain_text("has control")
        # The second cannot command, and its wish is seen by the first.
        expect(second.locator("[data-action=arm] button")).to_have_attribute("aria-disabled", "true")
        second.get_by_role("button", name="Ask for control").click()
        expect(first.get_by_text(re.compile("asks for control", re.IGNORECASE)).first).to_be_visible()
        first.get_by_role("button", name=re.compile("give", re.IGNORECASE)).first.click()
        expect(second.get_by_test_id("control")).to_contain_text("you have control")
        expect(first.get_by_test_id("control")).not_to_contain_text("you have control")
    assert requests.outside(station.url) == []
    assert requests.errors == []
