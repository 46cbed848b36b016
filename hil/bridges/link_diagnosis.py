"""What has come over a link, as far as it tells why nothing moves."""

from __future__ import annotations

BEGINNING = 64  # bytes, enough for the first words of any protocol
HTTP = (b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"HTTP/")


class LinkDiagnosis:
    """Counts since the last `clear`. `str` is what the other side has done, as the end of a sentence about it."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Somebody new is there."""
        self.bytes = self.frames = 0
        self._first = b""

    def take(self, data: bytes, frames: int) -> None:
        """Bytes that came, and how many frames of MAVLink were complete with them."""
        self.bytes += len(data)
        self.frames += frames
        if len(self._first) < BEGINNING:
            self._first += data[:BEGINNING]

    @property
    def kind(self) -> str:
        """nothing, http, bytes or mavlink."""
        if self.frames:
            return "mavlink"
        if self._first.startswith(HTTP):
            return "http"
        return "bytes" if self.bytes else "nothing"

    def __str__(self) -> str:
        return {
            "nothing": "sends nothing",
            "http": "speaks HTTP, as a web browser does",
            "bytes": f"has sent {self.bytes} bytes that are no MAVLink",
            "mavlink": f"has sent {self.frames} frames of MAVLink, and none that is expected",
        }[self.kind]
