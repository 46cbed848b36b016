"""A TCP listener for exactly one client at a time, as a simulator is for its autopilot."""

from __future__ import annotations

from collections.abc import Callable

from controller.guard.policy import EndpointPolicy
from controller.link.tcp import StreamProtocol, TcpIn
from controller.link.url import LinkUrl


class SingleClientTcpIn(TcpIn):
    """Refuses a second client while there is one, and tells so; `watch` tells of the first one's coming and going."""

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy, tell: Callable[[str], None]) -> None:
        super().__init__(url, policy=policy)
        self._tell = tell

    def stream_made(self, stream: StreamProtocol) -> None:
        if self._streams:
            if stream.transport is not None:
                peer = stream.transport.get_extra_info("peername")
                self._tell(
                    f"{self.where}: a second client ({peer[0]}:{peer[1]}) was sent away; each autopilot needs a port of its own "
                    "(--instance)"
                )
                stream.transport.abort()
            return
        super().stream_made(stream)
        self.changed(True, "connected")

    def stream_data(self, stream: StreamProtocol, data: bytes) -> None:
        if stream in self._streams:
            super().stream_data(stream, data)

    def stream_lost(self, stream: StreamProtocol, error: Exception | None) -> None:
        known = stream in self._streams
        super().stream_lost(stream, error)
        if known:
            self.changed(False, "the client closed the connection")
