"""A flight of a simulated copter by keyboard alone, and the loss of its link on the way."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Requests, RunningStation, open_page, running_station

pytestmark = pytest.mark.browser
FLIGHT_MS = 40_000


@pytest.fixture
def flown(tmp_path: Any, browser: Any) -> Iterator[RunningStation]:
    """A station whose aircraft the test may fly; it flies four times as fast as a real one."""
    with running_station(tmp_path, sim=("--speed=4",)) as running:
        yield running


@pytest.fixture
def page(flown: RunningStation, browser: Any) -> Iterator[Any]:
    requests = Requests()
    with open_page(browser, flown.url, requests) as opened:
        yield opened
    assert requests.outside(flown.url) == []
    assert requests.errors == []


def hold(page: Any, key: str) -> None:
    """Hold a key until the button that has the focus acted."""
    page.keyboard.down(key)
    expect(page.locator(":focus.holding")).to_have_count(1)
    expect(page.locator(":focus.holding")).to_have_count(0)
    page.keyboard.up(key)
