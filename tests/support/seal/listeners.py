"""Listeners on this machine that note what arrives: for each place a TCP and a UDP socket of the same port."""

from __future__ import annotations

import selectors
import socket
import threading
from types import TracebackType
from typing import Any

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n"
    b"Access-Control-Allow-Origin: *\r\nConnection: close\r\n\r\nok"
)
_BYTES = 4096


class Listeners:
    """Places that listen for the block. `arrived` has the bytes of each port that something came to, "" for none."""

    def __init__(self, places: int) -> None:
        self.arrived: dict[int, bytes] = {}
        self.ports: list[int] = []
        self._ended = threading.Event()
        self._sockets = selectors.DefaultSelector()
        for _ in range(places):
            self.ports.append(self._listen())
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Listeners:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        for key in list(self._sockets.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self._sockets.close()

    def _listen(self) -> int:
        while True:
            tcp = socket.create_server(("127.0.0.1", 0))
            port = int(tcp.getsockname()[1])
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:  # the port is free for TCP alone
                tcp.close()
                udp.close()
                continue
            self._sockets.register(tcp, selectors.EVENT_READ, (port, self._accept))
            self._sockets.register(udp, selectors.EVENT_READ, (port, self._read))
            return port

    def _serve(self) -> None:
        while not self._ended.is_set():
            for key, _ in self._sockets.select(0.05):
                port, act = key.data
                act(port, key.fileobj)

    def _accept(self, port: int, server: Any) -> None:
        client, _ = server.accept()
        self._note(port, b"")
        self._sockets.register(client, selectors.EVENT_READ, (port, self._read))

    def _read(self, port: int, sender: Any) -> None:
        try:
            data = sender.recv(_BYTES)
        except OSError:
            data = b""
        self._note(port, data)
        if sender.type == socket.SOCK_STREAM:
            if data:
                sender.send(ANSWER)
            self._sockets.unregister(sender)
            sender.close()

    def _note(self, port: int, data: bytes) -> None:
        self.arrived[port] = self.arrived.get(port, b"") + data
