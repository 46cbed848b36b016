"""A headless Chromium for the measurements of the web page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.support.browser import FLAGS, chromium


@contextmanager
def started_browser(drawing: str = "software") -> Iterator[Any]:
    """A browser of its own, that draws with the CPU (`software`) or not at all (`none`)."""
    from playwright.sync_api import sync_playwright

    flags = [flag for flag in FLAGS if drawing == "software" or "swiftshader" not in flag]
    if drawing == "none":
        flags.append("--use-angle=null")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium(), args=flags)
        yield browser
        browser.close()


def until(page: Any, condition: str) -> None:
    """Wait until an expression of the page is true; its security policy forbids Playwright's own way."""
    while not page.evaluate(condition):
        page.wait_for_timeout(20)
