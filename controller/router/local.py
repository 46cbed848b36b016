"""Local endpoint: the connection of this process to the router."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from enum import Enum
from types import TracebackType
from typing import Self

from controller.wire.address import Address
from controller.wire.codec import Encoder
from controller.wire.frame import Frame
from controller.wire.message import Message

Listener = Callable[[Frame], None]


class Delivery(Enum):
    """Result of routing a frame: accepted by an endpoint, blocked by filters, or target unknown."""

    ACCEPTED = "accepted"
    FILTERED = "filtered"
    UNKNOWN = "unknown"


class LocalEndpoint:
    """Endpoint of this process, created by `Hub.local`.

    It receives broadcasts and frames for its address; with `receives_all`, all frames.
    """

    def __init__(
        self,
        address: Address,
        route: Callable[[Frame, LocalEndpoint], Delivery],
        note_bug: Callable[[Exception], None],
        *,
        receives_all: bool,
        version: int,
    ) -> None:
        self._note_bug = note_bug
        self.address = address
        self.name = f"local {address}"
        self.receives_all = receives_all
        self._encoder = Encoder(address, version=version)
        self._route = route
        self._listeners: tuple[Listener, ...] = ()
        self._listeners_of: dict[int, tuple[Listener, ...]] = {}

    def send(self, message: Message) -> Delivery:
        """Encode and send a message.

        UNKNOWN: the target was not received on any link. Raises ValueError as `encode` does.
        """
        raw = self._encoder.pack(message)
        seq = raw[4] if self._encoder.version == 2 else raw[2]
        frame = Frame((raw, message.msg_id, seq, self.address.system, self.address.component, []))
        return self._route(frame, self)

    def listen(self, listener: Listener, *, system: int | None = None) -> Callable[[], None]:
        """Call `listener(frame)` for each arriving frame (it must be quick), or for those of one system id alone.

        Returns a function that stops it. Of fifty aircraft each has listeners of its own; were they called for the
        frames of the others, the work would grow with the square of their number.
        """
        if system is not None:
            self._listeners_of[system] = (*self._listeners_of.get(system, ()), listener)
        else:
            self._listeners = (*self._listeners, listener)

        def stop() -> None:
            if system is not None:
                self._listeners_of[system] = _without(self._listeners_of[system], listener)
            else:
                self._listeners = _without(self._listeners, listener)

        return stop

    def subscribe(self, *, limit: int = 1000) -> Subscription:
        """Return frames as an asynchronous iterator: `async with local.subscribe() as frames: async for frame in
        frames`.
        """
        return Subscription(self, limit)

    def accepts_target(self, system: int, component: int) -> bool:
        """Return whether this endpoint receives frames for this target (0 means all)."""
        own = self.address
        return self.receives_all or ((system in (0, own.system)) and (component in (0, own.component)))

    def offer(self, frame: Frame) -> bool:
        """Pass a frame to the listeners; called by the hub."""
        own = self._listeners_of.get(frame.system)
        for listener in (*self._listeners, *own) if own else self._listeners:
            try:
                listener(frame)
            except Exception as bug:
                self._note_bug(bug)
        return True


def _without(listeners: tuple[Listener, ...], stopped: Listener) -> tuple[Listener, ...]:
    return tuple(listener for listener in listeners if listener is not stopped)


class Subscription:
    """Queue of frames for one consumer. A slow consumer loses its oldest frames, counted in `dropped`."""

    def __init__(self, endpoint: LocalEndpoint, limit: int) -> None:
        self.dropped = 0
        self._endpoint = endpoint
        self._frames: deque[Frame] = deque()
        self._limit = limit
        self._arrived = asyncio.Event()
        self._stop: Callable[[], None] | None = None

    def _take(self, frame: Frame) -> None:
        self._frames.append(frame)
        if len(self._frames) > self._limit:
            self._frames.popleft()
            self.dropped += 1
        self._arrived.set()

    async def __aenter__(self) -> Self:
        self._stop = self._endpoint.listen(self._take)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stop is not None:
            self._stop()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Frame:
        while not self._frames:
            self._arrived.clear()
            await self._arrived.wait()
        return self._frames.popleft()
