"""The live connection: states and events of all aircraft to all pages, commands of the pages to the session."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from types import TracebackType
from typing import Any, Self

from starlette.websockets import WebSocket, WebSocketDisconnect

import controller
from controller.app.gcs.aircraft import AircraftSession
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.clock import iso_utc
from controller.vehicle.state import ReceivedText, VehicleState
from controller.web.access import visitor_of
from controller.web.live import snapshot
from controller.web.live.client import BadPage, Client
from controller.web.live.commands import Commands, aircraft_id
from controller.web.live.limits import no_room
from controller.web.login import SUBPROTOCOL
from controller.wire import enums
from controller.wire.address import Address

Json = dict[str, Any]
# News wait so long for others, to be sent together.
COLLECT_S = 0.02
_EVENTS_SHOWN = frozenset({"warning", "note", "link", "mode", "mission", "text", "check", "param", "record"})


class LiveFeed:
    """Feeds all open pages from one session; an async context manager.

    `on_bug(error, about)` reports an exception that must not end the feed.
    """

    def __init__(self, session: GcsSession, *, on_bug: Callable[[Exception, str], str]) -> None:
        self._on_bug = on_bug
        self.session = self._session = session
        """The session that is fed, for the calls of the views."""
        self._clients: dict[str, Client] = {}
        self._names = count(1)
        self._sent: dict[Address, VehicleState] = {}
        self._stops: list[Callable[[], None]] = []
        self._commands = Commands(session)
        self._news = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._stops.append(self._session.watch(self._on_event))
        self._task = asyncio.create_task(self._collect(), name="web feed")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stop in self._stops:
            stop()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    # Pages

    async def serve(self, socket: WebSocket) -> None:
        """Serve one page until it is closed."""
        await socket.accept(SUBPROTOCOL if SUBPROTOCOL in socket.scope.get("subprotocols", ()) else None)
        visitor = visitor_of(socket)
        full = no_room(visitor, [one.visitor for one in self._clients.values()])
        if full:
            await socket.close(1013, full)
            return
        client = Client(f"page-{next(self._names)}", socket, visitor)
        client.send(self._hello(client))
        self._clients[client.name] = client
        writing = asyncio.create_task(client.write(), name=f"write to {client.name}")
        reading = asyncio.create_task(self._read(client), name=f"read from {client.name}")
        try:
            await asyncio.wait({writing, reading}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._clients[client.name]
            self._commands.left(client)
            for task in (writing, reading):
                task.cancel()
            ends = await asyncio.gather(writing, reading, return_exceptions=True)
        for end in ends:
            if isinstance(end, BadPage):
                await _close(socket, end)
            elif isinstance(end, Exception) and not isinstance(end, WebSocketDisconnect):
                raise end

    async def _read(self, client: Client) -> None:
        with suppress(WebSocketDisconnect):
            while True:
                self._commands.receive(client, await client.read())

    def _hello(self, client: Client) -> Json:
        now = self._session.clock.now()
        return {
            "type": "hello",
            "client": client.name,
            "role": client.role,
            "visitor": client.visitor.id,
            "version": controller.__version__,
            "utc_us": self._session.clock.utc_us(),
            "record": str(self._session.recorder.folder),
            "links": [],
            "aircraft": [
                {
                    **self._info(one),
                    "state": self._groups(one, None, now),
                    "texts": [self._text(text) for text in one.vehicle.state.texts],
                    "track": [],
                }
                for one in self._session.aircraft.values()
            ],
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
        now = self._session.clock.now()
        for address, one in self._session.aircraft.items():
            state, before = one.vehicle.state, self._sent.get(address)
            if before is None:
                self._broadcast({"type": "aircraft", "aircraft": self._info(one)})
            if state is before:
                continue
            self._sent[address] = state
            groups = self._groups(one, before, now)
            for client in self._clients.values():
                client.send_state(aircraft_id(address), groups)

    def _on_event(self, event: SessionEvent) -> None:
        news = self._commands.news(event)
        if news is not None:
            self._broadcast(news)
        if event.kind in _EVENTS_SHOWN:
            about = None if event.aircraft is None else aircraft_id(event.aircraft)
            shown = {"utc": event.utc, "kind": event.kind, "text": event.text, "aircraft": about}
            self._broadcast({"type": "event", "event": {**shown, "fields": event.fields}})

    def _broadcast(self, message: Json) -> None:
        for client in self._clients.values():
            client.send(message)

    # JSON

    def _info(self, one: AircraftSession) -> Json:
        vehicle = one.vehicle
        return {
            "id": aircraft_id(vehicle.address),
            "system": vehicle.address.system,
            "title": one.title,
            "kind": vehicle.autopilot.kind.value,
            "autopilot": vehicle.autopilot.name,
            "ground_vehicle": vehicle.state.is_ground_vehicle,
            "modes": sorted(vehicle.autopilot.modes),
            **self._commands.info(one),
        }

    def _groups(self, one: AircraftSession, before: VehicleState | None, now: float) -> Json:
        state = one.vehicle.state
        groups = snapshot.changed_groups(state, before, now)
        if state.mission is not None and (before is None or state.mission is not before.mission):
            progress = snapshot.mission(state.mission, one.vehicle.autopilot.number_of)
            groups["mission"] = {**progress, "age_s": round(now - state.mission.at_s, 3)}
        if state.home is not None and (before is None or state.home is not before.home):
            home = state.home
            groups["home"] = {"lat_deg": home.lat_deg, "lon_deg": home.lon_deg, "alt_amsl_m": home.alt_amsl_m}
        return {
            **groups,
            "in_air": state.in_air,
            "position_good": state.position_good,
            "armed_for_s": one.armed_for_s,
            "alarm": one.alarm,
            "last_message": {"age_s": round(state.silent_s(now), 3)},
        }

    def _text(self, text: ReceivedText) -> Json:
        now, utc_us = self._session.clock.now(), self._session.clock.utc_us()
        return {
            "utc": iso_utc(round(utc_us - (now - text.at_s) * 1e6)),
            "age_s": round(now - text.at_s, 3),
            "severity": text.severity,
            "severity_name": enums.describe("MAV_SEVERITY", text.severity).lower(),
            "text": text.text,
            "sender": text.sender,
            "event": text.event,
        }


async def _close(socket: WebSocket, why: BadPage) -> None:
    """Close a page that may not read any more: what cannot be sent within a second is left to the server's sweep."""
    with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
        async with asyncio.timeout(1.0):
            await socket.close(why.code, why.reason)
