"""The web application in virtual time and without sockets: a session with a scripted vehicle, called as ASGI.

    async with web_station(tmp_path) as web:
        answer = await web.post("/api/plans/check", {"plan": ...})
        assert answer.status == 200, answer.json["error"]
        async with web.live() as page:
            await page.send({"type": "act", "request": "1", "aircraft": "1.1", "name": "arm", "args": {}})
            news = await page.next("action", outcome="done")

Work that the server gives to threads is done at once, in the loop, so that virtual time stands still meanwhile.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Scope

from controller.app.gcs.session import GcsSession, SessionEvent
from controller.logs.record.recorder import FlightRecorder
from controller.missions.plan import Plan
from controller.web.access import Role
from controller.web.app import guarded_app, web_app
from controller.web.flights.library import FlightLibrary
from controller.web.flights.worker import InThread
from controller.web.live.feed import LiveFeed
from controller.web.login import KEY_HEADER, SUBPROTOCOL, Logins, Session
from controller.web.site import Site
from tests.support.flights import station_with
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle

HOST = "127.0.0.1:8484"
COOKIE = "landline-8484"
CODES = {Role.PILOT: "p1l0-tp1l-0tp1", Role.OBSERVER: "0bs3-rv3r-0bs3"}
OWN_ORIGIN = f"http://{HOST}"
Headers = dict[str, str]
WITHIN_S = 30.0


@dataclass(frozen=True)
class Answer:
    """Answer of a call."""

    status: int
    headers: Headers
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        """The one line of a refused call."""
        line = self.json["error"]
        assert isinstance(line, str)
        assert "\n" not in line
        return line


class ClosedByServer(AssertionError):
    """The server closed the live connection, or never accepted it."""

    def __init__(self, code: int, reason: str, accepted: bool) -> None:
        super().__init__(f"closed with {code}: {reason}")
        self.accepted = accepted
        """Whether the server had accepted it before."""
        self.code = code
        self.reason = reason


def ages_s(news: dict[str, Any]) -> list[float]:
    """Return the ages of all values in a "state" message."""
    groups = [group for one in news["states"] for group in one.values() if isinstance(group, dict)]
    return [group["age_s"] for group in groups if "age_s" in group]


class LivePage:
    """A page at the other end of /live. `hello` is the first message."""

    def __init__(self) -> None:
        self.hello: dict[str, Any] = {}
        self.closed: ClosedByServer | None = None
        self.headers: Headers = {}
        self.accepted = False
        self._to_server: asyncio.Queue[Message] = asyncio.Queue()
        self._from_server: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        self._ended = asyncio.Event()
        self._reads = asyncio.Event()
        self._reads.set()

    async def send(self, message: Any) -> None:
        """Send a message as JSON; it says that it was asked now, unless it has a `t_s`."""
        if isinstance(message, dict):
            message = {"t_s": asyncio.get_running_loop().time()} | message
        await self.send_text(json.dumps(message))

    async def send_text(self, text: str) -> None:
        """Send a text as it is."""
        self._to_server.put_nowait({"type": "websocket.receive", "text": text})
        await asyncio.sleep(0)

    async def send_bytes(self, data: bytes) -> None:
        """Send a binary message."""
        self._to_server.put_nowait({"type": "websocket.receive", "bytes": data})
        await asyncio.sleep(0)

    async def next(self, kind: str, *, within_s: float = WITHIN_S, **fields: Any) -> dict[str, Any]:
        """Return the next message of this type whose content has these values; others before it are dropped.

        The content of an "action", "event" or "aircraft" message is its inner object.
        """
        seen: list[str] = []
        try:
            async with asyncio.timeout(within_s):
                while True:
                    message = await self._from_server.get()
                    if message is None:
                        assert self.closed is not None
                        raise self.closed
                    inner = message.get(kind)
                    content = inner if isinstance(inner, dict) else message
                    if message["type"] == kind and all(content.get(k) == v for k, v in fields.items()):
                        return message
                    seen.append(message["type"])
        except TimeoutError:
            raise AssertionError(
                f"no message {kind} {fields} in {within_s} s; there were {seen[-20:]}"
            ) from None

    def drain(self) -> list[dict[str, Any]]:
        """Return the messages that have arrived and were not read yet."""
        found = []
        while not self._from_server.empty():
            message = self._from_server.get_nowait()
            if message is not None:
                found.append(message)
        return found

    def stop_reading(self) -> None:
        """Read no more, as a browser that hangs: the server cannot write to this page."""
        self._reads.clear()

    def read_again(self) -> None:
        """End `stop_reading`."""
        self._reads.set()

    async def until_closed(self, within_s: float = WITHIN_S) -> ClosedByServer:
        """Wait until the server closes the connection; return with which code and reason."""
        async with asyncio.timeout(within_s):
            await self._ended.wait()
        assert self.closed is not None
        return self.closed

    # The server's side

    async def receive(self) -> Message:
        return await self._to_server.get()

    async def server_sends(self, message: Message) -> None:
        if message["type"] == "websocket.accept":
            self.headers = _texts(message.get("headers", ()))
            self.accepted = True
        elif message["type"] == "websocket.close":
            self.server_ended(message.get("code", 1000), message.get("reason") or "")
        elif message["type"] == "websocket.send":
            await self._reads.wait()
            self._from_server.put_nowait(json.loads(message.get("text") or message["bytes"]))

    def server_ended(self, code: int = 1006, reason: str = "the connection broke") -> None:
        if self.closed is None:
            self.closed = ClosedByServer(code, reason, self.accepted)
            self._ended.set()
            self._from_server.put_nowait(None)

    def leave(self) -> None:
        self._to_server.put_nowait({"type": "websocket.disconnect", "code": 1001, "reason": ""})


class Web:
    """The web application of a session with one scripted vehicle."""

    def __init__(
        self,
        app: ASGIApp,
        session: GcsSession,
        aircraft: ScriptedVehicle,
        events: list[SessionEvent],
        folder: Path,
        feed: LiveFeed,
        site: Site,
    ) -> None:
        self.feed = feed
        self.site = site
        self.app = app
        self.bugs: list[str] = []
        """Exceptions in handlers; a test that expects some clears the list, others must not have any."""
        self._browsers: dict[Role, Session] = {}
        self.session = session
        self.aircraft = aircraft
        self.events = events
        self.folder = folder

    role = Role.PILOT
    """Role of the browser that `get`, `post` and `delete` come from."""

    def browser(self, role: Role) -> Session:
        """Return the browser of this role, logged in."""
        if role not in self._browsers:
            session = self.site.logins.log_in(CODES[role], "this machine")
            assert session is not None
            self._browsers[role] = session
        return self._browsers[role]

    def credentials(self, role: Role) -> Headers:
        """Return the headers that tell who calls; none for `Role.ANYONE`."""
        if role == Role.ANYONE:
            return {}
        browser = self.browser(role)
        return {"cookie": f"{COOKIE}={browser.cookie}", KEY_HEADER: browser.key}

    async def get(self, path: str, **headers: str) -> Answer:
        """Read a path. Headers are added with `_` for `-`; an empty value leaves one out."""
        return await self.call("GET", path, b"", headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """Send JSON, or bytes as they are, as the page of the server does."""
        return await self.call("POST", path, body, headers)

    async def delete(self, path: str, **headers: str) -> Answer:
        """Delete, as the page of the server does."""
        return await self.call("DELETE", path, b"", headers)

    async def call(
        self,
        method: str,
        path: str,
        body: Any = b"",
        headers: Headers | None = None,
        *,
        chunks: AsyncIterator[bytes] | None = None,
        client: str = "127.0.0.1",
        more: Sequence[tuple[str, str]] = (),
    ) -> Answer:
        """Call the application; `chunks` is a body that arrives in pieces, `more` are headers that come twice."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        own = {"host": HOST, "origin": OWN_ORIGIN, "content-type": kind, "content-length": str(len(data))}
        own |= {"landline-time": str(asyncio.get_running_loop().time())} | self.credentials(self.role)
        if method in ("GET", "HEAD", "DELETE") or chunks is not None:
            own.pop("content-length")
        if method in ("GET", "HEAD"):
            own.pop("content-type")
            own.pop("origin")
        scope = _scope("http", method, path, own, headers, client)
        scope["headers"] += [(name.encode(), value.encode()) for name, value in more]
        return await _call(self.app, scope, chunks or _one(data))

    @asynccontextmanager
    async def live(
        self, path: str = "/live", *, role: Role | None = None, client: str = "127.0.0.1", **headers: str
    ) -> AsyncIterator[LivePage]:
        """Open the live connection as a page of the server does, in the browser of `role` (that of `web.role`).

        Raises ClosedByServer where it is refused.
        """
        page = LivePage()
        browser = self.browser(role or self.role)
        own = {
            "host": HOST,
            "origin": OWN_ORIGIN,
            "cookie": f"{COOKIE}={browser.cookie}",
            "sec-websocket-protocol": f"{SUBPROTOCOL}, {browser.key}",
        }
        scope = _scope("websocket", "GET", path, own, headers, client)
        page._to_server.put_nowait({"type": "websocket.connect"})

        async def serve() -> None:
            try:
                await self.app(scope, page.receive, page.server_sends)
            finally:
                page.server_ended()

        task = asyncio.create_task(serve(), name="page")
        try:
            page.hello = await page.next("hello")
            yield page
        finally:
            page.read_again()
            page.leave()
            async with asyncio.timeout(WITHIN_S):
                await task

    async def until(self, holds: Callable[[], Any], within_s: float = WITHIN_S) -> None:
        """Wait in virtual time until a condition holds."""
        async with asyncio.timeout(within_s):
            while not holds():  # noqa: ASYNC110 - conditions of any kind
                await asyncio.sleep(0.1)

    @property
    def record(self) -> list[dict[str, Any]]:
        """Events of the flight record."""
        return [json.loads(line) for line in (self.folder / "events.jsonl").read_text().splitlines()]


