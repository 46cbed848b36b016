"""Each route declares its role; a page opens the live connection; wrong calls get one line."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from controller.web.access import observer, undeclared
from controller.web.app import web_routes
from controller.web.flights.library import FlightLibrary
from tests.support.web import web_station


async def _handler(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


def test_a_route_without_a_declared_role_is_found() -> None:
    routes: list[BaseRoute] = [
        Route("/api/one", _handler),
        Route("/api/two", observer(_handler)),
        Mount("/api/three", routes=[Route("/four", _handler)]),
    ]
    assert undeclared(routes) == ["/api/one", "/api/three"]


async def test_every_route_declares_its_role(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web:
        assert undeclared(web_routes(web.feed, FlightLibrary(tmp_path), web.site)) == []


async def test_a_page_gets_the_aircraft_and_its_states(tmp_path: Path) -> None:
    async with web_station(tmp_path) as web, web.live() as page:
        assert [one["id"] for one in page.hello["aircraft"]] == ["1.1"]
        news = await page.next("state")
        assert news["states"][0]["id"] == "1.1"


@pytest.mark.parametrize(
    "path", ["/api/nothing", "/nothing.js", "/../../etc/passwd", "/%2e%2e/setup.cfg", "//x"]
)
async def test_an_unknown_path_is_one_line(tmp_path: Path, path: str) -> None:
    async with web_station(tmp_path) as web:
        answer = await web.get(path)
        assert (answer.status, answer.error) == (404, "cannot answer: Not Found")
