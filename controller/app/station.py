"""A ground station: links through one hub, our heartbeat, and the aircraft that are heard.

    async with Station(clock=SystemClock()) as station:
        await station.open("udpin:127.0.0.1:14550", policy=policy)
        vehicle = await station.vehicle()

Our heartbeat promises the aircraft that somebody watches. It goes out while the event loop turns, or, with
`operator_feeds`, only while `alive` is called: then a dead user interface lets the aircraft's own link-loss
reaction do its work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from controller.autopilots.identify import is_aircraft
from controller.clock import Clock, SystemClock
from controller.errors import LinkError, UserError
from controller.guard.policy import EndpointPolicy
from controller.link.base import Link
from controller.link.open import open_link
from controller.logs.record.recorder import FlightRecorder
from controller.protocol.heartbeat import HeartbeatSender
from controller.protocol.timesync import TimesyncService
from controller.protocol.timing import DEFAULT_TIMING, HEARTBEAT_INTERVAL_S, Timing
from controller.router.endpoint import LinkEndpoint
from controller.router.hub import Hub
from controller.router.local import LocalEndpoint
from controller.vehicle.exchange import Exchange
from controller.vehicle.vehicle import Vehicle
from controller.wire.address import GROUND_STATION, Address
from controller.wire.frame import Frame
from controller.wire.message import Message

# After the first aircraft is heard, others get this long to be heard too: one heartbeat interval and a bit.
OTHERS_S = 1.2


@dataclass(frozen=True, slots=True)
class Heard:
    """An aircraft that was heard: its address and last HEARTBEAT."""

    address: Address
    heartbeat: Message
    at_s: float


class Station:
    """Enter it before use. `recorder` gets every frame, both ways."""

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        recorder: FlightRecorder | None = None,
        address: Address = GROUND_STATION,
        timing: Timing = DEFAULT_TIMING,
        operator_feeds: bool = False,
    ) -> None:
        self.clock: Clock = clock or SystemClock()
        self.hub = Hub(clock=self.clock)
        self.local: LocalEndpoint = self.hub.local(address)
        self.recorder = recorder
        self.heard: dict[Address, Heard] = {}
        self.vehicles: dict[Address, Vehicle] = {}
        self._links: list[LinkEndpoint] = []
        self._timing = timing
        self._operator_feeds = operator_feeds
        self._heartbeats = HeartbeatSender.ground_station()
        self._news = asyncio.Event()
        self._pulse: asyncio.TimerHandle | None = None
        self._step_heartbeats: Callable[[Callable[[], list[Message]]], None] | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self.recorder is not None:
            self.hub.tap(self.recorder.frames)
            self.recorder.before_close.append(self._count_links)
        await self._stack.enter_async_context(self.hub)
        exchange = Exchange(self.local, self.clock)
        exchange.attach(TimesyncService(self.local.address))
        self._step_heartbeats = exchange.attach(self._heartbeats)
        self._stack.callback(exchange.close)
        self._stack.callback(self.local.listen(self._hear))
        if not self._operator_feeds:
            self._beat()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pulse is not None:
            self._pulse.cancel()
        for vehicle in self.vehicles.values():
            vehicle.close()
        await self._stack.__aexit__(kind, error, trace)

    async def open(self, url: str, *, policy: EndpointPolicy) -> LinkEndpoint:
        """Open a link by its URL. Raises UserError, EndpointRefused or LinkError."""
        return await self.add(open_link(url, policy=policy, clock=self.clock), name=url)

    async def add(self, link: Link, *, name: str = "") -> LinkEndpoint:
        """Use a link that somebody made."""
        endpoint = await self.hub.add(link, name=name)
        self._links.append(endpoint)
        return endpoint

    def expect(self, who: Address, link: LinkEndpoint) -> None:
        """What is for `who` goes over `link` from now on, without having heard it there: it may be waiting to
        be spoken to.
        """
        self.hub.table.learn(who, link, self.clock.now())

    def alive(self) -> None:
        """The operator is there: keep our heartbeat going for some seconds more."""
        if self._step_heartbeats is not None:
            self._step_heartbeats(lambda: self._heartbeats.feed(self.clock.now()))

    def _count_links(self) -> None:
        """Into the record, what each link carried: copies of frames that another link brought are counted and
        not kept.
        """
        assert self.recorder is not None
        for endpoint in self._links:
            stats = endpoint.stats
            self.recorder.event(
                "link",
                name=endpoint.name,
                frames_in=stats.frames_in,
                duplicates_in=stats.duplicates_in,
                echoes_in=stats.echoes_in,
                frames_out=stats.frames_out,
                dropped_out=stats.dropped_out,
                times_lost=stats.times_lost,
            )

    @property
    def frames_lost(self) -> int:
        """Frames of known aircraft that did not arrive, by the gaps in their sequence."""
        return sum(
            source.lost
            for link in self.hub.links
            for address, source in link.stats.sources.items()
            if address in self.vehicles
        )

    async def vehicle(self, system: int | None = None, *, timeout_s: float = 30.0) -> Vehicle:
        """The aircraft with this system number, or the only one there is, as soon as it is heard.

        Raises LinkError when none is heard in time, UserError when several are and none was named.
        """
        heard = await self._wait_for(system, timeout_s)
        vehicle = self.vehicles.get(heard.address)
        if vehicle is None:
            vehicle = Vehicle(
                self.local, heard.address, heard.heartbeat, clock=self.clock, timing=self._timing
            )
            self.vehicles[heard.address] = vehicle
        return vehicle

    async def _wait_for(self, system: int | None, timeout_s: float) -> Heard:
        links = ", ".join(link.name for link in self.hub.links) or "no link is open"
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := self._candidates(system)):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            who = "an aircraft" if system is None else f"aircraft {system}"
            raise LinkError(
                f"no heartbeat of {who} in {timeout_s:g} s",
                where=links,
                hint="is it powered, and are port, baud rate and cable right?",
            ) from None
        if system is None:
            await asyncio.sleep(OTHERS_S)
            found = self._candidates(None)
        if len(found) > 1:
            numbers = ", ".join(str(heard.address.system) for heard in found)
            raise UserError(
                f"several aircraft are there: {numbers}", where=links, hint="name the one you mean"
            )
        return found[0]

    def _candidates(self, system: int | None) -> list[Heard]:
        return [
            heard
            for address, heard in sorted(self.heard.items())
            if system is None or address.system == system
        ]

    def _hear(self, frame: Frame) -> None:
        if frame.msg_id != 0 or not frame.known:
            return
        message = frame.message()
        if is_aircraft(message, frame.source):
            self.heard[frame.source] = Heard(frame.source, message, self.clock.now())
            self._news.set()

    def _beat(self) -> None:
        self.alive()
        self._pulse = asyncio.get_running_loop().call_later(HEARTBEAT_INTERVAL_S, self._beat)
