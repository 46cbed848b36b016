"""The live connection: states and events of all aircraft to all pages, commands of the pages to the session."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from starlette.websockets import WebSocket, WebSocketDisconnect

import controller
from controller.app.gcs.control import Page
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.vehicle.state import ReceivedText
from controller.vehicle.telemetry import TEXTS_KEPT
from controller.web.access import visitor_of
from controller.web.live.aircraft_news import AircraftNews, aircraft_id, text_json
from controller.web.live.client import SLEPT, BadPage, Client
from controller.web.live.commands import Commands
from controller.web.live.limits import no_room
from controller.web.live.onboard import onboard_json
from controller.web.live.pages import Pages
from controller.web.live.snapshot import encoded
from controller.web.login import SUBPROTOCOL
from controller.web.plans.staged import StagedPlans
from controller.wire.address import Address

Json = dict[str, Any]
# News wait so long for others, to be sent together.
COLLECT_S = 0.01
SECOND_S = 1.0
EVENTS_KEPT = 200
# Points of all tracks for a page that opens: more would hold up the telemetry of the others while they are written.
TRACK_POINTS = 20_000
_EVENTS_SHOWN = frozenset({"warning", "note", "link", "mode", "mission", "check", "param", "record"})
# Codes of a WebSocket that the page itself has closed.
_CLOSED_BY_PAGE = (1000, 1001)


class LiveFeed:
    """Feeds all open pages from one session; an async context manager.

    `on_bug(error, about)` reports an exception that must not end the feed.
    """

    def __init__(self, session: GcsSession, *, on_bug: Callable[[Exception, str], str]) -> None:
        self._on_bug = on_bug
        self.session = session
        """The session that is fed, for the calls of the views."""
        self.staged = StagedPlans()
        """Plans that pages have sent for an upload."""
        self.commands = Commands(session, self._send_info, self.staged)
        """Orders and control of the pages."""
        self.pages = Pages()
        """The pages by the ids that they made themselves."""
        self._clients: dict[str, Client] = {}
        self._news: dict[Address, AircraftNews] = {}
        self._box_texts: deque[ReceivedText] = deque(maxlen=TEXTS_KEPT)
        self._events: deque[Json] = deque(maxlen=EVENTS_KEPT)
        self._stops: list[Callable[[], None]] = []
        self._links_text = ""
        self._next_second_s = 0.0

    async def __aenter__(self) -> Self:
        self._stops.append(self.session.watch(self._on_event))
        self._stops.append(self.session.station.watch_box_texts(self._on_box_text))
        self._task = asyncio.create_task(self._collect(), name="web feed")
        self._drawing: set[asyncio.Task[None]] = set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stop in self._stops:
            stop()
        for task in (self._task, *self._drawing):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        await asyncio.gather(*self._drawing, return_exceptions=True)

    # Pages

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page until it is closed."""
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope.get("subprotocols", ()) else None)
        visitor = visitor_of(socket)
        page = self.pages.page(socket.query_params.get("page", ""), visitor.id, visitor.address)
        older = self._clients.get(page.client)
        full = no_room(visitor, [one.visitor for one in self._clients.values() if one is not older])
        if full:
            await socket.close(1013, full)
            return
        client = Client(page, socket, visitor, self.session.clock.now)
        if older is not None:
            # Its network changed, and the server has not noticed yet that the old connection is dead.
            older.replace()
        self.commands.back(page)
        client.send(self._hello(client))
        self._clients[client.name] = client
        writing = asyncio.create_task(client.write(), name=f"write to {client.name}")
        reading = asyncio.create_task(self._read(client), name=f"read from {client.name}")
        try:
            await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (writing, reading):
                task.cancel()
            ends = await asyncio.gather(writing, reading, return_exceptions=True)
            if self._clients.get(client.name) is client:
                del self._clients[client.name]
                self.commands.left(page, closed=ends[1] in _CLOSED_BY_PAGE)
        for end in ends:
            if isinstance(end, BadPage):
                await _close(socket, end)
            elif isinstance(end, Exception) and not isinstance(end, WebSocketDisconnect):
                raise end

    def is_open(self, page: Page) -> bool:
        """Whether a page is connected now."""
        return page.client in self._clients

    async def _read(self, client: Client) -> int:
        """Process the messages of a page; return the code with which its WebSocket was closed."""
        try:
            while True:
                self.commands.receive(client, await client.read())
        except WebSocketDisconnect as closed:
            return closed.code

    def _hello(self, client: Client) -> Json:
        clock, all_news = self.session.clock, self._all_news()
        most_points = TRACK_POINTS // max(1, len(all_news))
        return {
            "type": "hello",
            "client": client.name,
            "client_name": client.page.name,
            "role": client.role,
            "visitor": client.visitor.id,
            "version": controller.__version__,
            "t_s": round(clock.now(), 3),
            "utc_us": clock.utc_us(),
            "record": str(self.session.recorder.folder),
            "links": self._links(),
            "aircraft": [news.hello(clock, most_points) for news in all_news],
            "box_texts": [text_json(text, clock) for text in self._box_texts],
            "actions": list(self.commands.recent),
            "events": list(self._events),
        }

    # News

    async def _collect(self) -> None:
        """Send the changed groups of all aircraft, together every few milliseconds."""
        while True:
            await asyncio.sleep(COLLECT_S)
            try:
                self._send_news()
            except Exception as error:
                self._on_bug(error, "states for the pages")

    def _send_news(self) -> None:
        now = self.session.clock.now()
        is_second = now >= self._next_second_s
        if is_second:
            self._next_second_s = now + SECOND_S
            self._each_second()
        for news in self._all_news():
            groups = news.groups()
            if is_second:
                groups |= news.slow_groups()
            if groups:
                for client in self._clients.values():
                    client.send_state(news.id, groups)

    def _all_news(self) -> list[AircraftNews]:
        """Return the news of each aircraft; a new aircraft is told to the pages."""
        if len(self._news) < len(self.session.aircraft):
            for address, one in self.session.aircraft.items():
                if address not in self._news:
                    self._news[address] = AircraftNews(one, self.commands.controls.control(address))
                    self._send_info(address)
        return list(self._news.values())

    def _each_second(self) -> None:
        self.commands.tick()
        links = encoded({"type": "links", "links": self._links()})
        if links != self._links_text:
            self._links_text = links
            self._broadcast_text(links)
        for news in self._all_news():
            if (info := news.changed_info()) is not None:
                self._broadcast({"type": "aircraft", "aircraft": info})
            if news.onboard_changes != news.one.onboard_changes:
                news.onboard_changes = news.one.onboard_changes
                task = asyncio.create_task(self._draw(news), name=f"mission of {news.id}")
                self._drawing.add(task)
                task.add_done_callback(self._drawing.discard)

    async def _draw(self, news: AircraftNews) -> None:
        """Send the mission on board of an aircraft to the pages."""
        vehicle = news.one.vehicle
        mission = vehicle.mission.onboard
        plan = mission.plan if mission is not None else None
        drawn = await asyncio.to_thread(onboard_json, plan, vehicle.mission.areas, vehicle.state.home)
        if drawn != news.onboard:
            news.onboard = drawn
            self._broadcast({"type": "mission", "id": news.id, "mission": drawn})

    def _send_info(self, address: Address) -> None:
        news = self._news.get(address)
        if news is not None and (info := news.changed_info()) is not None:
            self._broadcast({"type": "aircraft", "aircraft": info})

    def _links(self) -> list[Json]:
        return [
            {
                "name": link.name,
                "up": link.up,
                "kind": link.kind,
                "loss_percent": round(link.loss * 100, 1) if link.frames_in_s or link.loss else None,
                "frames_per_s": round(link.frames_in_s, 1),
                "age_s": link.silent_s if link.silent_s is None else round(link.silent_s, 1),
            }
            for link in self.session.link_views()
        ]

    def _on_event(self, event: SessionEvent) -> None:
        news = self.commands.news(event)
        if news is not None:
            self._broadcast(news)
        about = None if event.aircraft is None else aircraft_id(event.aircraft)
        if event.kind == "text" and about is not None:
            one = self.session.aircraft[event.aircraft] if event.aircraft else None
            if one is not None and one.vehicle.state.texts:
                text = text_json(one.vehicle.state.texts[-1], self.session.clock)
                self._broadcast({"type": "text", "id": about, "text": text})
        if event.fields.get("name") == "sleep" and event.kind == "warning":
            # What waits on the way is from before; the page connects again, and asks the server's time anew.
            for client in self._clients.values():
                client.end(SLEPT, "the ground station's computer slept")
        if event.kind in _EVENTS_SHOWN:
            shown = {"utc": event.utc, "kind": event.kind, "text": event.text, "aircraft": about}
            told = {**shown, "fields": event.fields}
            self._events.append(told)
            self._broadcast({"type": "event", "event": told})

    def _on_box_text(self, text: ReceivedText) -> None:
        self._box_texts.append(text)
        self._broadcast({"type": "text", "id": None, "text": text_json(text, self.session.clock)})

    def _broadcast(self, message: Json) -> None:
        self._broadcast_text(encoded(message))

    def _broadcast_text(self, text: str) -> None:
        for client in self._clients.values():
            client.send_text(text)


async def _close(socket: WebSocket, why: BadPage) -> None:
    """Close a page that may not read any more: what cannot be sent within a second is left to the server's sweep."""
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(1.0):
            await socket.close(why.code, why.reason)
