"""Roles and origins: each route declares its role, and other sites, other hosts and strangers get one line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from controller.web.access import Role, observer, pilot, undeclared
from controller.web.app import guarded_app, web_routes
from controller.web.flights.library import FlightLibrary
from controller.web.maps.routes import MapPlaces
from tests.support.source_tree import ROOT
from tests.support.web import HOST, OWN_ORIGIN, ClosedByServer, web_of_routes, web_station

ARM = {"type": "act", "request": "1", "aircraft": "1.1", "name": "arm", "args": {}}
FOREIGN = "http://evil.example"


async def _handler(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


ROUTES: list[BaseRoute] = [
    Route("/api/read", observer(_handler)),
    Route("/api/write", pilot(_handler), methods=["POST"]),
]


def test_a_route_without_a_declared_role_is_found_and_not_served() -> None:
    routes: list[BaseRoute] = [
        Route("/api/one", _handler),
        Route("/api/two", observer(_handler)),
        Mount("/api/three", routes=[Route("/four", _handler)]),
    ]
    assert undeclared(routes) == ["/api/one", "/api/three"]
    with pytest.raises(AssertionError, match=r"without a role: /api/one, /api/three"):
        guarded_app(routes, web_of_routes(ROUTES).site)


async def test_every_route_declares_its_role(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        assert undeclared(web_routes(web.feed, FlightLibrary(tmp_path), web.site, MapPlaces())) == []


async def test_a_page_gets_the_aircraft_and_its_states(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        assert page.hello["role"] == "pilot"
        assert [one["id"] for one in page.hello["aircraft"]] == ["1.1"]
        news = await page.next("state")
        assert news["states"][0]["id"] == "1.1"


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/nothing.js", "/../../etc/passwd", "/%2e%2e/setup.cfg", "//x"]
)
async def test_an_unknown_path_is_one_line(path: str) -> None:
    answer = await web_of_routes(ROUTES).get(path)
    assert (answer.status, answer.error) == (404, "cannot answer: Not Found")


async def test_a_wrong_method_is_one_line() -> None:
    answer = await web_of_routes(ROUTES).post("/api/read", {})
    assert (answer.status, answer.error) == (405, "cannot answer: Method Not Allowed")


@pytest.mark.parametrize(
    ("role", "read", "write"),
    [(Role.ANYONE, 401, 401), (Role.OBSERVER, 200, 403), (Role.PILOT, 200, 200)],
)
async def test_a_call_needs_the_role_that_it_declares(role: Role, read: int, write: int) -> None:
    web = web_of_routes(ROUTES)
    web.role = role
    assert (await web.get("/api/read")).status == read
    assert (await web.post("/api/write", {})).status == write


async def test_the_cookie_without_the_key_reads_and_changes_nothing() -> None:
    """Browsers send the cookie to each port of this machine, where another user may listen."""
    web = web_of_routes(ROUTES)
    assert (await web.get("/api/read", x_landline_key="")).status == 200
    for key in ("", "wrong", web.browser(Role.OBSERVER).key):
        answer = await web.post("/api/write", {}, x_landline_key=key)
        assert (answer.status, answer.error) == (
            401,
            "cannot answer: not logged in; open the address that Landline printed",
        )


async def test_an_observer_sees_everything_and_commands_nothing(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live(role=Role.OBSERVER) as page:
        assert page.hello["role"] == "observer"
        await page.next("state")
        await page.send(ARM)
        refused = await page.next("error", request="1")
        assert "cannot do this as observer: only a pilot can" in refused["error"]
        assert web.aircraft.commands == []


@pytest.mark.parametrize(
    "headers",
    [
        {"cookie": ""},
        {"cookie": "landline-8484=guessed"},
        {"sec_websocket_protocol": ""},
        {"sec_websocket_protocol": "landline"},
        {"sec_websocket_protocol": "landline, guessed"},
        {"origin": ""},
        {"origin": FOREIGN},
        {"origin": "null"},
        {"origin": f"https://{HOST}"},
        {"origin": "http://127.0.0.1:8485"},
        {"host": "evil.example:8484", "origin": "http://evil.example:8484"},
        {"sec_fetch_site": "same-site"},
    ],
    ids=str,
)
async def test_a_live_connection_of_a_stranger_is_refused_before_it_opens(
    tmp_path: Path, headers: dict[str, str]
) -> None:
    async with web_station(tmp_path) as web:
        with pytest.raises(ClosedByServer) as refused:
            async with web.live(**headers):
                raise AssertionError("it was opened")
        assert refused.value.code == 1008
        assert refused.value.reason
        assert refused.value.accepted is False


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example:8484", "evil.example:8484"),
        (None, "127.0.0.1"),
        (None, "127.0.0.1:8485"),
        (None, "[::1]:8484"),
    ],
)
async def test_another_host_is_refused_also_with_its_own_origin(origin: str | None, host: str) -> None:
    """A name that an attacker's DNS server points at this machine has the attacker's origin."""
    web = web_of_routes(ROUTES)
    for answer in (
        await web.get("/api/read", host=host),
        await web.post("/api/write", {}, host=host, origin=origin or f"http://{host}"),
    ):
        assert (answer.status, answer.error) == (
            403,
            f"cannot answer for the host '{host}': open the address that Landline printed",
        )


async def test_two_hosts_or_none_are_refused() -> None:
    web = web_of_routes(ROUTES)
    assert (await web.get("/api/read", host="")).status == 403
    answer = await web.call("GET", "/api/read", more=[("host", "evil.example")])
    assert answer.status == 403


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "ABSURD"])
@pytest.mark.parametrize(
    "origin", ["", FOREIGN, "null", "http://127.0.0.1:8485", f"{OWN_ORIGIN}.evil.example"]
)
async def test_a_change_from_another_origin_is_refused(method: str, origin: str) -> None:
    web = web_of_routes(ROUTES)
    answer = await web.call(method, "/api/write", {}, {"origin": origin})
    assert answer.status == 403
    assert answer.error.startswith("cannot answer a page of ")
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    "kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
)
async def test_a_body_that_a_form_can_send_is_refused(kind: str) -> None:
    answer = await web_of_routes(ROUTES).post("/api/write", {}, content_type=kind)
    assert answer.status == 415


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize("use", ["image", "script", "iframe", "empty"])
async def test_another_site_embeds_no_file_and_no_answer(site: str, use: str) -> None:
    answer = await web_of_routes(ROUTES).get("/api/read", sec_fetch_site=site, sec_fetch_dest=use)
    assert (answer.status, answer.error) == (
        403,
        "cannot answer another site: open the address that Landline printed",
    )


async def test_a_link_of_another_site_opens_the_page() -> None:
    answer = await web_of_routes(ROUTES).get(
        "/api/read", sec_fetch_site="cross-site", sec_fetch_dest="document"
    )
    assert answer.status == 200


@pytest.mark.parametrize(
    "call", [("GET", "/api/read", {}), ("GET", "/nothing", {}), ("POST", "/api/write", {"origin": FOREIGN})]
)
async def test_every_answer_forbids_framing_and_other_hosts(call: tuple[str, str, dict[str, str]]) -> None:
    method, path, headers = call
    answer = await web_of_routes(ROUTES).call(method, path, {}, headers)
    policy: Any = dict(
        part.strip().split(" ", 1) for part in answer.headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert answer.headers["x-frame-options"] == "DENY"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in answer.headers


def test_every_call_of_the_page_that_changes_something_carries_its_key() -> None:
    wrong = []
    for path in sorted((ROOT / "controller" / "web" / "ui" / "src").rglob("*")):
        if path.suffix in (".ts", ".svelte") and "node_modules" not in path.parts:
            text = path.read_text(encoding="utf-8")
            calls = re.findall(r"method: \"(?:POST|DELETE)\"|\.open\(\"POST\"", text)
            if calls and text.count("credentials()") < len(calls):
                wrong.append(path.name)
    assert wrong == [], "add ...credentials() to its headers, or use post() of lib/api.ts"
