"""Parameters on the page: search, change with read-back, undo."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_parameter_is_found_changed_read_back_and_undone(page: Any) -> None:
    page.get_by_role("link", name="Set up").click()
    listed = page.get_by_role("listbox", name="parameters")
    expect(listed.get_by_role("option").first).to_be_visible()
    page.keyboard.press("/")
    page.keyboard.type("wpnav_speed")
    row = listed.get_by_role("option", name=re.compile(r"^WPNAV_SPEED \d"))
    row.click()
    before = page.get_by_role("textbox", name="New value").input_value()
    page.get_by_role("textbox", name="New value").fill("12,5")
    expect(page.get_by_text("Write a decimal point")).to_be_visible()
    expect(page.get_by_role("button", name="Write", exact=True)).to_be_disabled()
    page.get_by_role("textbox", name="New value").fill("650")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Written and read back: {before} → 650.")).to_be_visible()
    expect(row).to_contain_text("650")
    page.get_by_role("button", name=f"Undo: back to {before}").click()
    expect(row).to_contain_text(before)
