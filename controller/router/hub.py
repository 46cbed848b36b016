"""The hub: every frame goes through here, from links to links and to the parts of this process.

    async with Hub(clock=SystemClock()) as hub:
        hub.tap(recorder.frames)
        ground = hub.local(GROUND)
        await hub.add(open_link("udpin:127.0.0.1:14550", policy=policy, clock=clock))

Each link has a reader task and a writer task; what they do with a frame happens at once and in order, so nothing is
shared between tasks. Frames are routed undecoded. A frame for everybody goes to all endpoints but those its sender was heard
on; a frame with a target goes where the target was heard; a copy from another endpoint goes nowhere, so that no ring of
routers can keep a frame alive.
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
# (frames, the links they came from or go to, whether they are our own): called before anybody acts on them.
Tap = Callable[[list[Frame], Sequence[LinkEndpoint], bool], None]


@dataclass(frozen=True, slots=True)
class LinkChange:
    """A link came or went."""

    endpoint: LinkEndpoint
    up: bool
    why: str


@dataclass(slots=True)
class HubStats:
    """Frames by what became of them. Duplicates and echoes are counted with the link that brought them."""

    accepted: int = 0
    filtered: int = 0
    unknown: int = 0


class Hub:
    """Owns its links while it is entered."""

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
                raise OurBug(f"a listener failed: {self._bug!r}") from self._bug
            error.add_note("Before this a listener failed:\n" + "".join(format_exception(self._bug)))

    async def add(
        self,
        link: Link,
        *,
        name: str = "",
        filters: Iterable[Filter] = (),
    ) -> LinkEndpoint:
        """Open a link and route over it until `remove` or the end of the hub. Raises what opening raises."""
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
        """Close a link and forget what was heard on it."""
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

    def local(self, address: Address, *, hears_all: bool = False, version: int = 2) -> LocalEndpoint:
        """An endpoint of this process, speaking as `address`."""
        endpoint = LocalEndpoint(address, self._depart, self._note_bug, hears_all=hears_all, version=version)
        self.locals.append(endpoint)
        return endpoint

    def tap(self, tap: Tap) -> None:
        """Have all frames shown to `tap`, in the order of adding, before anything else is done with them."""
        self._taps = (*self._taps, tap)

    def watch(self, watcher: Callable[[LinkChange], None]) -> None:
        """Have `watcher(change)` called when a link is lost or found again."""
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
        origin.take(frames)
        fresh = self._fresh(frames, origin, now)
        if not fresh:
            return
        for tap in self._taps:
            tap(fresh, (origin,), False)
        for frame in fresh:
            heard = self.table.learn((frame[3], frame[4]), origin, now)
            if origin.filters_in and not passes(origin.filters_in, frame):
                origin.stats.filtered += 1
                self.stats.filtered += 1
            else:
                self._hand_over(frame, self._destinations(frame, origin, heard, now))

    def _fresh(self, frames: list[Frame], origin: LinkEndpoint, now: float) -> list[Frame]:
        """Without copies of what another link brought, and without our own frames coming back."""
        self._dedup.turn(now)
        first_of = self._dedup.first
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

    def _depart(self, frame: Frame, origin: LocalEndpoint) -> Delivery:
        now = self._clock.now()
        destinations = self._destinations(frame, origin, {}, now)
        if destinations:
            self._dedup.turn(now)
            self._dedup.first(frame[0], origin)
            links = [way for way in destinations if isinstance(way, LinkEndpoint)]
            for tap in self._taps:
                tap([frame], links, True)
        return self._hand_over(frame, destinations)

    def _destinations(
        self, frame: Frame, origin: Endpoint, heard: dict[LinkEndpoint, float], now: float
    ) -> list[Endpoint]:
        """Who gets a frame whose sender was last heard on the links of `heard` (among them `origin`, if that is a link)."""
        target = target_of(frame)
        source = (frame[3], frame[4])
        chosen: list[Endpoint] = [
            local
            for local in self.locals
            if local is not origin
            and local.address != source
            and (target is BROADCAST or local.wants(*target))
        ]
        if target[0]:
            ways = self.table.ways_to(*target)
        elif len(self.links) == 1 and origin in heard:
            return chosen
        else:
            ways = self.links
        for way in ways:
            if way.up and now - heard.get(way, -math.inf) > STALE_S:
                chosen.append(way)
        return chosen

    def _hand_over(self, frame: Frame, destinations: list[Endpoint]) -> Delivery:
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
        # A listener's error must end neither the flight nor the other listeners: it is raised when the hub ends.
        self._bug = self._bug or bug
