"""Joystick of the page: only after a hold, seen over every view, and it stops by itself."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# The browser's own interface with a pad that the test moves: a headless browser has none.
PAD = """
window.testPad = {
  id: "Test pad", index: 0, connected: true, mapping: "standard", timestamp: 0,
  axes: [0, 0, 0, 0], buttons: Array.from({length: 4}, () => ({pressed: false, value: 0})),
};
navigator.getGamepads = () => [window.testPad];
"""


def test_the_joystick_flies_only_after_a_hold_and_stops_without_its_pad(page: Any) -> None:
    page.add_init_script(PAD)
    page.reload()
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("link", name="Joystick").click()
    take = page.get_by_role("button", name="Fly ArduPilot")
    page.get_by_role("button", name="Ask for control").click()
    expect(take).not_to_have_attribute("aria-disabled", "true")
    take.click()
    expect(page.get_by_text("The joystick flies")).to_be_hidden()
    take.focus()
    page.keyboard.down("Enter")
    flies = page.get_by_text("The joystick flies ArduPilot")
    expect(flies).to_be_visible()
    page.keyboard.up("Enter")
    page.get_by_role("link", name="Fly", exact=True).click()
    expect(flies).to_be_visible()
    page.evaluate("navigator.getGamepads = () => [null]")
    expect(page.get_by_role("alert").filter(has_text="no longer flies")).to_contain_text("the pad is lost")