@asynccontextmanager
async def web_station(
    folder: Path,
    stack: str = "ardupilot",
    script: Script | None = None,
    plan: Plan | None = None,
    *,
    outside: bool = False,
    asleep_s: Callable[[], float] = lambda: 0.0,
) -> AsyncIterator[Web]:
    """A session with a scripted vehicle, whose mission is known, and its web application. `folder` holds the record.

    With `outside` other machines could reach it: wrong codes have pauses. `asleep_s()` is how long this computer slept.
    """
    asyncio.get_running_loop().set_default_executor(_AtOnce())
    async with station_with(stack, script or Script(ready_at_s=0.0)) as (station, aircraft):
        recorder = FlightRecorder(folder, clock=station.clock)
        events: list[SessionEvent] = []
        session = GcsSession(station, recorder, on_event=events.append, plan=plan, asleep_s=asleep_s)
        library = FlightLibrary(folder, worker=InThread, keys=folder / "keys")
        bugs: list[str] = []

        def on_bug(error: Exception, about: str) -> str:
            bugs.append(f"{about}: {error!r}")
            return f"{error!r} (Landline's fault)"

        site = _site(on_bug, station.clock.now, outside=outside)
        async with session.running(), LiveFeed(session, on_bug=on_bug) as feed, library as flights:
            alive = asyncio.create_task(_keep_alive(session))
            try:
                web = Web(web_app(feed, flights, site), session, aircraft, events, folder, feed, site)
                web.bugs = bugs
                await web.until(lambda: any(one.kind == "mission" for one in events))
                yield web
            finally:
                alive.cancel()
        recorder.close()
    assert bugs == []


