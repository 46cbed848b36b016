"""Speed of the web page in Chromium: `python -m benchmarks.web [PART ...]`, at `landline gcs` with synthetic telemetry.

Parts: size, paint, fleet, replay, plot, day. Work of the page is the processor time of its main thread from the start
of a frame to the next, by Chromium's trace: scripts with their garbage, style, layout, painting. All work of the thread
holds the browser's own tasks too, above all the receiving of messages. Without a graphics processor Chromium draws with
the CPU, in other threads; each figure is therefore measured a second time with drawing left out (ANGLE's null back
end).
"""

from __future__ import annotations

import gzip
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from benchmarks import web_review, web_source, web_trace
from benchmarks.measure import machine
from benchmarks.web_page import started_browser, until
from benchmarks.web_trace import percentile
from controller.web.build import STATIC
from tests.support.browser import RunningStation, chromium, running_station

VEHICLES, RATE_HZ = 50, 10
WARM_UP_S, MEASURED_S = 8, 20
HEAD = "| what | figure | bar |\n|---|---|---|"

# Runs before the page: notes the age of each height at the moment after the page took it into its state.
NOTE_AGES = """(() => {
  window.ages = [];
  const own = Object.getOwnPropertyDescriptor(WebSocket.prototype, "onmessage");
  const note = (data) => {
    const message = JSON.parse(data), now = Date.now() - EPOCH_MS;
    for (const one of message.states ?? []) if (one.position) window.ages.push(now - one.position.alt_rel_m * 1000);
  };
  Object.defineProperty(WebSocket.prototype, "onmessage", {
    ...own,
    set(handler) {
      own.set.call(this, (event) => { handler.call(this, event); if (window.noting) note(event.data); });
    },
  });
})()"""


def main() -> None:
    """Run the parts named on the command line, or all."""
    parts: dict[str, Callable[[], None]] = {
        "size": size,
        "paint": paint,
        "fleet": fleet,
        "replay": web_review.replay,
        "plot": web_review.plot,
        "day": day,
    }
    print(machine())
    if chromium() is None or not (STATIC / "index.html").is_file():
        print("no Chromium, or the page is not built (make web): nothing is measured")
        return
    print(HEAD)
    for name in [name for name in sys.argv[1:] if name in parts] or parts:
        parts[name]()


def size() -> None:
    """Bytes of the page without map data."""
    files = [
        path
        for path in STATIC.rglob("*")
        if path.is_file() and STATIC / "maps" not in path.parents and path.suffix != ".gz"
    ]
    total = sum(len(gzip.compress(path.read_bytes(), 9)) for path in files)
    print(f"| the page gzipped, without map data | {total / 1e6:.2f} MB | 1.5 MB |")


def paint() -> None:
    """First paint, from the request and from the start of `landline gcs`."""
    from_request, from_start = [], []
    for _ in range(3):
        with tempfile.TemporaryDirectory() as home, started_browser() as browser:
            started = time.perf_counter()
            with running_station(Path(home), "--link=udpin:127.0.0.1:0", sim=None) as station:
                page = browser.new_page(viewport={"width": 1280, "height": 800})
                page.goto(station.url, wait_until="commit")
                until(page, "performance.getEntriesByName('first-contentful-paint').length > 0")
                origin, first_ms = page.evaluate(
                    "[performance.timeOrigin, performance.getEntriesByName('first-contentful-paint')[0].startTime]"
                )
                from_request.append(first_ms / 1000)
                from_start.append(
                    origin / 1000 + first_ms / 1000 - time.time() + time.perf_counter() - started
                )
    print(
        f"| first paint, from the request to a server just started | {statistics.median(from_request):.2f} s | 1 s |"
    )
    print(f"| first paint, from the start of `landline gcs` | {statistics.median(from_start):.2f} s | |")


def fleet() -> None:
    """Fifty vehicles at ten hertz: work of the page a frame, share of a core of the server, age of the values."""
    for drawing in ("software", "none"):
        _fleet(drawing)


def _fleet(drawing: str) -> None:
    port, epoch_s = _free_port(), time.time()
    options = [f"--vehicles={VEHICLES}", f"--rate={RATE_HZ}", "--seconds=600", f"--epoch={epoch_s}"]
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory())
        browser = stack.enter_context(started_browser(drawing))
        link = f"--link=udpin:127.0.0.1:{port}"
        station = stack.enter_context(running_station(Path(home), link, sim=None))
        source = subprocess.Popen([sys.executable, "-m", "benchmarks.web_source", str(port), *options])
        try:
            _measure_fleet(browser, station, epoch_s, drawing)
        finally:
            source.kill()
            source.wait()


