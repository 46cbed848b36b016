"""What the ground station asks of the kernel while a page uses it: nothing leaves the machine, no name is looked up."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.support.browser import Requests, open_page, running_station
from tests.support.logs.recorded_tlogs import write_circle

pytestmark = [pytest.mark.browser, pytest.mark.slow]
PLAN = Path(__file__).parents[2] / "examples" / "inspection.plan"
FLOWN = "20260517T093012Z-copter"
# Tracing makes each call of the process several times slower.
WITHIN_MS = 120_000
# Files and sockets by which the C library finds the address of a name.
RESOLVER = re.compile(
    r"/etc/(resolv\.conf|hosts|nsswitch\.conf|gai\.conf|hostname)\"|nscd|systemd/resolve|htons\(53\)"
)


def use_every_view(page: Any) -> None:
    """Fly: until the aircraft is ready; plan: open and check a file; review: open a flight with its plots."""
    expect(page.get_by_test_id("arm-state").locator(".word")).to_have_text("DISARMED", timeout=WITHIN_MS)
    page.get_by_role("link", name="Plan").click()
    page.get_by_role("tab", name="File").click()
    page.set_input_files("input[type=file]", str(PLAN))
    page.get_by_role("tab", name="Aircraft").click()
    expect(page.get_by_role("button", name=re.compile("Upload to .*hold to confirm"))).to_be_visible(
        timeout=WITHIN_MS
    )
    page.get_by_role("link", name="Set up").click()
    page.get_by_role("link", name="Review").click()
    page.locator(f'a[title="{FLOWN}"]').click(timeout=WITHIN_MS)
    expect(page.get_by_role("slider").first).to_be_visible(timeout=WITHIN_MS)
    expect(page.get_by_test_id("plot").first).to_be_visible(timeout=WITHIN_MS)
    page.get_by_role("tab", name="Record").click()
    with page.expect_download(timeout=WITHIN_MS):
        page.get_by_text("GeoJSON").click()


def test_nothing_leaves_the_machine_while_a_page_flies_plans_and_reviews(
    tmp_path: Path, browser: Any
) -> None:
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("strace is not installed")
    write_circle(tmp_path / "flights" / FLOWN / "frames.tlog", seconds=60)
    trace, requests = tmp_path / "trace", Requests()
    # As a grandchild, so that the process that the test ends is the station itself.
    through = (strace, "-D", "-f", "-e", "trace=network,openat", "-o", str(trace))
    with (
        running_station(tmp_path, "--sim=quad_x", sim=None, through=through) as station,
        open_page(browser, station.url, requests) as page,
    ):
        page.set_default_timeout(WITHIN_MS)
        use_every_view(page)
    station.process.wait()
    lines = trace.read_text(errors="replace").splitlines()
    addressed = [line for line in lines if "sin_addr" in line or "sin6_addr" in line]
    # The trace saw the page's connections, and the log that the second process read.
    assert any("accept" in line and "127.0.0.1" in line for line in addressed)
    assert any(FLOWN in line and "frames.tlog" in line for line in lines)
    assert [line for line in addressed if "127.0.0.1" not in line and "::1" not in line] == []
    assert [line for line in lines if RESOLVER.search(line)] == []
    assert requests.outside(station.url) == []
    assert requests.errors == []
