"""A hostile page in the browser of an operator who is logged in: forms, fetch, WebSocket, framing, rebinding.

It is served at another port of this machine, the nearest that a stranger's page can come: browsers count it as the same
site and send it the station's cookies.
"""

from __future__ import annotations

import http.client
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.support.browser import FLAGS, Requests, RunningStation, chromium, open_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# Each attack returns a text; none may begin with "reached".
ATTACKS = """
const own = "http://%s";
const quiet = (promise) => Promise.race([promise, new Promise((done) => setTimeout(() => done("nothing"), 20000))]);
async function call(path, options) {
  try {
    const answer = await fetch(own + path, { credentials: "include", ...options });
    return answer.type === "opaque" ? "opaque" : "reached " + (await answer.text()).slice(0, 80);
  } catch (error) { return "refused"; }
}
const loads = (tag, name, path) => quiet(new Promise((done) => {
  const one = document.createElement(tag);
  one.onload = () => done("reached");
  one.onerror = () => done("refused");
  one[name] = own + path;
  document.body.append(one);
}));
const json = { "Content-Type": "application/json" };
const attacks = {
  read: () => call("/api/flights", {}),
  readHidden: () => call("/api/flights", { mode: "no-cors" }),
  write: () => call("/api/plans/check", { method: "POST", headers: json, body: "{}" }),
  writeHidden: () => call("/api/session", { method: "POST", mode: "no-cors", body: '{"code": "x"}' }),
  logOut: () => call("/api/session", { method: "DELETE" }),
  script: () => loads("script", "src", "/api/flights"),
  module: () => quiet(import(own + "/assets/").then(() => "reached", () => "refused")),
  picture: () => loads("img", "src", "/favicon.svg"),
  socket: () => quiet(new Promise((done) => {
    const socket = new WebSocket("ws://" + own.slice(7) + "/live", ["landline", "guessed"]);
    socket.onopen = () => done("reached");
    socket.onclose = () => done("refused");
  })),
  frame: () => quiet(new Promise((done) => {
    const frame = document.createElement("iframe");
    frame.onload = () => {
      try { done(frame.contentDocument === null ? "other origin" : "reached"); } catch { done("other origin"); }
    };
    frame.src = own + "/";
    document.body.append(frame);
  })),
  opened: () => new Promise((done) => {
    const tab = open(own + "/");
    let waits = 150;
    const look = () => {
      if (tab === null || tab.closed) done("no handle");
      else if (waits-- === 0) done("reached: a handle of the page's window");
      else setTimeout(look, 100);
    };
    look();
  }),
};
async function attack() {
  const names = Object.keys(attacks);
  const outcomes = await Promise.all(names.map((name) => attacks[name]()));
  return Object.fromEntries(names.map((name, at) => [name, outcomes[at]]));
}
"""
FORM = """<form method="post" enctype="text/plain" action="http://%s/api/plans/check">
<input name='{"a":"' value='"}'></form>"""


class _Hostile(http.server.BaseHTTPRequestHandler):
    """A server that answers everything with its attacks, and keeps the cookies that it gets."""

    target = ""
    cookies: list[str]

    def do_GET(self) -> None:
        self.cookies.append(self.headers.get("Cookie", ""))
        form, script = FORM % self.target, ATTACKS % self.target
        page = f"<!doctype html><title>hostile</title><body>{form}<script>{script}</script>"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def hostile_server(target: str) -> Iterator[tuple[int, list[str]]]:
    """Serve the hostile page against the station at `target`; yield its port and the cookies that it was sent."""
    cookies: list[str] = []
    handler = type("Handler", (_Hostile,), {"target": target, "cookies": cookies})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1], cookies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _host(station: RunningStation) -> str:
    return urlsplit(station.url).netloc


def _record(station: RunningStation) -> list[dict[str, Any]]:
    path = next(station.home.glob("**/events.jsonl"))
    return [json.loads(line) for line in path.read_text().splitlines()]


def _commanded(station: RunningStation) -> list[dict[str, Any]]:
    return [event for event in _record(station) if event["kind"] == "action"]


def test_a_page_at_another_port_reads_and_changes_nothing(station: RunningStation, browser: Any) -> None:
    before = _commanded(station)
    requests = Requests()
    with hostile_server(_host(station)) as (port, cookies), open_page(browser, station.url, requests) as own:
        own.get_by_role("combobox", name="Aircraft").wait_for()
        hostile = own.context.new_page()
        hostile.goto(f"http://127.0.0.1:{port}/")
        outcomes = hostile.evaluate("attack()")
        assert [name for name, outcome in outcomes.items() if outcome.startswith("reached")] == []
        assert outcomes["socket"] == outcomes["script"] == outcomes["picture"] == "refused"
        frame = hostile.frames[-1]
        assert frame.locator("nav").count() == 0
        with hostile.expect_navigation():
            hostile.evaluate("document.forms[0].submit()")
        assert "cannot answer a page of" in hostile.inner_text("body")
        # The cookie did get there: it is not what lets a page in.
        assert any("landline-" in cookie for cookie in cookies)
        own.reload()
        own.get_by_role("combobox", name="Aircraft").wait_for()
    assert _commanded(station) == before


def test_the_cookie_that_another_port_was_sent_opens_nothing(station: RunningStation, browser: Any) -> None:
    requests = Requests()
    with hostile_server(_host(station)) as (port, cookies), open_page(browser, station.url, requests) as own:
        own.get_by_role("combobox", name="Aircraft").wait_for()
        hostile = own.context.new_page()
        hostile.goto(f"http://127.0.0.1:{port}/")
    stolen = {"Cookie": cookies[0], "Origin": f"http://{_host(station)}", "Content-Type": "application/json"}
    assert _status(station, "POST", "/api/plans/check", stolen) == 401
    assert _status(station, "DELETE", "/api/session", stolen) == 200
    upgrade = stolen | {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    assert _status(station, "GET", "/live", upgrade) == 403


def _status(station: RunningStation, method: str, path: str, headers: dict[str, str]) -> int:
    connection = http.client.HTTPConnection(_host(station), timeout=10)
    try:
        connection.request(method, path, body="{}" if method == "POST" else None, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def test_a_name_that_is_rebound_to_this_machine_reaches_nothing(
    station: RunningStation, browser: Any
) -> None:
    """An attacker's DNS server points evil.example at 127.0.0.1 after its page was loaded."""
    port = _host(station).rpartition(":")[2]
    rules = "--host-resolver-rules=MAP evil.example 127.0.0.1"
    opened = browser.browser_type.launch(executable_path=chromium(), args=[*FLAGS, rules])
    try:
        page = opened.new_page()
        answer = page.goto(f"http://evil.example:{port}/")
        assert answer.status == 403
        assert "cannot answer for the host" in page.inner_text("body")
        for path in ("/api/session", "/api/flights", "/live"):
            status = page.evaluate(
                "path => fetch(path, {method: 'POST'}).then((answer) => answer.status)", path
            )
            assert status == 403
    finally:
        opened.close()
