"""Reference flights recorded from real autopilots: (seconds since the first frame, frame), and their event lists."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from controller.wire import dialect
from controller.wire.frame import Frame

STACKS = ("arducopter", "arduplane", "px4")


def flights(shared_data: Path) -> list[tuple[str, str]]:
    """Return (autopilot folder, flight name) of all reference flights."""
    return [
        (stack, path.stem)
        for stack in STACKS
        for path in sorted((shared_data / "reference" / stack).glob("*.tlog"))
    ]


def events(shared_data: Path, stack: str, flight: str) -> list[tuple[float, str]]:
    text = (shared_data / "reference" / stack / "events.json").read_text(encoding="utf-8")
    return [(at_s, what) for at_s, what in json.loads(text)[flight]["events"]]


def frames(
    shared_data: Path, stack: str, flight: str, names: Iterable[str] = ()
) -> Iterator[tuple[float, Frame]]:
    """Yield (time in s, frame) of both directions, in order; with `names` only these messages.

    The headers are parsed here, independent of the framer: the files are known to be undamaged.
    """
    data = (shared_data / "reference" / stack / f"{flight}.tlog").read_bytes()
    wanted = frozenset(dialect.by_name(name).msg_id for name in names)
    at, start_us = 0, int.from_bytes(data[:8], "big")
    while at + 10 < len(data):
        body = at + 8
        if data[body] == 0xFE:
            end = body + data[body + 1] + 8
            msg_id, head = data[body + 5], body + 2
        else:
            end = body + data[body + 1] + 12 + 13 * (data[body + 2] & 1)
            msg_id, head = data[body + 7] | data[body + 8] << 8 | data[body + 9] << 16, body + 4
        if not wanted or msg_id in wanted:
            frame = Frame((data[body:end], msg_id, data[head], data[head + 1], data[head + 2], []))
            yield (int.from_bytes(data[at:body], "big") - start_us) / 1e6, frame
        at = end


def messages(
    shared_data: Path, stack: str, flight: str, names: Iterable[str] = ()
) -> Iterator[tuple[float, Frame, Any]]:
    """Yield (time in s, frame, decoded message) of the known messages; with `names` only these."""
    for at_s, frame in frames(shared_data, stack, flight, names):
        if frame.known:
            yield at_s, frame, frame.message()
