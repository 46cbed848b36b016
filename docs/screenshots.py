"""Take the pictures of the web page in docs/img: `python -m docs.screenshots [NAME ...]` (extra `test`, Chromium).

A simulated copter flies the inspection example meanwhile.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.support.browser import FLAGS, Requests, chromium, open_page, running_station
from tests.support.cli import ROOT, landline

TO = Path(__file__).parent / "img"
PLAN = ROOT / "examples" / "inspection.plan"
LAPTOP, PHONE = (1280, 800), (390, 844)
# Long enough for a flight to get to its mission on a busy machine.
WITHIN_MS = 120_000


@dataclass(frozen=True)
class Picture:
    """One picture: its view, its theme, its size in px, and what is done on the page before."""

    name: str
    view: str
    theme: str = "light"
    size: tuple[int, int] = LAPTOP
    prepare: Callable[[Any], None] | None = None


def open_plan(page: Any) -> None:
    """Open the inspection example in the plan view."""
    page.get_by_role("tab", name="File").click()
    page.locator("input[type=file]").first.set_input_files(PLAN)
    page.get_by_role("tab", name="Items").click()


def open_flight(page: Any) -> None:
    """Open the flight that was flown before."""
    page.get_by_role("main").get_by_role("row").last.get_by_role("link").or_(
        page.get_by_role("main").get_by_role("row").last.get_by_role("button")
    ).first.click()


PICTURES = (
    Picture("fly", "fly"),
    Picture("fly-dark", "fly", "dark"),
    Picture("fly-sunlight", "fly", "sunlight"),
    Picture("fly-phone", "fly", "light", PHONE),
    Picture("plan", "plan", prepare=open_plan),
    Picture("setup", "setup"),
    Picture("flights", "review"),
    Picture("review", "review", prepare=open_flight),
)


def begin_mission(page: Any) -> None:
    """Take control of the aircraft, and start its mission."""
    expect(page.get_by_test_id("arm-state")).to_contain_text("ready to arm", timeout=WITHIN_MS)
    page.get_by_role("button", name="Take control").click()
    start = page.locator("[data-action=start_mission] button:not([aria-disabled])")
    start.focus(timeout=WITHIN_MS)
    page.keyboard.down("Space")
    expect(page.get_by_test_id("last-action")).to_contain_text("mission", timeout=WITHIN_MS)
    page.keyboard.up("Space")
    expect(page.get_by_role("group", name="State of")).to_contain_text("in the air", timeout=WITHIN_MS)
    # Some way along its path, so that there is a track.
    page.wait_for_timeout(20_000)


def take(page: Any, picture: Picture) -> None:
    """Take one picture, with as few colours as keep it legible."""
    width, height = picture.size
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate(f"location.hash = '#/{picture.view}'")
    page.locator("header select").filter(has=page.locator("option[value=dark]")).select_option(picture.theme)
    if picture.prepare is not None:
        picture.prepare(page)
    # The map has no event of its own on the page for "all is drawn".
    page.wait_for_timeout(6000)
    image = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    image.quantize(128).save(TO / f"{picture.name}.png", optimize=True)


def main() -> None:
    """Take the pictures that are named, or all."""
    names = set(sys.argv[1:])
    TO.mkdir(exist_ok=True)
    with sync_playwright() as driver, tempfile.TemporaryDirectory() as home:
        browser = driver.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        flown = landline("fly", PLAN, "--sim", "quad_x", "--speed", "max", home=Path(home))
        assert flown.code == 0, flown.err
        requests = Requests()
        with (
            running_station(Path(home), sim=(), mission=PLAN) as station,
            open_page(browser, station.url, requests) as page,
        ):
            begin_mission(page)
            for picture in PICTURES:
                if not names or picture.name in names:
                    take(page, picture)
            assert requests.outside(station.url) == []
        browser.close()


if __name__ == "__main__":
    main()
