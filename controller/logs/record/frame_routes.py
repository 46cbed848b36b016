"""Which way each frame went: `frames.way` has a byte for each frame of `frames.tlog`, in the same order.

The top bit is set where the frame went out; the others number a link, or the links that a frame went out by, and an event of kind
`way` names them before the number is first used. A frame that one link brought and another carries on is recorded where it came in.
Copies that a second link brings are in neither file; the links' last events count them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from controller.logs.flights import store
from controller.logs.record.append_file import AppendFile

OUT = 0x80
# All numbers are taken: the direction is known, the link is not.
NUMBERLESS = 0x7F


class NamedLink(Protocol):
    """A link, as far as the record goes."""

    @property
    def name(self) -> str: ...


class RouteWriter:
    """`named(number, outbound, links)` is called for each new way, before it is written."""

    def __init__(self, file: AppendFile, named: Callable[[int, bool, tuple[str, ...]], None]) -> None:
        self._file = file
        self._named = named
        self._bytes: dict[tuple[bool, tuple[str, ...]], bytes] = {}
        self._unwritten = bytearray()

    @property
    def missing(self) -> int:
        """Recorded frames whose way is not on disk."""
        return len(self._unwritten)

    def add(self, links: Sequence[NamedLink], outbound: bool, frames: int, now: float) -> bytes:
        """So many frames were recorded; gives what was written. What the disk does not take goes before the next."""
        names = tuple(link.name for link in links)
        byte = self._bytes.get((outbound, names)) or self._number(outbound, names)
        self._unwritten += byte * frames
        if not self._file.append(self._unwritten, now):
            return b""
        data, self._unwritten = bytes(self._unwritten), bytearray()
        return data

    def _number(self, outbound: bool, names: tuple[str, ...]) -> bytes:
        number = min(len(self._bytes), NUMBERLESS)
        byte = bytes((number | OUT * outbound,))
        if number < NUMBERLESS:
            self._bytes[outbound, names] = byte
            self._named(number, outbound, names)
        return byte


@dataclass(frozen=True, slots=True)
class FrameRoute:
    """`links` are empty where the record does not name them."""

    outbound: bool
    links: tuple[str, ...]
    frames: int

    def __str__(self) -> str:
        return f"{'out' if self.outbound else 'in '}  {' + '.join(self.links) or 'link not known'}"


def read_frame_routes(folder: Path) -> list[FrameRoute]:
    """How many frames went which way, in the order of the ways' numbers; empty where the record does not tell."""
    try:
        raw = (folder / store.ROUTES).read_bytes()
    except OSError:
        return []
    named = {}
    for event in store.read_events(folder):
        number, outbound, links = (event.get(name) for name in ("way", "out", "links"))
        if event.get("kind") == "way" and isinstance(number, int) and isinstance(links, list):
            named[number, outbound is True] = tuple(map(str, links))
    return [
        FrameRoute(outbound, named.get((number, outbound), ()), count)
        for number in range(OUT)
        for outbound in (False, True)
        if (count := raw.count(bytes((number | OUT * outbound,))))
    ]
