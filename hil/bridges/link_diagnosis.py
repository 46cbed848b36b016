"""Diagnosis of a silent link: what kind of data it has received."""

from __future__ import annotations

HEAD_BYTES = 64  # enough to recognise a protocol
HTTP = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"HTTP/")


class LinkDiagnosis:
    """Counters since the last `clear`; `str` is a verb phrase about the other side, for error lines."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Start again, for a new connection."""
        self.bytes = self.frames = 0
        self._head = b""

    def add(self, data: bytes, frames: int) -> None:
        """Count received bytes and the MAVLink frames decoded from them."""
        self.bytes += len(data)
        self.frames += frames
        if len(self._head) < HEAD_BYTES:
            self._head += data[:HEAD_BYTES]

    @property
    def kind(self) -> str:
        """Kind of data received: nothing, http, bytes or mavlink."""
        if self.frames:
            return "mavlink"
        if self._head.startswith(HTTP):
            return "http"
        return "bytes" if self.bytes else "nothing"

    def __str__(self) -> str:
        return {
            "nothing": "sends nothing",
            "http": "sends HTTP, as a web browser does",
            "bytes": f"has sent {self.bytes} bytes that are not MAVLink",
            "mavlink": f"has sent {self.frames} MAVLink frames, none of them expected",
        }[self.kind]
