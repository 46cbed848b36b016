"""MAVLink router: passes frames between links and the local endpoints of this process.

    async with Hub(clock=SystemClock()) as hub:
        hub.tap(recorder.frames)
        ground = hub.local(GROUND)
        await hub.add(open_link("udpin:127.0.0.1:14550", policy=policy, clock=clock))

Each link has a reader task and a writer task; a frame is handled synchronously and in order, so that tasks share no
state. Frames are routed without decoding. A broadcast goes to all endpoints except those of its sender; a frame with
a target goes to the endpoints on which the target was received; a duplicate from another endpoint is dropped, so that
a loop of routers cannot keep a frame alive.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from traceback import format_exception
from types import TracebackType
from typing import Self

from controller.clock import Clock
from controller.errors import LinkError, OurBug
from controller.link.base import Link
from controller.router.dedup import WINDOW_S, FrameDedup
from controller.router.endpoint import LinkEndpoint
from controller.router.filters import Filter, passes
from controller.router.local import Delivery, LocalEndpoint
from controller.router.route_table import STALE_S, RouteTable
from controller.router.targets import BROADCAST, target_of
from controller.wire.address import Address
from controller.wire.frame import Frame

Endpoint = LinkEndpoint | LocalEndpoint
# (frames, the links they came from or go to, whether they are our own), called before any other handling.
Tap = Callable[[list[Frame], Sequence[LinkEndpoint], bool], None]


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link was lost or restored; `why` is the reason."""

    endpoint: LinkEndpoint
    up: bool
    why: str


@dataclass(slots=True)
class HubStats:
    """Frames by delivery: accepted, blocked by a filter, or with an unknown target.

    Duplicates and echoes are counted in the statistics of their link.
    """

    accepted: int = 0
    filtered: int = 0
    unknown: int = 0


