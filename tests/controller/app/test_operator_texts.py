"""Texts of every component of the aircraft and of the ground box reach the operator and the record."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from controller.app.fly.events import StatusTextReceived
from controller.app.fly.options import FlyOptions
from controller.app.fly.procedure import fly
from controller.app.gcs.session import GcsSession, SessionEvent
from controller.logs.record.recorder import FlightRecorder
from controller.protocol.ground_box import BOX
from controller.wire import messages as m
from controller.wire.address import Address, address
from controller.wire.codec import Encoder
from tests.support.flights import SQUARE, station_with
from tests.support.scripted.script import Script

WARNING, CRITICAL = 4, 2
EXPECTED = [
    (WARNING, "motor of the gimbal is hot", "gimbal"),
    (CRITICAL, "dead man: laptop silent", "ground box"),
    (WARNING, "GPS glitch", "autopilot"),
    (WARNING, "camera: storage full", "companion computer"),
]
SENDERS: list[tuple[Address, int, str]] = [
    (address(1, 154), WARNING, "motor of the gimbal is hot"),
    (address(2, 1), CRITICAL, "battery of another aircraft is empty"),
    (BOX, CRITICAL, "dead man: laptop silent"),
    (address(1, 1), WARNING, "GPS glitch"),
    (address(1, 191), WARNING, "camera: storage full"),
]


async def send_texts(write: Callable[[bytes], Any]) -> None:
    for source, severity, text in SENDERS:
        await write(Encoder(source).pack(m.STATUSTEXT(severity=severity, text=text)))
        await asyncio.sleep(0.2)


def record(folder: Path) -> list[tuple[int, str, str]]:
    lines = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    return [(line["severity"], line["text"], line["sender"]) for line in lines if line["kind"] == "text"]


async def test_a_flight_shows_and_records_the_texts_of_all_senders(tmp_path: Path) -> None:
    async with station_with("ardupilot", Script(ready_at_s=0.0)) as (station, aircraft):
        recorder = FlightRecorder(tmp_path, clock=station.clock)
        shown: list[tuple[int, str, str]] = []
        sending: asyncio.Task[None] | None = None
        async for event in fly(SQUARE, station, FlyOptions(), recorder=recorder):
            if isinstance(event, StatusTextReceived):
                shown.append((event.severity, event.text, event.sender))
            if aircraft.armed and sending is None:
                assert aircraft._link is not None
                sending = asyncio.ensure_future(send_texts(aircraft._link.write))
        recorder.close()
    assert shown == EXPECTED
    assert record(tmp_path) == EXPECTED


async def test_the_live_view_shows_and_records_the_texts_of_all_senders(tmp_path: Path) -> None:
    async with station_with("ardupilot", Script(ready_at_s=0.0)) as (station, aircraft):
        recorder = FlightRecorder(tmp_path, clock=station.clock)
        events: list[SessionEvent] = []
        session = GcsSession(station, recorder, on_event=events.append)
        async with session.running():
            await asyncio.sleep(5.0)
            assert aircraft._link is not None
            await send_texts(aircraft._link.write)
            view = session.display_state()
        recorder.close()
    assert [(text.severity, text.text, text.sender) for text in view.state.texts] == EXPECTED
    assert [event.text for event in events if event.kind == "text"][:2] == [
        "gimbal: motor of the gimbal is hot",
        "ground box: dead man: laptop silent",
    ]
    assert record(tmp_path) == EXPECTED


async def test_a_warning_of_the_box_is_shown_before_an_aircraft_is_found(tmp_path: Path) -> None:
    async with station_with("ardupilot", Script(silent_when=lambda _: True)) as (station, aircraft):
        recorder = FlightRecorder(tmp_path, clock=station.clock)
        session = GcsSession(station, recorder, on_event=lambda _: None)
        async with session.running():
            await asyncio.sleep(1.0)
            assert aircraft._link is not None
            await aircraft._link.write(
                Encoder(BOX).pack(m.STATUSTEXT(severity=WARNING, text="radio1 silent"))
            )
            await asyncio.sleep(1.0)
            texts = session.display_state().state.texts
        recorder.close()
    assert [(text.text, text.sender) for text in texts] == [("radio1 silent", "ground box")]
    assert record(tmp_path) == [(WARNING, "radio1 silent", "ground box")]
