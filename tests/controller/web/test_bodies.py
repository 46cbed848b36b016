"""Bodies of calls: limited in size and time while they are read, in one line, without an effect."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from controller.web.access import OBSERVER_MAX_BODY, Role, observer, pilot
from controller.web.body_limit import FIRST_S, SLOWEST_BYTES_S
from tests.support.web import Web, web_of_routes

MAX = 1000
done: list[int] = []


async def _take(request: Request) -> Response:
    done.append(len(await request.body()))
    return JSONResponse({"bytes": done[-1]})


@pytest.fixture
def web() -> Iterator[Web]:
    done.clear()
    routes: list[BaseRoute] = [
        Route("/api/take", pilot(_take, max_body=MAX), methods=["POST"]),
        Route("/api/check", observer(_take, max_body=10_000_000), methods=["POST"]),
        Route("/api/large", pilot(_take, max_body=10_000_000), methods=["POST"]),
    ]
    yield web_of_routes(routes)


async def _pieces(count: int, size: int, every_s: float = 0.0) -> AsyncIterator[bytes]:
    for _ in range(count):
        await asyncio.sleep(every_s)
        yield b"x" * size


async def test_a_body_up_to_its_limit_is_taken(web: Web) -> None:
    assert (await web.post("/api/take", b"x" * MAX)).json == {"bytes": MAX}


async def test_a_larger_body_is_refused_by_its_announced_size_before_it_is_read(web: Web) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    answer = await web.call("POST", "/api/take", headers={"content-length": "10000000000"}, chunks=never())
    assert (answer.status, answer.error) == (413, f"cannot read the body: it has more than {MAX} bytes")
    assert done == []


@pytest.mark.parametrize("announced", ["", "10", "-5", "absurd", "9" * 400, "²"])
async def test_a_body_that_grows_beyond_its_limit_is_refused_while_it_is_read(
    web: Web, announced: str
) -> None:
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 100
            yield b"x" * 100

    answer = await web.call("POST", "/api/take", headers={"content-length": announced}, chunks=endless())
    assert answer.status == 413
    assert (read, done) == (MAX + 100, [])


async def test_a_body_that_drips_is_refused_after_ten_seconds(web: Web) -> None:
    began = asyncio.get_running_loop().time()
    answer = await web.call("POST", "/api/take", chunks=_pieces(900, 1, every_s=1.0))
    assert (answer.status, answer.error) == (408, "cannot read the body: it arrives too slowly")
    assert FIRST_S <= asyncio.get_running_loop().time() - began <= FIRST_S + 1
    assert done == []


async def test_a_body_that_never_arrives_is_refused(web: Web) -> None:
    answer = await web.call("POST", "/api/take", chunks=_pieces(1, 1, every_s=1e6))
    assert answer.status == 408


async def test_a_large_body_over_a_slow_network_is_taken(web: Web) -> None:
    """A file of 5 MB at twice the least rate takes two minutes."""
    rate = 2 * SLOWEST_BYTES_S
    answer = await web.call("POST", "/api/large", chunks=_pieces(125, int(rate), every_s=1.0))
    assert answer.json == {"bytes": 125 * int(rate)}


async def test_an_observer_sends_no_large_body(web: Web) -> None:
    large = b"x" * (OBSERVER_MAX_BODY + 1)
    assert (await web.post("/api/check", large)).status == 200
    web.role = Role.OBSERVER
    assert (await web.post("/api/check", large)).status == 413
    assert (await web.post("/api/check", large[1:])).status == 200
