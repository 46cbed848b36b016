"""Promises of the fly view: no command by accident, none to another aircraft, no old value that looks live."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.fake_live import FakeLive, flying

pytestmark = pytest.mark.browser
HOLD_MS = 1000
AHEAD_MS = 3000  # its clock stops at a time that it has not reached yet


def alarm(page: Any) -> Any:
    """Return the alarm of an aircraft; the map has an alert of its own."""
    return page.get_by_role("alert").and_(page.get_by_test_id("alarm"))


def stopped(page: Any, *aircraft: Any) -> FakeLive:
    """Load the page and stop its time: however slow the machine, a hold lasts as long as a test says."""
    page.clock.install()
    live = FakeLive(page, *aircraft)
    expect(page.get_by_test_id("arm-state")).to_contain_text("ARMED")
    page.clock.pause_at(page.evaluate("Date.now()") + AHEAD_MS)
    return live


@pytest.mark.slow
def test_a_key_and_the_held_space_bar_command_the_named_aircraft(page: Any) -> None:
    live = FakeLive(page, flying(), flying())
    expect(page.get_by_test_id("arm-state")).to_contain_text("ARMED")
    page.keyboard.press("2")
    page.keyboard.press("r")
    expect(page.get_by_role("button", name="Return, ArduPilot copter 2: hold to confirm")).to_be_focused()
    page.keyboard.down(" ")
    expect(page.get_by_test_id("last-action")).to_contain_text("Return")
    page.keyboard.up(" ")
    assert live.orders() == [("2.1", "return", {})]


@pytest.mark.no_map
def test_no_single_key_but_that_of_the_pause_sends_a_command(page: Any) -> None:
    live = FakeLive(page)
    expect(page.get_by_test_id("arm-state")).to_contain_text("ARMED")
    for key in "abcdefghijklmnoqrstuvwxyz123456789":
        page.keyboard.press(key)
        page.keyboard.press("Escape")
    assert live.orders() == []
    page.keyboard.press("p")
    expect(page.get_by_test_id("last-action")).to_contain_text("Pause")
    assert live.orders() == [("1.1", "pause", {})]


@pytest.mark.slow
def test_a_pause_that_interrupts_a_return_takes_a_hold(page: Any) -> None:
    live = FakeLive(page, flying(mode="RTL"))
    expect(page.get_by_test_id("arm-state")).to_contain_text("ARMED")
    page.keyboard.press("p")
    expect(page.get_by_role("button", name="Pause, ArduPilot copter 1: hold to confirm")).to_be_focused()
    assert live.orders() == []


@pytest.mark.no_map
def test_a_hold_ends_when_another_aircraft_is_selected(page: Any) -> None:
    live = stopped(page, flying(), flying())
    page.get_by_role("button", name="Return, ArduPilot copter 1").hover()
    page.mouse.down()
    expect(page.locator("[data-action=return] button.holding")).to_have_count(1)
    page.keyboard.press("2")
    expect(page.locator("[data-action=return] button.holding")).to_have_count(0)
    page.clock.run_for(2 * HOLD_MS)
    page.mouse.up()
    assert live.orders() == []


@pytest.mark.no_map
def test_values_without_news_are_old_and_an_alarm_says_so(page: Any) -> None:
    FakeLive(page, flying(age_s=12))
    expect(alarm(page)).to_contain_text("No telemetry from copter 1 for 12 s")
    fresh = page.locator(".strip [data-stale=false], .numbers [data-stale=false]")
    # The link says that it is lost; an air speed that was never known is a dash.
    expect(fresh).to_have_text([re.compile("LOST"), re.compile("Air speed *–")])


def fingers(page: Any) -> Callable[..., None]:
    """Return what touches the page: an event by its kind, with where the fingers are."""
    devtools = page.context.new_cdp_session(page)

    def touch(kind: str, *points: dict[str, float]) -> None:
        devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": list(points)})

    return touch


@pytest.mark.no_map
def test_a_finger_that_slides_off_ends_a_hold_and_one_that_stays_commands(page: Any) -> None:
    live = stopped(page)
    button = page.get_by_role("button", name="Return, ArduPilot copter 1")
    box = button.bounding_box()
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    touch = fingers(page)
    holding = page.locator("[data-action=return] button.holding")
    touch("touchStart", middle)
    expect(holding).to_have_count(1)
    touch("touchMove", {"x": middle["x"], "y": middle["y"] - 200})
    expect(holding).to_have_count(0)
    page.clock.run_for(2 * HOLD_MS)
    touch("touchEnd")
    assert live.orders() == []
    touch("touchStart", middle)
    expect(holding).to_have_count(1)
    page.clock.run_for(HOLD_MS)
    touch("touchEnd")
    expect(page.get_by_test_id("last-action")).to_contain_text("Return")
    assert live.orders() == [("1.1", "return", {})]


@pytest.mark.slow
def test_a_long_press_on_the_map_asks_for_a_go_here_and_a_pinch_does_not(page: Any) -> None:
    page.clock.install()
    live = FakeLive(page)
    expect(page.locator("[data-action=goto] button:not([aria-disabled])")).to_have_count(1)
    box = page.locator(".maplibregl-canvas").bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    touch = fingers(page)
    touch("touchStart", {"x": x - 40, "y": y, "id": 0})
    touch("touchStart", {"x": x - 40, "y": y, "id": 0}, {"x": x + 40, "y": y, "id": 1})
    page.clock.run_for(2 * HOLD_MS)
    touch("touchEnd")
    expect(page.locator("dialog")).to_have_count(0)
    live.send({"type": "state", "t_s": 1e3, "states": [{"id": "1.1", **flying()}]})
    expect(page.locator("[data-action=goto] button:not([aria-disabled])")).to_have_count(1)
    touch("touchStart", {"x": x, "y": y})
    page.clock.run_for(HOLD_MS)
    expect(page.locator("dialog[data-form=goto]")).to_be_visible()
    touch("touchEnd")
    assert live.orders() == []


@pytest.mark.slow
def test_a_jump_goes_to_the_item_that_was_chosen_after_a_hold(page: Any) -> None:
    live = FakeLive(page)
    items = [
        {
            "number": number,
            "command": 16,
            "name": "NAV_WAYPOINT",
            "lat_deg": 47.4,
            "lon_deg": 8.5,
            "alt_m": 30,
            "frame": 3,
        }
        for number in (1, 2, 3)
    ]
    expect(page.get_by_test_id("arm-state")).to_contain_text("ARMED")
    mission = {"known": True, "items": items, "path": [], "fence": [], "rally": []}
    live.send({"type": "mission", "id": "1.1", "mission": mission})
    expect(page.locator("[data-action=jump_to_item] button:not([aria-disabled])")).to_have_count(1)
    page.keyboard.press("j")
    page.get_by_label("Mission item").select_option("3")
    page.get_by_role("button", name="copter 1: fly on at item 3: hold to confirm").focus()
    page.keyboard.down(" ")
    expect(page.get_by_test_id("last-action")).to_contain_text("item 3")
    page.keyboard.up(" ")
    assert live.orders() == [("1.1", "jump_to_item", {"number": 3})]


@pytest.mark.slow
def test_a_button_that_cannot_be_used_says_why_and_does_nothing(page: Any) -> None:
    live = FakeLive(page, flying(armed=False, in_air=False))
    land = page.get_by_role("button", name="Land, ArduPilot copter 1")
    expect(land).to_be_disabled()
    expect(land).to_have_attribute("title", "Land, ArduPilot copter 1: it is on the ground")
    page.keyboard.press("g")
    expect(page.locator("dialog")).to_have_count(0)
    assert live.orders() == []


@pytest.mark.slow
def test_a_refusal_stands_in_the_bar_and_in_the_messages(page: Any) -> None:
    live = FakeLive(page)
    expect(page.get_by_test_id("arm-state")).to_contain_text("ARMED")
    news = {"request": "7", "aircraft": "1.1", "name": "arm", "words": "arm the motors", "client": "page-2"}
    why = "PreArm: Compass not healthy"
    live.send(
        {
            "type": "action",
            "action": {**news, "outcome": "refused", "why": why, "utc": "2026-01-01T10:20:30Z"},
        }
    )
    expect(page.get_by_test_id("last-action")).to_contain_text(f"refused arm the motors: {why}")
    expect(page.get_by_role("region", name="Messages")).to_contain_text(f"arm the motors: {why}")


@pytest.mark.slow
def test_an_observer_sees_no_button_that_acts(page: Any) -> None:
    FakeLive(page, role="observer")
    expect(page.get_by_text("You observe: this page cannot send commands.")).to_be_visible()
    expect(page.locator("[data-action]")).to_have_count(0)


@pytest.mark.no_map
def test_news_reach_a_page_that_is_not_drawn(page: Any) -> None:
    # A hidden page gets no frames; its values, alarms and sounds must go on.
    page.add_init_script("window.requestAnimationFrame = () => 1")
    live = FakeLive(page)
    expect(page.locator(".numbers")).to_contain_text("25.0")
    live.state(1, {"position": {**flying()["position"], "alt_rel_m": 77.0}, "alarm": "hijacked"})
    live.state(1, {"heartbeat": {**flying()["heartbeat"], "mode": "LAND"}})
    expect(page.locator(".numbers")).to_contain_text("77.0")
    expect(page.locator(".strip")).to_contain_text("LAND")
    expect(alarm(page)).to_contain_text("hijacked")
