"""A real browser on a real ground station: Debian's Chromium, driven by Playwright, at `landline gcs`.

The station and the simulated aircraft are processes of their own, on free ports of this machine. Each page records what
it asked for: a test fails when one request goes to another address, or when the page reports an error.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.cli import COMMAND, environment, landline

# A software renderer where the machine has no graphics processor; nothing of the browser's own calls home.
FLAGS = (
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-pings",
)
WITHIN_MS = 20_000
# For a page whose map does not matter: on a machine without graphics processor, drawing it takes most of the time.
WITHOUT_MAP = """
const known = HTMLCanvasElement.prototype.getContext;
HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
  return kind.startsWith("webgl") ? null : known.call(this, kind, ...rest);
};
"""


def chromium() -> str | None:
    """Return the path of the system's Chromium; LANDLINE_CHROMIUM names another. None without one."""
    named = os.environ.get("LANDLINE_CHROMIUM")
    return (
        named or shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    )


def need_chromium() -> str:
    """Return the path of the system's Chromium; skip the test where there is none."""
    path = chromium()
    if path is not None and not Path(path).is_file():
        raise FileNotFoundError(f"cannot start the browser: LANDLINE_CHROMIUM={path} is no file")
    if path is None:
        pytest.skip("no browser: install Chromium, or name one in LANDLINE_CHROMIUM")
    return path


# Not for the whole session: Playwright keeps an event loop running, in which no other async test could run.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A headless Chromium for the tests of a file; skip them where there is none."""
    path = need_chromium()
    playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: pip install playwright")
    with playwright.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=list(FLAGS))
        yield started
        started.close()


@dataclass
class Requests:
    """Addresses that the pages of a test asked for, and the errors that they reported."""

    urls: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def outside(self, origin: str) -> list[str]:
        """Requests to another host or port than the station's."""
        own = urlsplit(origin).netloc
        return [
            url
            for url in self.urls
            if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).netloc != own
        ]


@contextmanager
def open_page(
    browser: Any, url: str, requests: Requests, *, before: str = "", **context: Any
) -> Iterator[Any]:
    """Open the station's page in a context of its own: no cookie and no storage of another.

    `before` is a script that runs before those of the page.
    """
    context.setdefault("viewport", {"width": 1280, "height": 800})
    context.setdefault("locale", "en-GB")
    opened = browser.new_context(**context)
    try:
        page = opened.new_page()
        page.set_default_timeout(WITHIN_MS)
        opened.on("request", lambda request: requests.urls.append(request.url))
        page.on("websocket", lambda socket: requests.urls.append(socket.url))
        page.on("pageerror", lambda error: requests.errors.append(str(error)))
        page.on("console", lambda line: requests.errors.append(line.text) if line.type == "error" else None)
        if before:
            page.add_init_script(before)
        page.goto(url)
        yield page
    finally:
        opened.close()


@dataclass(frozen=True)
class RunningStation:
    """A ground station with its page; `sim` is the process of the simulated aircraft, None where gcs has its own."""

    url: str
    home: Path
    process: subprocess.Popen[bytes]
    sim: subprocess.Popen[bytes] | None = None


@contextmanager
def running_station(
    home: Path,
    *options: str,
    sim: tuple[str, ...] | None = ("--speed=4",),
    mission: Path | None = None,
    through: tuple[str, ...] = (),
) -> Iterator[RunningStation]:
    """Run `landline gcs` with `options` and, unless `sim` is None, `landline sim` with those of `sim` beside it.

    The simulated aircraft has the mission of the plan file `mission` on board. `through` is a program, with
    its options, that starts the station as its own process.
    """
    with ExitStack() as stack:
        links: list[str] = []
        aircraft = None
        if sim is not None:
            aircraft = stack.enter_context(_process(home, "sim", "--link=tcpin:127.0.0.1:0", *sim))
            links = [f"--link=tcp:127.0.0.1:{_ready(home, 'sim', aircraft)['links'][0].rpartition(':')[2]}"]
            if mission is not None:
                uploaded = landline("mission", "upload", mission, *links, home=home)
                assert uploaded.code == 0, uploaded.err
        station = stack.enter_context(
            _process(home, "gcs", "--web=127.0.0.1:0", *links, *options, through=through)
        )
        yield RunningStation(_ready(home, "gcs", station)["web"], home, station, aircraft)


def _ready(home: Path, name: str, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    """Return the first line that a command prints, its addresses."""
    out = home / f"{name}.out"
    while not (lines := out.read_text().splitlines()):
        assert process.poll() is None, (home / f"{name}.err").read_text()
        time.sleep(0.05)
    ready: dict[str, Any] = json.loads(lines[0])
    assert ready["event"] == "ready"
    return ready


@contextmanager
def _process(home: Path, *arguments: str, through: tuple[str, ...] = ()) -> Iterator[subprocess.Popen[bytes]]:
    # To files: a pipe that is not read would fill, and stop the process.
    with (home / f"{arguments[0]}.out").open("w") as out, (home / f"{arguments[0]}.err").open("w") as notes:
        process = subprocess.Popen(
            [*through, *COMMAND, *arguments, "--json"],
            env=environment(home),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=notes,
        )
        with process:
            try:
                yield process
            finally:
                process.terminate()
