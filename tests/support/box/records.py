"""Flights with a gap in the laptop's record, and the record of the ground box in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from controller.logs.box.match import BoxMatch
from controller.logs.box.merge import merge_box_record
from controller.logs.box.record import BoxBlock, box_blocks
from controller.logs.record.keys import load_key
from controller.wire.tlog import TlogFrames
from firmware.core.blockfile import BlockFile
from firmware.roles.recorder import Recorder
from tests.support.logs.logged_flights import START_US, flight_frames

NAME = "20260517T064000Z-copter-1"
AHEAD_US = 3_217_000  # the laptop's clock is ahead of the box's
END_US = START_US + 60_000_000
SLOTS = 8  # blocks of a ring


def box_record(
    path: Path, frames: bytes, *, clock: Callable[[int], int] = lambda us: us - AHEAD_US, slots: int = 64
) -> list[BoxBlock]:
    """Write the record of a box that received these frames, timed by its own clock; return its blocks."""
    store = BlockFile(str(path), slots)
    recorder = Recorder(3)
    assert recorder.start(store, 0)
    for number, (time_us, frame) in enumerate(TlogFrames(frames)):
        stamp = bytearray(clock(time_us).to_bytes(8, "big"))
        recorder.append(bytearray(frame.raw), 0, len(frame.raw), stamp)
        if number % 20 == 19:
            recorder._close()  # as it does once a second
        for _ in range(10):
            recorder.step(0)
    recorder.stop()
    for _ in range(64):
        recorder.step(0)
    store.close()
    return box_blocks(path)


def without(frames: bytes, kept: Callable[[float], bool]) -> bytes:
    """Return the entries whose second since the start is kept."""
    read = TlogFrames(frames)
    return b"".join(
        time_us.to_bytes(8, "big") + frame.raw for time_us, frame in read if kept((time_us - START_US) / 1e6)
    )


def flight_folder(flights: Path, frames: bytes, *, closed: bool = True) -> Path:
    """Write a flight with these frames and its start and end events."""
    folder = flights / NAME
    folder.mkdir(parents=True)
    (folder / "frames.tlog").write_bytes(frames)
    events = [{"utc": "2026-05-17T06:40:00Z", "t_s": 0.0, "kind": "start"}]
    if closed:
        events.append({"utc": "2026-05-17T06:41:00Z", "t_s": 60.0, "kind": "end", "outcome": "completed"})
    (folder / "events.jsonl").write_text("".join(json.dumps(event) + "\n" for event in events))
    return folder


def gap_flight(tmp_path: Path) -> tuple[Path, list[BoxBlock], bytes]:
    """Write a flight of 60 s without frames from 20 to 35 s.

    return its folder, the box's blocks, and the lost frames.
    """
    whole = flight_frames(seconds=60)
    own = without(whole, lambda at_s: not 20 <= at_s < 35)
    folder = flight_folder(tmp_path / "flights", own)
    return folder, box_record(tmp_path / "card.blocks", whole), without(whole, lambda at_s: 20 <= at_s < 35)


def merged_gap_flight(tmp_path: Path) -> tuple[Path, BoxMatch, bytes]:
    """The flight of `gap_flight` merged with the box's record; its folder, the match, and the frames it lacked."""
    folder, blocks, lost = gap_flight(tmp_path)
    found = merge_box_record(folder, blocks, source="card", key=load_key(tmp_path / "keys"), until_us=END_US)
    return folder, found, lost


def box_ring(folder: Path, blocks: int, *, slots: int = SLOTS) -> Path:
    """Write a ring of `slots` blocks as after `blocks` blocks of 30 frames each; return its path."""
    path = folder / "box.blocks"
    store = BlockFile(str(path), slots)
    recorder = Recorder(3)
    assert recorder.start(store, 0)
    for number in range(blocks * 30):
        stamp = bytearray((1_790_000_000_000_000 + number).to_bytes(8, "big"))
        recorder.append(bytearray(number.to_bytes(4, "big") * 30), 0, 120, stamp)
        if number % 30 == 29:
            recorder._close()
        recorder.step(0)
        recorder.step(0)
    recorder.stop()
    for _ in range(64):
        recorder.step(0)
    store.close()
    return path
