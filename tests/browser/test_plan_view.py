"""Promises of the plan view: planned without a pointer, nothing lost, uploaded with a hold to the named aircraft."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Requests, RunningStation, open_page

pytestmark = pytest.mark.browser
PLAN = Path(__file__).parents[2] / "examples" / "inspection.plan"
BROKEN = b'{"fileType": "Plan", "mission": {'


def _open(page: Any) -> None:
    page.evaluate("location.hash = '#/plan'")
    expect(page.get_by_role("tab", name="Items")).to_be_visible()


def _rows(page: Any) -> Any:
    return page.get_by_role("grid", name="Items of the mission").locator("tbody tr")


def _point_at(page: Any, x: float, y: float) -> None:
    """Move the pointer there, until the map has drawn the item that is under it."""
    canvas = page.locator("canvas.maplibregl-canvas")
    for _ in range(300):
        page.mouse.move(x + 1, y)
        page.mouse.move(x, y)
        if canvas.evaluate("one => one.style.cursor") == "move":
            return
        page.evaluate("() => new Promise(requestAnimationFrame)")
    raise AssertionError(f"no item at {x:.0f}, {y:.0f}")


def _type(page: Any, label: str, text: str) -> None:
    page.get_by_label(label, exact=True).fill(text)
    page.keyboard.press("Tab")


@pytest.mark.no_map
def test_a_plan_is_made_changed_and_uploaded_without_a_pointer(page: Any) -> None:
    _open(page)
    expect(page.get_by_role("combobox", name="Aircraft")).to_contain_text("ArduPilot copter 1")
    page.get_by_role("button", name="+ Add").press("Enter")
    expect(_rows(page)).to_have_count(1)
    _type(page, "Altitude (m)", "20")
    for _ in range(2):
        _rows(page).last.press("Insert")
    expect(_rows(page)).to_have_count(3)
    _type(page, "Altitude (m)", "35")
    expect(_rows(page).last).to_contain_text("35 m")
    _rows(page).last.press("Alt+ArrowUp")
    expect(_rows(page).nth(1)).to_contain_text("35 m")
    page.keyboard.press("Delete")
    expect(_rows(page)).to_have_count(2)
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(_rows(page).nth(2)).to_contain_text("35 m")
    page.keyboard.press("Control+y")
    expect(_rows(page).nth(1)).to_contain_text("35 m")
    expect(page.get_by_text("No errors, no warnings")).to_be_visible()
    page.get_by_role("tab", name="Aircraft").press("Enter")
    upload = page.get_by_role("button", name=re.compile("Upload to ArduPilot copter 1.*hold to confirm"))
    upload.press("Enter")  # a press is no hold
    expect(page.get_by_text("uploaded and verified")).to_have_count(0)
    page.keyboard.down("Enter")
    expect(page.get_by_text("uploaded and verified")).to_be_visible()
    page.keyboard.up("Enter")
    expect(page.get_by_text("No differences")).to_be_visible()


@pytest.mark.slow
def test_a_dropped_plan_and_its_changes_survive_a_reload(page: Any) -> None:
    _open(page)
    page.get_by_role("tab", name="File").click()
    page.set_input_files("input[type=file]", str(PLAN))
    page.get_by_role("tab", name="Items").click()
    opened = _rows(page)
    expect(opened.first).to_contain_text("takeoff")
    count = opened.count()
    opened.last.click()
    page.keyboard.press("Delete")
    expect(_rows(page)).to_have_count(count - 1)
    page.get_by_role("link", name="Fly").click()
    page.reload()
    _open(page)
    expect(_rows(page)).to_have_count(count - 1)
    expect(page.get_by_text("not saved")).to_be_visible()


@pytest.mark.slow
def test_a_broken_file_is_one_line_and_the_plan_stays(station: RunningStation, browser: Any) -> None:
    # The browser writes the refused answer into its log: that is no error of the page.
    with open_page(browser, station.url, Requests()) as page:
        _open(page)
        page.get_by_role("tab", name="File").click()
        page.set_input_files("input[type=file]", str(PLAN))
        expect(page.get_by_text("Opened inspection.plan")).to_be_visible()
        broken = {"name": "broken.plan", "mimeType": "text/plain", "buffer": BROKEN}
        page.set_input_files("input[type=file]", broken)
        line = "broken.plan:1: invalid JSON: the file ends too early"
        expect(page.get_by_role("alert")).to_contain_text(line)
        expect(page.get_by_role("heading", name="inspection")).to_be_visible()


@pytest.mark.slow
def test_a_waypoint_is_drawn_dragged_and_inserted_between_on_the_map(page: Any) -> None:
    _open(page)
    page.get_by_role("button", name="Take-off", exact=True).click()
    box = page.get_by_role("region", name="Map of the plan").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.click(x - 60, y + 60)
    page.mouse.click(x + 100, y - 80)
    page.mouse.click(x + 180, y + 60)
    page.keyboard.press("Escape")
    expect(_rows(page)).to_have_count(3)
    _rows(page).nth(1).click()
    before = page.get_by_label("Latitude (deg)").input_value()
    _point_at(page, x + 100, y - 80)
    page.mouse.down()
    page.mouse.move(x + 100, y - 140, steps=6)
    page.mouse.up()
    expect(page.get_by_label("Latitude (deg)")).not_to_have_value(before)
    _point_at(page, x + 140, y - 40)
    page.mouse.click(x + 140, y - 40)  # the handle in the middle of the second leg
    expect(_rows(page)).to_have_count(4)