def web_of_routes(routes: Sequence[BaseRoute]) -> Web:
    """Return an application of these routes alone, behind the guard of the real one, without session or aircraft."""

    def on_bug(error: Exception, about: str) -> str:
        raise error

    site = _site(on_bug, lambda: 0.0, outside=False)
    none = cast("Any", None)
    return Web(guarded_app(routes, site), none, none, [], Path(), none, site)


def _site(on_bug: Callable[[Exception, str], str], now: Callable[[], float], *, outside: bool) -> Site:
    logins = Logins(CODES, cookie=COOKIE, pauses=outside, now=now, tell=lambda _: None)
    return Site(frozenset({OWN_ORIGIN}), logins, secure=outside, on_bug=on_bug)


async def _keep_alive(session: GcsSession) -> None:
    while True:
        session.alive()
        await asyncio.sleep(0.5)


class _AtOnce(ThreadPoolExecutor):
    """Does the work of threads in the loop's own."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:
            future.set_exception(error)
        return future


def _scope(
    kind: str, method: str, path: str, own: Headers, more: Headers | None, client: str
) -> dict[str, Any]:
    headers = own | {name.lower().replace("_", "-"): value for name, value in (more or {}).items()}
    raw_path, _, query = path.partition("?")
    scope: dict[str, Any] = {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "http" if kind == "http" else "ws",
        "path": raw_path,
        "raw_path": raw_path.encode(),
        "root_path": "",
        "query_string": query.encode(),
        "headers": [(name.encode(), value.encode("latin-1")) for name, value in headers.items() if value],
        "client": (client, 50_000),
        "server": ("127.0.0.1", 8484),
    }
    if kind == "http":
        scope["method"] = method
    else:
        scope["subprotocols"] = [
            one.strip() for one in headers.get("sec-websocket-protocol", "").split(",") if one.strip()
        ]
    return scope


async def _one(data: bytes) -> AsyncIterator[bytes]:
    yield data


async def _call(app: ASGIApp, scope: Scope, chunks: AsyncIterator[bytes]) -> Answer:
    status, headers, body = 0, {}, bytearray()
    ended = asyncio.Event()

    async def receive() -> Message:
        chunk = await anext(chunks, None)
        if chunk is not None:
            return {"type": "http.request", "body": chunk, "more_body": True}
        if not ended.is_set():
            ended.set()
            return {"type": "http.request", "body": b"", "more_body": False}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        nonlocal status, headers
        if message["type"] == "http.response.start":
            status, headers = message["status"], _texts(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            body.extend(message.get("body", b""))

    await app(scope, receive, send)
    return Answer(status, headers, bytes(body))


def _texts(headers: Iterable[tuple[bytes, bytes]]) -> Headers:
    return {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
