"""The web server of a session: it serves the page for as long as the session runs, and never ends the session."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from controller.app.gcs.session import GcsSession
from controller.guard.data_folder import data_folder
from controller.guard.opener import DirectOpener, Opener
from controller.web.access import Role
from controller.web.address import WebAddress, listen
from controller.web.app import web_app
from controller.web.bugs import BugLog
from controller.web.codes import CLICKED_LETTERS, TYPED_LETTERS, new_code
from controller.web.connections import Connections, Counted
from controller.web.flights.library import FlightLibrary
from controller.web.headers import SECURITY_HEADERS
from controller.web.live.client import MOST_CHARACTERS
from controller.web.live.feed import LiveFeed
from controller.web.login import Logins
from controller.web.maps.routes import MapPlaces
from controller.web.page import page_is_built
from controller.web.site import Site
from controller.web.tls import certificate_for

MAX_HEAD_BYTES = 16_384
RESTART_S = 1.0
LONGEST_RESTART_S = 60.0


@dataclass(frozen=True, slots=True)
class ServedPage:
    """The page as it is served: `url` logs a pilot in.

    `shown` may stand on the terminal all the time. `lines` are for the terminal alone, as they hold the codes.
    `for_devices` are the addresses for other devices by their users, those that command nothing first.
    """

    url: str
    shown: str
    lines: tuple[tuple[str, str], ...]
    for_devices: tuple[tuple[str, str], ...] = ()


@asynccontextmanager
async def web_server(
    session: GcsSession,
    address: WebAddress,
    *,
    note: Callable[[str], None],
    maps: MapPlaces | None = None,
    opener: Opener | None = None,
) -> AsyncIterator[ServedPage | None]:
    """Serve the page at `address` for the block; yield what the operator must know, None where it is not built.

    `opener` opens the listener: the policy's, or by default this process.
    Raises UserError, EndpointRefused.
    """
    if not page_is_built():
        note("no web page: it is not built; run make web in the checkout")
        yield None
        return
    certificate = None
    if address.outside:
        certificate = certificate_for(address.host, data_folder(), now_utc_us=session.clock.utc_us())
    with closing(await listen(address, opener or DirectOpener())) as listener:
        port = int(listener.address[1])
        codes = _new_codes(address)
        bugs = BugLog(lambda line: session.tell("warning", line, name="web"))
        logins = Logins(
            codes,
            cookie=f"landline-{port}",
            pauses=address.outside,
            now=session.clock.now,
            tell=lambda line: session.tell("note", line, name="web"),
        )
        site = Site(address.origins(port), logins, secure=address.outside, on_bug=bugs)
        connections = Connections(
            listener, context=certificate.context() if certificate else None, limit_each=address.outside
        )
        url = address.url(port)
        shown = f"{url} for other devices" if address.outside else url
        session.recorder.event(
            "note", name="web", text=f"web page at {shown}", listening=str(replace(address.target, port=port))
        )
        library = FlightLibrary(session.recorder.folder)
        async with LiveFeed(session, on_bug=bugs) as feed, library as flights:
            app = Counted(web_app(feed, flights, site, maps), connections)
            async with _running(app, connections, bugs):
                yield _page(url, codes, certificate.fingerprint if certificate else "")


def _new_codes(address: WebAddress) -> dict[Role, str]:
    if address.outside:
        return {role: new_code(TYPED_LETTERS) for role in (Role.PILOT, Role.OBSERVER)}
    return {Role.PILOT: new_code(CLICKED_LETTERS)}


def _page(url: str, codes: dict[Role, str], fingerprint: str) -> ServedPage:
    pilot = f"{url}#code={codes[Role.PILOT]}"
    if Role.OBSERVER not in codes:
        return ServedPage(pilot, pilot, (("web page", pilot),))
    observer = f"{url}#code={codes[Role.OBSERVER]}"
    lines = (
        ("web page for pilots", pilot),
        ("web page for observers", observer),
        ("SHA-256", fingerprint.replace(":", "").lower()),  # fits a terminal's line
    )
    # Who looks over the operator's shoulder must not read the pilots' code.
    shown = f"{url}, its codes are in the help (?)"
    return ServedPage(pilot, shown, lines, (("observers", observer), ("pilots", pilot)))


@asynccontextmanager
async def _running(app: Counted, connections: Connections, bugs: BugLog) -> AsyncIterator[None]:
    """Run the server for the block. When it fails, it is reported and started again."""
    stop = asyncio.Event()
    serving = asyncio.create_task(_serve(app, connections, bugs, stop), name="web server")
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait([serving], timeout=3.0)
        connections.end_all()
        serving.cancel()
        with suppress(asyncio.CancelledError):
            await serving


async def _serve(app: Counted, connections: Connections, bugs: BugLog, stop: asyncio.Event) -> None:
    wait_s = RESTART_S
    while not stop.is_set():
        try:
            await _serve_once(app, connections, stop)
        except Exception as error:
            bugs(_single(error), "the web server stopped; it starts again")
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, LONGEST_RESTART_S)


def _single(error: Exception) -> Exception:
    while isinstance(error, ExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error


async def _serve_once(app: Counted, connections: Connections, stop: asyncio.Event) -> None:
    config = uvicorn.Config(
        app,
        lifespan="off",
        http=_OneLineHttp,
        ws="websockets-sansio",
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=16 * MOST_CHARACTERS,
        h11_max_incomplete_event_size=MAX_HEAD_BYTES,
        timeout_graceful_shutdown=1,
    )
    _keep_off_the_terminal()
    server = _Server(config, connections)
    async with asyncio.TaskGroup() as group:
        serving = group.create_task(server.serve(), name="web requests")
        accepting = group.create_task(connections.serve(), name="web connections")
        await stop.wait()
        accepting.cancel()
        server.should_exit = True
        await asyncio.wait([serving])


def _keep_off_the_terminal() -> None:
    """Drop the server's own log lines: without a handler Python writes them, with tracebacks, over the live view."""
    for name in ("uvicorn", "websockets"):
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())


class _Server(uvicorn.Server):
    """A server that leaves the signals to the command, and the connections to `Connections`."""

    def __init__(self, config: uvicorn.Config, connections: Connections) -> None:
        super().__init__(config)
        self._accepted = connections

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: Any = None) -> None:  # noqa: ARG002
        self.servers = []
        self._accepted.make_protocol = lambda: self.config.http_protocol_class(  # type: ignore[call-arg]
            config=self.config, server_state=self.server_state, app_state=self.lifespan.state
        )
        self.started = True


class _OneLineHttp(H11Protocol):
    """HTTP whose refusal of a broken request is one line of JSON, as every other refusal."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002
        body = json.dumps(
            {"error": "cannot read the request: it is no valid HTTP, or its head is too long"}
        ).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **SECURITY_HEADERS,
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        if not self.transport.is_closing():
            self.transport.write(f"HTTP/1.1 400 Bad Request\r\n{head}\r\n".encode() + body)
            self.transport.close()
