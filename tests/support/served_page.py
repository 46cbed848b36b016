"""The web server of a session on a real socket of this machine, and clients of it: browsers and strangers."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from controller.app.gcs.session import GcsSession, SessionEvent
from controller.guard.opener import Opener
from controller.logs.record.recorder import FlightRecorder
from controller.web import server
from controller.web.address import WebAddress
from controller.web.server import ServedPage, web_server
from tests.support.flights import station_with
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle


class OutsideAddress(WebAddress):
    """A loopback address that is served as one that other machines reach."""

    outside = True  # type: ignore[assignment]


@dataclass
class Served:
    """A served page. `port` is where it listens."""

    page: ServedPage
    session: GcsSession
    aircraft: ScriptedVehicle
    events: list[SessionEvent]
    folder: Path
    context: ssl.SSLContext | None = None
    _login: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return self.page.url.split("/#")[0]

    @property
    def port(self) -> int:
        return int(self.origin.rpartition(":")[2])

    @property
    def texts(self) -> str:
        """All that the session told."""
        return "\n".join(event.text for event in self.events)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """Open a connection and send nothing."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port, ssl=self.context)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
            await asyncio.sleep(0)

    async def raw(self, data: bytes) -> bytes:
        """Send bytes on a connection of its own; return everything that comes back until it is closed."""
        async with self.open() as (reader, writer), asyncio.timeout(20):
            writer.write(data)
            return await reader.read()

    async def call(self, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, bytes, str]:
        """Make one call; return status, body and head."""
        own = {"Host": self.origin.rpartition("/")[2], "Origin": self.origin, "Connection": "close"}
        own |= {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
        head = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in own.items())
        answer = await self.raw(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body)
        got, _, rest = answer.partition(b"\r\n\r\n")
        return int(got.split(b" ")[1]), rest, got.decode()

    async def log_in(self) -> dict[str, str]:
        """Log in with the code of the address; return cookie and key."""
        if not self._login:
            code = self.page.url.partition("#code=")[2]
            status, body, head = await self.call("POST", "/api/session", json.dumps({"code": code}).encode())
            assert status == 200, body
            cookie = head.lower().partition("set-cookie: ")[2].partition(";")[0]
            name = cookie.partition("=")[0]
            at = head.index(f"{name}=")
            self._login = {"cookie": head[at : head.index(";", at)], "key": json.loads(body)["key"]}
        return self._login

    @asynccontextmanager
    async def live(self, **options: Any) -> AsyncIterator[ClientConnection]:
        """Open the live connection of a browser that is logged in."""
        login = await self.log_in()
        async with connect(
            self.origin.replace("http", "ws") + "/live",
            origin=self.origin,
            subprotocols=["landline", login["key"]],  # type: ignore[list-item]
            additional_headers={"Cookie": login["cookie"]},
            ssl=self.context,
            proxy=None,
            close_timeout=0.5,
            **options,
        ) as socket:
            yield socket


async def state_of(socket: ClientConnection, within_s: float = 5.0) -> dict[str, Any]:
    """Return the next states that a page gets."""
    async with asyncio.timeout(within_s):
        while True:
            message: dict[str, Any] = json.loads(await socket.recv())
            if message["type"] == "state":
                return message


@asynccontextmanager
async def served_page(
    folder: Path, address: WebAddress | None = None, *, find: bool = True, opener: Opener | None = None
) -> AsyncIterator[Served]:
    """Serve the page of a session with a scripted vehicle at a free port of this machine.

    Without `find` it does not wait until the session has found the aircraft.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "page_is_built", lambda: True)
        patch.setenv("LANDLINE_HOME", str(folder / "home"))
        async with station_with("ardupilot", Script(ready_at_s=0.0)) as (station, aircraft):
            recorder = FlightRecorder(folder, clock=station.clock)
            events: list[SessionEvent] = []
            session = GcsSession(station, recorder, on_event=events.append)
            async with session.running():
                alive = asyncio.create_task(_keep_alive(session))
                where = address or WebAddress("127.0.0.1", 0, chosen=True)
                async with web_server(session, where, note=lambda _: None, opener=opener) as page:
                    assert page is not None
                    while find and not session.aircraft:  # noqa: ASYNC110
                        await asyncio.sleep(0.05)
                    context = _trusting() if where.outside else None
                    yield Served(page, session, aircraft, events, folder, context)
                alive.cancel()
            recorder.close()


def _trusting() -> ssl.SSLContext:
    """A client that takes any certificate; the tests look at it themselves."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def _keep_alive(session: GcsSession) -> None:
    while True:
        session.alive()
        await asyncio.sleep(0.2)
