"""The reference flights of real autopilots as (seconds since the first frame, frame), with their event lists."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from controller.wire.frame import Frame

STACKS = ("arducopter", "arduplane", "px4")


def flights(shared_data: Path) -> list[tuple[str, str]]:
    """(folder, flight) of all of them."""
    return [
        (stack, path.stem)
        for stack in STACKS
        for path in sorted((shared_data / "reference" / stack).glob("*.tlog"))
    ]


def events(shared_data: Path, stack: str, flight: str) -> list[tuple[float, str]]:
    text = (shared_data / "reference" / stack / "events.json").read_text(encoding="utf-8")
    return [(at_s, what) for at_s, what in json.loads(text)[flight]["events"]]


@lru_cache(maxsize=3)
def _read(path: Path) -> tuple[tuple[float, Frame], ...]:
    """Headers are read by hand: the files are known to be whole, and the framer has tests of its own."""
    data = path.read_bytes()
    read: list[tuple[float, Frame]] = []
    at, start_us = 0, int.from_bytes(data[:8], "big")
    while at + 10 < len(data):
        stamp_us = int.from_bytes(data[at : at + 8], "big")
        body = at + 8
        if data[body] == 0xFE:
            at = body + data[body + 1] + 8
            head = (data[body + 5], data[body + 2], data[body + 3], data[body + 4])
        else:
            at = body + data[body + 1] + 12 + 13 * (data[body + 2] & 1)
            msg_id = int.from_bytes(data[body + 7 : body + 10], "little")
            head = (msg_id, data[body + 4], data[body + 5], data[body + 6])
        read.append(((stamp_us - start_us) / 1e6, Frame((data[body:at], *head, []))))
    return tuple(read)


def frames(shared_data: Path, stack: str, flight: str) -> Iterator[tuple[float, Frame]]:
    """Both directions, in order."""
    yield from _read(shared_data / "reference" / stack / f"{flight}.tlog")


def messages(
    shared_data: Path, stack: str, flight: str, names: frozenset[str] | None = None
) -> Iterator[tuple[float, Frame, Any]]:
    """Those our dialect knows (of these names), decoded."""
    for at_s, frame in frames(shared_data, stack, flight):
        if frame.known and (names is None or frame.name in names):
            yield at_s, frame, frame.message()