def _measure_fleet(browser: Any, station: RunningStation, epoch_s: float, drawing: str) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.add_init_script(NOTE_AGES.replace("EPOCH_MS", str(round(epoch_s * 1000))))
    page.goto(station.url)
    until(page, f"document.querySelectorAll('option, [data-aircraft]').length >= {VEHICLES}")
    page.wait_for_timeout(WARM_UP_S * 1000)
    client = browser.new_browser_cdp_session()
    page.evaluate("window.ages.length = 0; window.noting = true")
    renderers = [
        one["id"]
        for one in client.send("SystemInfo.getProcessInfo")["processInfo"]
        if one["type"] == "renderer"
    ]
    pid, renderer = station.process.pid, max(renderers, key=_thread_ms)
    cpu, at = _cpu_s(pid), time.perf_counter()
    page.wait_for_timeout(MEASURED_S * 500)
    share = (_cpu_s(pid) - cpu) / (time.perf_counter() - at)
    ages = page.evaluate("window.noting = false, window.ages")
    busy_ms, at = _thread_ms(renderer), time.perf_counter()
    page.wait_for_timeout(MEASURED_S * 500)
    busy_ms = (_thread_ms(renderer) - busy_ms) / (time.perf_counter() - at)
    web_trace.start(client)
    page.wait_for_timeout(MEASURED_S * 500)
    keep = os.environ.get("LANDLINE_TRACE")
    seen = web_trace.frames(web_trace.stop(client, page, Path(keep) if keep else None))
    own, work = seen.own_ms, seen.work_ms
    print(
        f"| {VEHICLES} vehicles at {RATE_HZ} Hz, drawing {drawing}: frames a second | {seen.a_second:.0f} | |"
    )
    print(f"| the page's own work a frame: p95, median "
          f"| {percentile(own, 0.95):.1f} ms, {percentile(own, 0.5):.1f} ms | 6 ms |")  # fmt: skip
    print(f"| all work of its main thread a frame: p95, median "
          f"| {percentile(work, 0.95):.1f} ms, {percentile(work, 0.5):.1f} ms | |")  # fmt: skip
    print(f"| all work of its main thread a second, without the trace | {busy_ms:.0f} ms | |")
    print(f"| share of a core of the server | {share:.0%} | 40 % |")
    print(f"| age of a value when the page has it: p95, median, {len(ages)} values "
          f"| {percentile(ages, 0.95):.0f} ms, {percentile(ages, 0.5):.0f} ms | 50 ms |")  # fmt: skip
    top = ", ".join(
        f"{name} {spent / 10 / MEASURED_S * 2:.1f} %" for name, spent in seen.parts.most_common(8)
    )
    print(f"\nshares of the main thread: {top}\n", file=sys.stderr)


def day() -> None:
    """Memory of page and server over the messages of a day of one vehicle, sent as fast as the server takes them."""
    hours, parts = float(os.environ.get("LANDLINE_HOURS", "24")), 6
    with ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        home = stack.enter_context(tempfile.TemporaryDirectory())
        browser = stack.enter_context(started_browser())
        link = f"--link=tcp:127.0.0.1:{listener.getsockname()[1]}"
        station = stack.enter_context(running_station(Path(home), link, sim=None))
        sender = stack.enter_context(listener.accept()[0])
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(station.url)
        client = page.context.new_cdp_session(page)
        rows = []
        for part in range(parts):
            web_source.send_simulated(
                sender.sendall, RATE_HZ, hours * part / parts, hours * (part + 1) / parts
            )
            page.wait_for_timeout(1000)
            client.send("HeapProfiler.collectGarbage")
            heap = client.send("Runtime.getHeapUsage")["usedSize"] / 1e6
            rows.append((hours / parts * (part + 1), heap, _memory_mb(station.process.pid)))
    words = [", ".join(f"{row[column]:.3g}" for row in rows) for column in range(3)]
    print(f"| memory of the page (JavaScript, after collection) at {words[0]} h | {words[1]} MB | flat |")
    print(f"| memory of the server at the same times | {words[2]} MB | flat |")


def _cpu_s(pid: int) -> float:
    """Return the processor seconds of a process and its threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _thread_ms(pid: int) -> float:
    """Return the processor time of the main thread of a process, ms."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e6


def _memory_mb(pid: int) -> float:
    """Return the memory of a process that is its own alone, in MB."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) / 1000


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
