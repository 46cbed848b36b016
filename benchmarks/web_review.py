"""Speed of the review view: a flight of three hours opened for replay, and plots of a million points."""

from __future__ import annotations

import math
import statistics
import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from pymavlink.dialects.v20 import ardupilotmega as mavlink

from benchmarks.web_page import started_browser, until
from tests.support.browser import running_station

HOURS, ATTITUDE_HZ, MILLION_HZ = 3, 10, 100
BEGUN_US = 1_790_000_000_000_000
LAT_DEG, LON_DEG, HOME_MM = -35.363262, 149.165237, 584_000
OPENINGS, PLOTTINGS = 3, 5
# The server loads its libraries and compiled functions after its start; a flight may be opened before that, too.
WARM_S = 20

# Times in milliseconds from the click on a flight: the slider is in the page, and the track is on the map.
OPEN = """(async (flight) => {
  performance.clearMarks();
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const began = performance.now();
  document.querySelector(`[data-testid=flights] a[title="${flight}"]`).click();
  let slider = 0;
  for (;;) {
    await frame();
    if (!slider && document.querySelector("[data-testid=time-bar] input")) slider = performance.now() - began;
    if (slider && performance.getEntriesByName("landline track").length > 0) {
      // The frame that drew it is on the screen when the next one begins.
      await frame();
      return [slider, performance.now() - began];
    }
    if (performance.now() - began > 120000) throw new Error("the flight is not open after two minutes");
  }
})"""


def replay() -> None:
    """A flight of three hours, from the click to the slider and the track: never opened before, and again."""
    first, again = [], []
    for _ in range(OPENINGS):
        with _reviewed(ATTITUDE_HZ) as (page, name):
            first.append(_opened(page, name))
            page.wait_for_timeout(3000)
            again.append(_opened(page, name))
    with _reviewed(ATTITUDE_HZ, warm_s=0) as (page, flight):
        cold = _opened(page, flight)
    for what, times in (("opened the first time", first), ("opened again", again)):
        slider_ms, track_ms = (statistics.median(column) for column in zip(*times, strict=True))
        print(
            f"| flight of {HOURS} hours, {what}: slider, track | {slider_ms:.0f} ms, {track_ms:.0f} ms | 1 s |"
        )
    print(f"| the same, opened while the server starts | {cold[0]:.0f} ms, {cold[1]:.0f} ms | |")


def plot() -> None:
    """A plot of a million points, from the request to the drawn line: the whole flight, and each step of zoom."""
    with _reviewed(MILLION_HZ) as (page, name):
        _opened(page, name)
        page.get_by_test_id("plot").first.wait_for()
        page.get_by_test_id("add-plot").click()
        page.locator(".picker input").fill("ATTITUDE.roll")
        page.get_by_role("button", name="ATTITUDE.roll", exact=False).first.click()
        figure = page.get_by_label("ATTITUDE.roll", exact=True)
        figure.wait_for()
        while page.get_by_test_id("plot").count() > 1:
            page.get_by_test_id("plot").first.get_by_role("button").last.click()
        page.wait_for_timeout(3000)
        zoomed, whole = [], []
        for _ in range(PLOTTINGS):
            zoomed.append(_plotted(page, "+"))
            whole.append(_plotted(page, "0"))
    points = HOURS * 3600 * MILLION_HZ
    print(f"| plot of {points:,} points, the whole flight, median of {PLOTTINGS} "
          f"| {statistics.median(whole):.0f} ms | 300 ms |")  # fmt: skip
    print(f"| the same, zoomed to a half | {statistics.median(zoomed):.0f} ms | 300 ms |")


def _opened(page: Any, name: str) -> list[float]:
    page.evaluate("location.hash = '#/review'")
    page.locator(f'[data-testid=flights] a[title="{name}"]').wait_for()
    page.wait_for_timeout(1000)
    times: list[float] = page.evaluate(f"{OPEN}({name!r})")
    return times


def _plotted(page: Any, key: str) -> float:
    page.evaluate("performance.clearMeasures()")
    page.keyboard.press(key)
    until(page, "performance.getEntriesByName('landline plot').length > 0")
    page.wait_for_timeout(500)
    ms: float = page.evaluate("performance.getEntriesByName('landline plot')[0].duration")
    return ms


