"""The web server of a session: it serves the page on this machine alone for as long as the session runs."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from controller.app.gcs.session import GcsSession
from controller.errors import UserError
from controller.guard.policy import is_loopback
from controller.web.app import web_app
from controller.web.flights.library import FlightLibrary
from controller.web.live.feed import LiveFeed
from controller.web.page import page_is_built

HOST, PORT = "127.0.0.1", 8484


@asynccontextmanager
async def web_server(
    session: GcsSession, address: str | None, *, note: Callable[[str], None]
) -> AsyncIterator[str | None]:
    """Serve the page at `HOST:PORT` for the block; yield its URL, None where the page is not built.

    Without an address it is port 8484 of this machine, or a free one where that is in use. Raises UserError.
    """
    if not page_is_built():
        note("no web page: it is not built; run make web in the checkout")
        yield None
        return
    listener = _listen(address)
    host, port = listener.getsockname()[:2]
    names = {f"{name}:{port}" for name in (host, "localhost")}
    async with LiveFeed(session) as feed, FlightLibrary(session.recorder.folder) as flights:
        config = uvicorn.Config(
            web_app(feed, names, flights),
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            ws="websockets-sansio",
            ws_max_size=1 << 20,
            timeout_graceful_shutdown=1,
        )
        server = _Server(config)
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(server.serve([listener]), name="web server")
            try:
                yield f"http://{host}:{port}/"
            finally:
                server.should_exit = True
                await asyncio.wait([serving])


class _Server(uvicorn.Server):
    """A server that leaves the signals to the command."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(address: str | None) -> socket.socket:
    host, port = (HOST, PORT) if address is None else _parse(address)
    try:
        return socket.create_server((host, port))
    except OSError as error:
        if address is None:
            return socket.create_server((HOST, 0))
        raise UserError(
            f"cannot serve the web page: {error.strerror or error}",
            where=address,
            hint="give another address with --web HOST:PORT",
        ) from None


def _parse(address: str) -> tuple[str, int]:
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise UserError("invalid address of the web page", where=address, hint="give HOST:PORT, or none")
    if not is_loopback(host):
        raise UserError(
            "cannot serve the web page outside this machine", where=address, hint="give 127.0.0.1:PORT"
        )
    return host, int(port)
