"""TCP listener for one client at a time, as a simulator needs for its autopilot."""

from __future__ import annotations

from collections.abc import Callable

from controller.guard.policy import EndpointPolicy
from controller.link.tcp import StreamProtocol, TcpIn
from controller.link.url import LinkUrl


class SingleClientTcpIn(TcpIn):
    """Refuses a second client and reports it by `report(text)`.

    `watch` reports connects and disconnects of the first.
    """

    def __init__(self, url: LinkUrl, *, policy: EndpointPolicy, report: Callable[[str], None]) -> None:
        super().__init__(url, policy=policy)
        self._report = report

    def stream_made(self, stream: StreamProtocol) -> None:
        if self._streams:
            if stream.transport is not None:
                peer = stream.transport.get_extra_info("peername")
                self._report(
                    f"{self.where}: refused a second client ({peer[0]}:{peer[1]}); each autopilot needs its own port "
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