@contextmanager
def _reviewed(attitude_hz: int, warm_s: float = WARM_S) -> Iterator[tuple[Any, str]]:
    """A page at the list of flights of a new station, and the name of the one flight with a log."""
    name = "20260921T120000Z-copter"
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        (home / "flights" / name).mkdir(parents=True)
        write_log(home / "flights" / name / "frames.tlog", HOURS, attitude_hz)
        chromium = stack.enter_context(started_browser())
        station = stack.enter_context(running_station(home, "--link=udpin:127.0.0.1:0", sim=None))
        page = chromium.new_page(viewport={"width": 1280, "height": 800})
        page.goto(station.url)
        page.locator("nav").wait_for()
        page.wait_for_timeout(warm_s * 1000)
        yield page, name


def write_log(path: Path, hours: float, attitude_hz: int) -> None:
    """Write the telemetry log of a copter that flies circles at 5 Hz of positions."""
    codec, seconds = mavlink.MAVLink(None, srcSystem=1, srcComponent=1), round(hours * 3600)
    with path.open("wb") as file:
        for second in range(seconds):
            for at_s, message in sorted(_second(second, seconds, attitude_hz), key=lambda one: one[0]):
                file.write(struct.pack(">Q", BEGUN_US + round(at_s * 1e6)) + message.pack(codec))


def _second(second: int, seconds: int, attitude_hz: int) -> Iterator[tuple[float, Any]]:
    """Messages of one second of the flight, with their times."""
    armed, left = 5 <= second < seconds - 5, second / seconds
    mode = 5 if second < 20 else 3 if second < seconds - 120 else 6
    yield second, mavlink.MAVLink_heartbeat_message(2, 3, 1 | 128 * armed, mode, 4, 3)
    yield (
        second + 0.01,
        mavlink.MAVLink_sys_status_message(
            1, 1, 1, 300, round(25_200 - 2000 * left), 1500, round(99 - 60 * left), 0, 0, 0, 0, 0, 0
        ),
    )
    if second % 97 == 10:
        text = f"Mission: {second // 97} WP".encode()
        yield second + 0.02, mavlink.MAVLink_statustext_message(6 if second % 3 else 4, text)
    for step in range(attitude_hz):
        at_s = second + step / attitude_hz
        yaw = math.remainder(at_s / 60 + math.pi / 2, math.tau)
        roll, pitch = 0.2 * math.sin(at_s / 3), 0.1 * math.sin(at_s / 5)
        yield at_s, mavlink.MAVLink_attitude_message(round(at_s * 1000), roll, pitch, yaw, 0, 0, 0)
    for step in range(5):
        yield from _place(second + 0.003 + step / 5, flying=armed)


def _place(at_s: float, *, flying: bool) -> Iterator[tuple[float, Any]]:
    angle, radius = at_s / 60, 400 * (1 + 0.2 * math.sin(at_s / 700))
    lat = round(1e7 * (LAT_DEG + radius / 111_195 * math.sin(angle)))
    lon = round(1e7 * (LON_DEG + radius / 90_700 * math.cos(angle)))
    height_mm = round(40_000 + 20_000 * math.sin(at_s / 200)) if flying else 0
    boot_ms, course = round(at_s * 1000), round(math.degrees(angle + math.pi / 2)) % 360
    north, east = round(667 * math.cos(angle)), round(-667 * math.sin(angle))
    yield (
        at_s,
        mavlink.MAVLink_global_position_int_message(
            boot_ms, lat, lon, HOME_MM + height_mm, height_mm, north, east, 0, course * 100
        ),
    )
    yield at_s, mavlink.MAVLink_vfr_hud_message(6.7, 6.7, course, 40, (HOME_MM + height_mm) / 1000, 0)
    yield (
        at_s,
        mavlink.MAVLink_gps_raw_int_message(
            boot_ms * 1000, 3, lat, lon, HOME_MM + height_mm, 80, 120, 667, course * 100, 14
        ),
    )
