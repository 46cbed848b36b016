"""A ground station: links joined by a hub, the ground station's heartbeat, and the aircraft found on the links.

    async with Station(clock=SystemClock()) as station:
        await station.open("udpin:127.0.0.1:14550", policy=policy)
        vehicle = await station.vehicle()

The heartbeat tells the aircraft that an operator is present. It is sent as long as the event loop runs or, with
`operator_feeds`, only while `alive` is called: when the user interface hangs, the heartbeat stops, and the aircraft's
GCS failsafe acts.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from controller.app import discovery
from controller.app.recording import record_link_counters
from controller.autopilots.identify import is_aircraft
from controller.clock import Clock, SystemClock
from controller.errors import LinkError, UserError
from controller.guard.policy import EndpointPolicy
from controller.link.base import Link
from controller.link.open import open_link
from controller.logs.record.recorder import FlightRecorder
from controller.protocol.announcements import Announcement, BoxTexts
from controller.protocol.ground_box import BOX
from controller.protocol.heartbeat import HeartbeatSender
from controller.protocol.timesync import TimesyncService
from controller.protocol.timing import DEFAULT_TIMING, HEARTBEAT_INTERVAL_S, Timing
from controller.router.endpoint import LinkEndpoint
from controller.router.hub import Hub
from controller.router.local import LocalEndpoint
from controller.vehicle.exchange import Exchange
from controller.vehicle.state import ReceivedText
from controller.vehicle.vehicle import Vehicle
from controller.wire.address import GROUND_STATION, Address
from controller.wire.frame import Frame
from controller.wire.message import Message

# After the first aircraft is found, wait this long for others: one heartbeat interval and some margin.
OTHERS_S = 1.2
# While no aircraft is found, say this often what was received.
REPORT_S = 10.0
_TICK_S = 1e-3


@dataclass(frozen=True, slots=True)
class DiscoveredAircraft:
    """An aircraft found by its heartbeat: its address and last HEARTBEAT."""

    address: Address
    heartbeat: Message
    at_s: float


class Station:
    """A ground station; use it as an async context manager.

    `recorder` receives every frame in both directions. `discovered` and `vehicles` are the aircraft on the links, by
    their addresses; `heartbeats` has the last HEARTBEAT of every sender.
    """

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
        self.discovered: dict[Address, DiscoveredAircraft] = {}
        self.heartbeats: dict[Address, Message] = {}
        self.vehicles: dict[Address, Vehicle] = {}
        self._links: list[LinkEndpoint] = []
        self._box_watchers: tuple[Callable[[ReceivedText], None], ...] = ()
        self._timing = timing
        self._operator_feeds = operator_feeds
        self._heartbeats = HeartbeatSender.ground_station()
        self._discovery = asyncio.Event()
        self._heartbeat_timer: asyncio.TimerHandle | None = None
        self._step_heartbeats: Callable[[Callable[[], list[Message]]], None] | None = None
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        if self.recorder is not None:
            self.hub.tap(self.recorder.frames)
            self.recorder.before_close.append(self._count_links)
        await self._stack.enter_async_context(self.hub)
        exchange = Exchange(self.local, self.clock)
        exchange.attach(TimesyncService(self.local.address))
        exchange.attach(BoxTexts(BOX, on_text=self._take_box_text))
        self._step_heartbeats = exchange.attach(self._heartbeats)
        self._stack.callback(exchange.close)
        self._stack.callback(self.local.listen(self._receive))
        if not self._operator_feeds:
            self._send_heartbeat()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._heartbeat_timer is not None:
            self._heartbeat_timer.cancel()
        for vehicle in self.vehicles.values():
            vehicle.close()
        await self._stack.__aexit__(kind, error, trace)

    async def open(self, url: str, *, policy: EndpointPolicy) -> LinkEndpoint:
        """Open a link by its URL. Raises UserError, EndpointRefused or LinkError."""
        return await self.add(open_link(url, policy=policy, clock=self.clock), name=url)

    async def add(self, link: Link, *, name: str = "") -> LinkEndpoint:
        """Add a link that is made already."""
        endpoint = await self.hub.add(link, name=name)
        self._links.append(endpoint)
        return endpoint

    def route_to(self, address: Address, link: LinkEndpoint) -> None:
        """Send messages for `address` over `link` before anything was received from it."""
        self.hub.table.learn(address, link, self.clock.now())

    def watch_box_texts(self, watcher: Callable[[ReceivedText], None]) -> Callable[[], None]:
        """Call `watcher(text)` for each status text of a ground box. Returns a function that ends the calls."""
        self._box_watchers = (*self._box_watchers, watcher)

        def stop() -> None:
            self._box_watchers = tuple(kept for kept in self._box_watchers if kept is not watcher)

        return stop

    def _take_box_text(self, said: Announcement) -> None:
        text = ReceivedText(self.clock.now(), said.severity, said.text, said.sender)
        for watcher in self._box_watchers:
            watcher(text)

    def alive(self) -> None:
        """Keep the heartbeat going for some more seconds: the operator is present."""
        if self._step_heartbeats is not None:
            self._step_heartbeats(lambda: self._heartbeats.feed(self.clock.now()))

    def _count_links(self) -> None:
        """Record the counters of each link; duplicate frames from a second link are counted and not recorded."""
        assert self.recorder is not None
        record_link_counters(self.recorder, self._links)

    @property
    def is_slow(self) -> bool:
        """Whether a link is a serial one, where large files would displace telemetry."""
        return any(link.link.info.kind == "serial" for link in self.hub.links)

    @property
    def frames_lost(self) -> int:
        """Number of lost frames of the aircraft, from gaps in their sequence numbers."""
        return sum(
            source.lost
            for link in self.hub.links
            for address, source in link.stats.sources.items()
            if address in self.vehicles
        )

    async def vehicle(
        self,
        system: int | None = None,
        *,
        timeout_s: float = 30.0,
        on_waiting: Callable[[str], None] | None = None,
    ) -> Vehicle:
        """Return the aircraft with this system id, or the only aircraft, as soon as its heartbeat arrives.

        While it waits, `on_waiting(line)` is called every `REPORT_S` seconds with what was received. Raises LinkError
        when none arrives within `timeout_s`, UserError when there are several and `system` is None.
        """
        found = await self._wait_for(system, timeout_s, on_waiting)
        return self._vehicle_of(found)

    def _vehicle_of(self, found: DiscoveredAircraft) -> Vehicle:
        vehicle = self.vehicles.get(found.address)
        if vehicle is None:
            vehicle = Vehicle(
                self.local, found.address, found.heartbeat, clock=self.clock, timing=self._timing
            )
            self.vehicles[found.address] = vehicle
        return vehicle

    async def new_vehicles(
        self, known: Collection[Address], system: int | None = None, *, timeout_s: float | None
    ) -> list[Vehicle]:
        """Wait for aircraft that are not `known`, of any system id or of `system`, and return them.

        The first ones are returned together, by their addresses. Raises LinkError when none arrives within `timeout_s`;
        None waits without end.
        """
        if not known and timeout_s is not None:
            await self._until_found(system, timeout_s, None)
            await asyncio.sleep(OTHERS_S)
        while not (found := [one for one in self._candidates(system) if one.address not in known]):
            self._discovery.clear()
            await self._discovery.wait()
        return [self._vehicle_of(one) for one in found]

    async def _wait_for(
        self, system: int | None, timeout_s: float, on_waiting: Callable[[str], None] | None
    ) -> DiscoveredAircraft:
        await self._until_found(system, timeout_s, on_waiting)
        if system is None:
            await asyncio.sleep(OTHERS_S)
        found = self._candidates(system)
        if len(found) > 1:
            numbers = ", ".join(str(one.address.system) for one in found)
            raise UserError(
                f"cannot choose an aircraft: there are several, with system ids {numbers}",
                where=self._where,
                hint="give one of them with --system",
            )
        return found[0]

    @property
    def _where(self) -> str:
        return ", ".join(link.name for link in self.hub.links) or "no link is open"

    async def _until_found(
        self, system: int | None, timeout_s: float, on_waiting: Callable[[str], None] | None
    ) -> None:
        links = self.hub.links
        name = "an aircraft" if system is None else f"aircraft {system}"
        until_s, waited = self.clock.now() + timeout_s, False
        while not self._candidates(system):
            received = discovery.received_text(links, self.heartbeats)
            left_s = until_s - self.clock.now()
            if left_s < _TICK_S:
                raise LinkError(
                    f"no heartbeat from {name} in {timeout_s:g} s: {received}",
                    where=self._where,
                    hint=discovery.not_found_hint(links, self.heartbeats, system),
                )
            if on_waiting is not None and waited:
                on_waiting(f"no heartbeat from {name} yet: {received}")
            await self._discovered_within(system, min(left_s, REPORT_S))
            waited = True

    async def _discovered_within(self, system: int | None, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._candidates(system):
                    self._discovery.clear()
                    await self._discovery.wait()

    def _candidates(self, system: int | None) -> list[DiscoveredAircraft]:
        return [
            aircraft
            for address, aircraft in sorted(self.discovered.items())
            if system is None or address.system == system
        ]

    def _receive(self, frame: Frame) -> None:
        if frame.msg_id != 0 or not frame.known:
            return
        message = frame.message()
        self.heartbeats[frame.source] = message
        if is_aircraft(message, frame.source):
            self.discovered[frame.source] = DiscoveredAircraft(frame.source, message, self.clock.now())
            self._discovery.set()

    def _send_heartbeat(self) -> None:
        self.alive()
        self._heartbeat_timer = asyncio.get_running_loop().call_later(
            HEARTBEAT_INTERVAL_S, self._send_heartbeat
        )
