"""An endpoint inside this process: the ground station itself, as the router sees it."""

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
    """What became of a frame: somebody took it, rules forbade it, or nobody knows its target."""

    ACCEPTED = "accepted"
    FILTERED = "filtered"
    UNKNOWN = "unknown"


class LocalEndpoint:
    """Made by `Hub.local`. Hears broadcasts and what is for its address; with `hears_all`, everything."""

    def __init__(
        self,
        address: Address,
        depart: Callable[[Frame, LocalEndpoint], Delivery],
        note_bug: Callable[[Exception], None],
        *,
        hears_all: bool,
        version: int,
    ) -> None:
        self._note_bug = note_bug
        self.address = address
        self.name = f"local {address}"
        self.hears_all = hears_all
        self._encoder = Encoder(address, version=version)
        self._depart = depart
        self._listeners: tuple[Listener, ...] = ()

    def send(self, message: Message) -> Delivery:
        """Pack and send. UNKNOWN when the message's target was never heard on any link; raises ValueError as `encode` does."""
        raw = self._encoder.pack(message)
        seq = raw[4] if self._encoder.version == 2 else raw[2]
        frame = Frame((raw, message.msg_id, seq, self.address.system, self.address.component, []))
        return self._depart(frame, self)

    def listen(self, listener: Listener) -> Callable[[], None]:
        """Call `listener(frame)` for each frame as it arrives (it must be quick); returns what ends that."""
        self._listeners = (*self._listeners, listener)

        def stop() -> None:
            self._listeners = tuple(kept for kept in self._listeners if kept is not listener)

        return stop

    def subscribe(self, *, limit: int = 1000) -> Subscription:
        """Frames as an asynchronous iterator: `async with local.subscribe() as frames: async for frame in frames`."""
        return Subscription(self, limit)

    def wants(self, system: int, component: int) -> bool:
        """Whether a frame for this target (0 means all) is for us."""
        ours = self.address
        return self.hears_all or ((system in (0, ours.system)) and (component in (0, ours.component)))

    def offer(self, frame: Frame) -> bool:
        """The hub hands a frame over."""
        for listener in self._listeners:
            try:
                listener(frame)
            except Exception as bug:
                self._note_bug(bug)
        return True


class Subscription:
    """Frames waiting for one listener. One that is slow loses its own oldest frames, counted in `dropped`."""

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
