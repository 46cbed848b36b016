"""Makes the attempts of the browser's table in a page of a running station; prints the table as Markdown.

python -m tests.support.seal.page_attempts
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.browser import FLAGS, WITHOUT_MAP, need_chromium
from tests.support.seal.listeners import Listeners
from tests.support.source_tree import ROOT

TABLE = ROOT / "tests" / "browser" / "attempts" / "attempts.toml"
MODES = {
    "both": "Both headers (Chromium from 152)",
    "policy": "Content-Security-Policy alone (other browsers)",
}
# Without the flags that keep a browser from what is tried here.
_FLAGS = [flag for flag in FLAGS if flag not in ("--no-pings", "--disable-quic")]
_WITHOUT_LIST = "--disable-features=ConnectionAllowlists"
_REPORT = """
document.addEventListener("securitypolicyviolation", (event) => {
  window.reportViolation(event.effectiveDirective, event.blockedURI);
});
"""
_MAKE = """
([place, name]) => {
  const url = `http://${place}/`;
  const add = (tag, attributes) => {
    const made = document.createElement(tag);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    const place = ["link", "meta"].includes(tag) ? document.head : document.body;
    // A script without an address is run when it is added: its text comes first.
    if (tag === "script" && !attributes.src) queueMicrotask(() => place.appendChild(made));
    else place.appendChild(made);
    return made;
  };
  try { CODE } catch {}
}
"""
# Longest time that an attempt may take where nothing stops it.
WITHIN_S = 20.0
_POLL_MS = 100
_FRONT_S = 3.0


@dataclass(frozen=True)
class Came:
    """What came of an attempt: what arrived, and the directive by which the browser says that it stopped it."""

    arrived: str
    directive: str


def rows() -> list[dict[str, Any]]:
    """Return the table of attempts."""
    table: list[dict[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))["attempt"]
    return table


def markdown() -> str:
    """Return the table as Markdown."""
    lines = ["| attempt | " + " | ".join(MODES.values()) + " |", "|---" * (1 + len(MODES)) + "|"]
    lines += [f"| {row['name']} | " + " | ".join(row[mode] for mode in MODES) + " |" for row in rows()]
    return "\n".join(lines) + "\n"


def make_attempts(
    driver: Any, url: str, mode: str, attempts: Sequence[dict[str, Any]], folder: Path, *, wait_s: float = 1.0
) -> tuple[list[Came], float]:
    """Make attempts in pages of the station at `url`; return what came of each, and the seconds until the last arrival.

    The browser is a new one with an ordinary profile in `folder`: a private window makes no early connections. `mode`
    is one of MODES, or "none" for a browser that enforces neither header. Waits until all that is to arrive has, at
    most WITHIN_S, and `wait_s` for what is not to arrive.
    """
    net_log = folder / f"{mode}.json"
    flags = [*_FLAGS, f"--log-net-log={net_log}", *([] if mode == "both" else [_WITHOUT_LIST])]
    reports: list[tuple[Any, str, str]] = []
    pages: list[Any] = []
    with Listeners(len(attempts)) as listeners:
        context = driver.chromium.launch_persistent_context(
            str(folder / mode), executable_path=need_chromium(), args=flags, bypass_csp=mode == "none"
        )
        try:
            context.expose_binding(
                "reportViolation", lambda source, *report: reports.append((source["page"], *report))
            )
            context.add_init_script(WITHOUT_MAP + _REPORT)
            shared = _opened(context, url)
            begun = time.monotonic()
            for row, port in zip(attempts, listeners.ports, strict=True):
                pages.append(_opened(context, url) if row.get("own_page") else shared)
                pages[-1].evaluate(_MAKE.replace("CODE", row["code"]), [f"127.0.0.1:{port}", _name(port)])
                front_until = time.monotonic() + (_FRONT_S if row.get("in_front") else 0.0)
                while time.monotonic() < front_until and not listeners.arrived.get(port):
                    pages[-1].wait_for_timeout(_POLL_MS)
            awaited = {port: _least(row, mode) for row, port in zip(attempts, listeners.ports, strict=True)}

            def waiting() -> bool:
                return any(len(listeners.arrived.get(port, b"")) < least for port, least in awaited.items())

            while waiting() and time.monotonic() < begun + WITHIN_S:
                context.pages[0].wait_for_timeout(_POLL_MS)
            took_s = time.monotonic() - begun
            while time.monotonic() < begun + took_s + wait_s:
                context.pages[0].wait_for_timeout(_POLL_MS)
        finally:
            context.close()
    names = net_log.read_text(encoding="utf-8", errors="replace")
    found = []
    for row, port, page in zip(attempts, listeners.ports, pages, strict=True):
        directives = [
            directive
            for where, directive, blocked in reports
            if f":{port}" in blocked or (row.get("own_page") and where is page)
        ]
        data = listeners.arrived.get(port)
        arrived = "nothing" if data is None else "arrives" if data else "a connection without data"
        if _name(port) in names:
            arrived = "the name is looked up"
        found.append(Came(arrived, directives[0] if directives else ""))
    return found, took_s


def _opened(context: Any, url: str) -> Any:
    page = context.new_page()
    page.goto(url)
    return page


def _name(port: int) -> str:
    return f"data-{port}.example.invalid"


def _least(row: Mapping[str, Any], mode: str) -> int:
    """Return how many bytes must arrive before the wait ends."""
    cell = row.get(mode, "not stopped: arrives")
    stopped_by_browser = row["both"].startswith("browser: ")
    return int(cell.endswith(": arrives") and not stopped_by_browser and not row.get("looked_up"))


if __name__ == "__main__":
    print(markdown(), end="")  # noqa: T201
