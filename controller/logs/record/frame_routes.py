"""Frame routes: the direction and the link of each recorded frame.

`frames.way` has one byte for each frame of `frames.tlog`, in the same order. The top bit is set for outbound
frames. The other seven bits number a route: the link that brought the frame, or the links it was sent on. An event
of kind `way` names the links of a number before its first use. A frame that one link brings and another link
forwards is recorded once, where it came in. Duplicates from a second link are in neither file; the links' last
events count them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from controller.logs.flights import store
from controller.logs.record.append_file import AppendFile

OUT = 0x80
# Written when all route numbers are in use: the direction is known, the link is not.
NO_NUMBER = 0x7F


class NamedLink(Protocol):
    """The part of a link that the recorder uses."""

    @property
    def name(self) -> str: ...


class RouteWriter:
    """Writer of the route bytes.

    `on_new_route(number, outbound, links)` is called before a number is first written.
    """

    def __init__(self, file: AppendFile, on_new_route: Callable[[int, bool, tuple[str, ...]], None]) -> None:
        self._file = file
        self._on_new_route = on_new_route
        self._bytes: dict[tuple[bool, tuple[str, ...]], bytes] = {}
        self._unwritten = bytearray()

    @property
    def missing(self) -> int:
        """Number of recorded frames whose route is not on the disk."""
        return len(self._unwritten)

    def add(self, links: Sequence[NamedLink], outbound: bool, frames: int, now: float) -> bytes:
        """Write the route of `frames` recorded frames. Return the bytes written.

        Bytes that the disk does not take are written before the next ones.
        """
        names = tuple(link.name for link in links)
        byte = self._bytes.get((outbound, names)) or self._number(outbound, names)
        self._unwritten += byte * frames
        if not self._file.append(self._unwritten, now):
            return b""
        data, self._unwritten = bytes(self._unwritten), bytearray()
        return data

    def _number(self, outbound: bool, names: tuple[str, ...]) -> bytes:
        number = min(len(self._bytes), NO_NUMBER)
        byte = bytes((number | OUT * outbound,))
        if number < NO_NUMBER:
            self._bytes[outbound, names] = byte
            self._on_new_route(number, outbound, names)
        return byte


@dataclass(frozen=True, slots=True)
class FrameRoute:
    """Number of frames of one route; `links` is empty if the record does not name them."""

    outbound: bool
    links: tuple[str, ...]
    frames: int

    def __str__(self) -> str:
        return f"{'out' if self.outbound else 'in '}  {' + '.join(self.links) or 'unknown link'}"


def read_frame_routes(folder: Path) -> list[FrameRoute]:
    """Return the number of frames of each route, by route number; empty for a record without routes."""
    try:
        raw = (folder / store.ROUTES).read_bytes()
    except OSError:
        return []
    links_of = {}
    for event in store.read_events(folder):
        number, outbound, links = (event.get(name) for name in ("way", "out", "links"))
        if event.get("kind") == "way" and isinstance(number, int) and isinstance(links, list):
            links_of[number, outbound is True] = tuple(map(str, links))
    return [
        FrameRoute(outbound, links_of.get((number, outbound), ()), count)
        for number in range(OUT)
        for outbound in (False, True)
        if (count := raw.count(bytes((number | OUT * outbound,))))
    ]
