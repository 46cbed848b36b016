"""The frame of the page: connection, views, themes and languages."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_the_page_shows_a_simulated_aircraft(page: Any) -> None:
    expect(page.get_by_role("combobox", name="Aircraft")).to_contain_text("ArduPilot copter 1")


@pytest.mark.no_map
def test_the_language_is_changed_on_the_page_and_kept(page: Any) -> None:
    page.get_by_role("combobox", name="Language").select_option("de")
    expect(page.get_by_role("link", name="Fliegen")).to_be_visible()
    page.reload()
    expect(page.get_by_role("link", name="Fliegen")).to_be_visible()