class Hub:
    """Router that owns its links; leaving the context closes them.

    An exception of a listener stops neither the router nor other listeners; it is raised as OurBug at the end.
    """

    def __init__(self, *, clock: Clock, dedup_window_s: float = WINDOW_S) -> None:
        self.stats = HubStats()
        self.links: list[LinkEndpoint] = []
        self.locals: list[LocalEndpoint] = []
        self.table: RouteTable[LinkEndpoint] = RouteTable()
        self._clock = clock
        self._dedup: FrameDedup[Endpoint] = FrameDedup(dedup_window_s)
        self._taps: tuple[Tap, ...] = ()
        self._watchers: list[Callable[[LinkChange], None]] = []
        self._opened: dict[LinkEndpoint, AsyncExitStack] = {}
        self._tasks: dict[LinkEndpoint, list[asyncio.Task[None]]] = {}
        self._bug: Exception | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for endpoint in list(self.links):
            await self.remove(endpoint)
        if self._bug is not None:
            if error is None:
                raise OurBug(f"cannot handle a frame: a listener raised {self._bug!r}") from self._bug
            error.add_note("Before this, a listener failed:\n" + "".join(format_exception(self._bug)))

    async def add(
        self,
        link: Link,
        *,
        name: str = "",
        filters: Iterable[Filter] = (),
    ) -> LinkEndpoint:
        """Open a link and route over it until `remove` or the end of the hub. Raises the errors of `Link.open`."""
        stack = AsyncExitStack()
        await stack.enter_async_context(link)
        endpoint = LinkEndpoint(link, name=name, filters=filters)
        link.watch(lambda up, why: self._changed(endpoint, up, why))
        self._opened[endpoint] = stack
        self.links.append(endpoint)
        self._tasks[endpoint] = [
            asyncio.create_task(self._read(endpoint), name=f"read {endpoint.name}"),
            asyncio.create_task(endpoint.drain(), name=f"write {endpoint.name}"),
        ]
        return endpoint

    async def remove(self, endpoint: LinkEndpoint) -> None:
        """Close a link and remove its routes."""
        if endpoint in self.links:
            self.links.remove(endpoint)
        self.table.forget(endpoint)
        tasks = self._tasks.pop(endpoint, [])
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        stack = self._opened.pop(endpoint, None)
        if stack is not None:
            await stack.aclose()

    def local(self, address: Address, *, receives_all: bool = False, version: int = 2) -> LocalEndpoint:
        """Return a new local endpoint with this address. With `receives_all` it gets frames of all targets."""
        endpoint = LocalEndpoint(
            address, self._send, self._note_bug, receives_all=receives_all, version=version
        )
        self.locals.append(endpoint)
        return endpoint

    def tap(self, tap: Tap) -> None:
        """Call `tap` with all frames before any other handling; taps are called in the order of adding."""
        self._taps = (*self._taps, tap)

    def watch(self, watcher: Callable[[LinkChange], None]) -> None:
        """Call `watcher(change)` when a link is lost or restored."""
        self._watchers.append(watcher)

    def _changed(self, endpoint: LinkEndpoint, up: bool, why: str) -> None:
        endpoint.up = up
        if not up:
            endpoint.stats.times_lost += 1
        for watcher in self._watchers:
            watcher(LinkChange(endpoint, up, why))

    async def _read(self, endpoint: LinkEndpoint) -> None:
        read, feed, stats = endpoint.link.read, endpoint.framer.feed, endpoint.stats
        why = "closed"
        try:
            while chunk := await read():
                stats.bytes_in += len(chunk)
                frames = feed(chunk)
                if frames:
                    try:
                        self._arrive(frames, endpoint)
                    except Exception as bug:
                        self._note_bug(bug)
        except LinkError as error:
            why = str(error)
        self.table.forget(endpoint)
        self._changed(endpoint, False, why)

    def _arrive(self, frames: list[Frame], origin: LinkEndpoint) -> None:
        now = self._clock.now()
        origin.count_received(frames)
        fresh = self._fresh(frames, origin, now)
        if not fresh:
            return
        for tap in self._taps:
            tap(fresh, (origin,), False)
        for frame in fresh:
            sender_links = self.table.learn((frame[3], frame[4]), origin, now)
            if origin.filters_in and not passes(origin.filters_in, frame):
                origin.stats.filtered += 1
                self.stats.filtered += 1
            else:
                self._deliver(frame, self._destinations(frame, origin, sender_links, now))

    def _fresh(self, frames: list[Frame], origin: LinkEndpoint, now: float) -> list[Frame]:
        """Return the frames without duplicates from another link and without echoes of our own frames."""
        self._dedup.expire(now)
        first_of = self._dedup.first_endpoint
        fresh = []
        for frame in frames:
            first = first_of(frame[0], origin)
            if first is origin:
                fresh.append(frame)
            elif isinstance(first, LocalEndpoint):
                origin.stats.echoes_in += 1
            else:
                origin.stats.duplicates_in += 1
        return fresh

    def _send(self, frame: Frame, origin: LocalEndpoint) -> Delivery:
        now = self._clock.now()
        destinations = self._destinations(frame, origin, {}, now)
        if destinations:
            self._dedup.expire(now)
            self._dedup.first_endpoint(frame[0], origin)
            links = [endpoint for endpoint in destinations if isinstance(endpoint, LinkEndpoint)]
            for tap in self._taps:
                tap([frame], links, True)
        return self._deliver(frame, destinations)

    def _destinations(
        self, frame: Frame, origin: Endpoint, sender_links: dict[LinkEndpoint, float], now: float
    ) -> list[Endpoint]:
        """Return the endpoints for a frame.

        `sender_links` maps the links on which its sender was received to the last time (it includes `origin` if that
        is a link).
        """
        target = target_of(frame)
        source = (frame[3], frame[4])
        chosen: list[Endpoint] = [
            local
            for local in self.locals
            if local is not origin
            and local.address != source
            and (target is BROADCAST or local.accepts_target(*target))
        ]
        if target[0]:
            candidates = self.table.endpoints_for(*target)
        elif len(self.links) == 1 and origin in sender_links:
            return chosen
        else:
            candidates = self.links
        for link in candidates:
            if link.up and now - sender_links.get(link, -math.inf) > STALE_S:
                chosen.append(link)
        return chosen

    def _deliver(self, frame: Frame, destinations: list[Endpoint]) -> Delivery:
        stats = self.stats
        accepted = False
        for endpoint in destinations:
            accepted |= endpoint.offer(frame)
        if accepted:
            stats.accepted += 1
            return Delivery.ACCEPTED
        if destinations:
            stats.filtered += 1
            return Delivery.FILTERED
        stats.unknown += 1
        return Delivery.UNKNOWN

    def _note_bug(self, bug: Exception) -> None:
        # A listener's error must stop neither the flight nor other listeners: it is raised when the hub ends.
        self._bug = self._bug or bug
