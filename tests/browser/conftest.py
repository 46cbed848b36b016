"""Fixtures of the browser tests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.browser import (
    WITHOUT_MAP,
    Requests,
    RunningStation,
    browser,
    need_chromium,
    open_page,
    running_station,
)

__all__ = ["browser"]


@pytest.fixture(scope="session")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStation]:
    """A station with one simulated copter, shared by the tests that do not fly it."""
    need_chromium()
    with running_station(tmp_path_factory.mktemp("station")) as running:
        yield running


@pytest.fixture
def page(station: RunningStation, browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A page at the shared station; nothing may leave it, and it may report no error.

    The mark `no_map` is for tests in which the map does not matter: their page draws none.
    """
    requests = Requests()
    before = WITHOUT_MAP if request.node.get_closest_marker("no_map") else ""
    with open_page(browser, station.url, requests, before=before) as opened:
        yield opened
    assert requests.outside(station.url) == []
    assert requests.errors == []
