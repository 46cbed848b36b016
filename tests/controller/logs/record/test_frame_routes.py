"""Frame routes: recorded beside the frames, covered by the chain, counted by `logs show`."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from controller.app.station import Station
from controller.link.memory import memory_pair
from controller.logs.flights import store
from controller.logs.record.frame_routes import NO_NUMBER, OUT, FrameRoute, read_frame_routes
from controller.logs.record.ledger import read_ledger
from controller.logs.record.recorder import FlightRecorder
from controller.logs.verification.flight import verify_flight
from controller.wire import messages as m
from hil.sim.clock import VirtualClock
from tests.support.logs.recorded_flights import attitude_frames


class Link:
    def __init__(self, name: str) -> None:
        self.name = name


A, B = Link("udpin:127.0.0.1:14550"), Link("serial:/dev/ttyUSB0")


def start(folder: Path) -> FlightRecorder:
    return FlightRecorder.start(
        folder / "flights", vehicle="quad", clock=VirtualClock(), keys=folder / "keys", durable=False
    )


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [event for event in store.read_events(folder) if event["kind"] == kind]


async def test_every_frame_has_a_route_byte_and_each_route_an_event(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    frames = attitude_frames(3)
    recorder.frames(frames, [A], False)
    recorder.frames(frames[:1], [A, B], True)
    recorder.frames(frames[:2], [B], False)
    recorder.frames(frames[:2], [A], False)
    recorder.frames(frames[:1], [A], True)
    folder = recorder.close().folder
    assert (folder / "frames.way").read_bytes() == bytes([0, 0, 0, OUT | 1, 2, 2, 0, 0, OUT | 3])
    assert [(event["way"], event["out"], event["links"]) for event in events(folder, "way")] == [
        (0, False, [A.name]),
        (1, True, [A.name, B.name]),
        (2, False, [B.name]),
        (3, True, [A.name]),
    ]
    assert read_frame_routes(folder) == [
        FrameRoute(False, (A.name,), 5),
        FrameRoute(True, (A.name, B.name), 1),
        FrameRoute(False, (B.name,), 2),
        FrameRoute(True, (A.name,), 1),
    ]


async def test_a_changed_route_is_found(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    recorder.frames(attitude_frames(5), [A], False)
    folder = recorder.close().folder
    assert verify_flight(folder, ledger=read_ledger(tmp_path / "keys")).ok
    (folder / "frames.way").write_bytes(bytes([0, 0, OUT, 0, 0]))
    fault = verify_flight(folder).first_fault
    assert fault is not None
    assert fault.why == "frames.way: bytes 0 to 5 were changed"
    (folder / "frames.way").unlink()
    assert not verify_flight(folder).ok


async def test_route_bytes_that_a_full_disk_refuses_are_written_later_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = start(tmp_path)
    frames, write = attitude_frames(3), os.write
    recorder.frames(frames, [A], False)

    def only_long(handle: int, data: bytes) -> int:
        if len(data) < 40:
            raise OSError(28, "No space left on device")
        return write(handle, data)

    monkeypatch.setattr(os, "write", only_long)
    recorder.frames(frames, [A], True)
    monkeypatch.setattr(os, "write", write)
    await asyncio.sleep(2)
    recorder.frames(frames[:1], [A], False)
    recording = recorder.close()
    assert (recording.folder / "frames.way").read_bytes() == bytes([0] * 3 + [OUT | 1] * 3 + [0])
    assert verify_flight(recording.folder, ledger=read_ledger(tmp_path / "keys")).ok
    assert recording.problems == ("cannot write frames.way: No space left on device",)


async def test_more_routes_than_numbers_keep_their_direction(tmp_path: Path) -> None:
    recorder = start(tmp_path)
    for number in range(NO_NUMBER + 2):
        recorder.frames(attitude_frames(1), [Link(f"tcp:{number}")], number % 2 == 1)
    folder = recorder.close().folder
    assert (folder / "frames.way").read_bytes()[-3:] == bytes([NO_NUMBER - 1, OUT | NO_NUMBER, NO_NUMBER])
    assert len(events(folder, "way")) == NO_NUMBER
    assert read_frame_routes(folder)[-2:] == [FrameRoute(False, (), 1), FrameRoute(True, (), 1)]


async def test_a_station_on_two_links_records_each_frame_once_and_counts_duplicates(
    tmp_path: Path,
) -> None:
    recorder = start(tmp_path)
    (near_a, far_a), (near_b, far_b) = memory_pair("a", "aircraft a"), memory_pair("b", "aircraft b")
    async with Station(clock=VirtualClock(), recorder=recorder, operator_feeds=True) as station:
        await station.add(near_a, name="radio")
        await station.add(near_b, name="cable")
        frames = attitude_frames(4)
        for frame in frames[:3]:
            await far_a.write(frame.raw)
            await asyncio.sleep(0.1)
            await far_b.write(frame.raw)
            await asyncio.sleep(0.1)
        await far_b.write(frames[3].raw)
        await asyncio.sleep(0.1)
        station.local.send(m.HEARTBEAT(type=6))
        await asyncio.sleep(0.1)
        folder = recorder.close().folder
    assert [str(route) for route in read_frame_routes(folder)] == [
        "in   radio",
        "in   cable",
        "out  radio + cable",
    ]
    assert [route.frames for route in read_frame_routes(folder)] == [3, 1, 1]
    counts = {event["name"]: event for event in events(folder, "link")}
    assert [(counts[name]["frames_in"], counts[name]["duplicates_in"]) for name in ("radio", "cable")] == [
        (3, 0),
        (4, 3),
    ]
    assert json.loads((folder / "events.jsonl").read_text().splitlines()[-1])["kind"] == "end"


async def test_a_flight_without_routes_is_still_read(tmp_path: Path) -> None:
    recorder = FlightRecorder.start(tmp_path, vehicle="old", clock=VirtualClock())
    recorder.frames(attitude_frames(2), [A], False)
    folder = recorder.close().folder
    (folder / "frames.way").unlink()
    assert read_frame_routes(folder) == []
    assert store.summarize_flight(folder).frames == 2
