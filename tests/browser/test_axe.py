"""Accessibility of every view in each theme and language, checked by axe-core."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import expect

from controller.web.build import UI
from tests.support.browser import Requests, RunningStation, open_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

AXE = UI / "node_modules" / "axe-core" / "axe.min.js"
VIEWS = ("fly", "plan", "setup", "review")
THEMES = ("light", "dark", "sunlight")
# Drawn by the map library in a canvas; what they show is in texts beside it.
RUN = """() => axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations.map(
  (one) => `${one.impact} ${one.id}: ${one.nodes.map((node) => node.target.join(" ")).slice(0, 5).join("; ")}`))"""


@pytest.fixture(scope="module")
def page(station: RunningStation, browser: Any) -> Iterator[Any]:
    """A page whose security policy lets the checker in."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: run make web")
    requests = Requests()
    with open_page(browser, station.url, requests, bypass_csp=True, reduced_motion="reduce") as opened:
        opened.add_script_tag(path=AXE)
        expect(opened.get_by_role("navigation")).to_be_visible()
        yield opened
    assert requests.outside(station.url) == []


def violations(page: Any, view: str) -> list[str]:
    page.evaluate(f"location.hash = '#/{view}'")
    expect(page.locator(f"nav a[aria-current=page][href='#/{view}']")).to_be_visible()
    expect(page.locator("main *").first).to_be_attached()
    found: list[str] = page.evaluate(RUN)
    return found


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("theme", THEMES)
def test_a_view_has_no_accessibility_violation(page: Any, view: str, theme: str) -> None:
    page.locator("header select").filter(has=page.locator(f"option[value={theme}]")).select_option(theme)
    for language in ("en", "de"):
        page.locator("header select").filter(has=page.locator("option[value=de]")).select_option(language)
        assert violations(page, view) == [], (view, theme, language)
