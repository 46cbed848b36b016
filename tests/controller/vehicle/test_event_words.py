"""Words of events from the aircraft's metadata over FTP, else those of the package."""

from __future__ import annotations

import json
import lzma
from pathlib import Path
from typing import Any

import pytest

from controller.protocol.events.definitions import packed_table
from controller.vehicle.monitoring.event_words import read_event_words
from controller.wire import messages as m
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script

FTP = int(MAV_PROTOCOL_CAPABILITY.FTP)
GENERAL, EVENTS = "etc/extras/component_general.json.xz", "etc/extras/all_events.json.xz"
METADATA = m.COMPONENT_METADATA(uri=f"mftp://{GENERAL}")
TABLE = {
    "version": 2,
    "components": {
        "1": {
            "namespace": "px4",
            "event_groups": {"default": {"events": {"7": {"name": "new", "message": "A new event"}}}},
        }
    },
}


def general(uri: str = f"mftp://{EVENTS}", crc: int = 0) -> bytes:
    kinds = [{"type": 1, "uri": "mftp://etc/p.json"}, {"type": 4, "uri": uri, "fileCrc": crc}]
    return json.dumps({"version": 1, "metadataTypes": kinds}).encode()


def script(
    files: dict[str, bytes], messages: tuple[Message, ...] = (METADATA,), *, capabilities: int = FTP
) -> tuple[Script, Px4FtpServer]:
    server = Px4FtpServer({f"/{name}": data for name, data in files.items()})
    return Script(
        ready_at_s=0.0, services=[server], messages=list(messages), capabilities=capabilities
    ), server


PACKED = {GENERAL: lzma.compress(general()), EVENTS: lzma.compress(json.dumps(TABLE).encode())}


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path))


@pytest.mark.parametrize(
    "messages",
    [
        (METADATA,),
        (m.COMPONENT_METADATA(uri=f"mftp://[;comp=1]{GENERAL}"),),
        (m.COMPONENT_INFORMATION(general_metadata_uri=f"mftp://{GENERAL}"),),
    ],
    ids=["metadata", "with a component", "the older message"],
)
async def test_the_aircrafts_own_words_are_used(messages: tuple[Message, ...]) -> None:
    served, _ = script(PACKED, messages)
    async with vehicle_with("px4", served) as (vehicle, _):
        await vehicle.request_version()
        assert await read_event_words(vehicle)
        assert vehicle.announcements.table.decode(m.EVENT(id=1 << 24 | 7)).text == "A new event"


async def test_a_file_with_a_checksum_is_loaded_once() -> None:
    files = PACKED | {GENERAL: general(crc=0x1234)}
    for loads in (2, 1):
        served, server = script(files)
        async with vehicle_with("px4", served) as (vehicle, _):
            await vehicle.request_version()
            assert await read_event_words(vehicle)
        opened = [request for request in server.requests if request.opcode == 4]
        assert len(opened) == loads


@pytest.mark.parametrize(
    "files",
    [
        {},
        {GENERAL: b"no json"},
        {GENERAL: b"[]"},
        {GENERAL: general("https://example.com/events.json.xz"), EVENTS: PACKED[EVENTS]},
        {GENERAL: general()},
        {GENERAL: general(), EVENTS: b"\xfd7zXZ\0cut"},
        {GENERAL: general(), EVENTS: PACKED[EVENTS][:-20]},
        {GENERAL: general(), EVENTS: lzma.compress(b" " * 5_000_000)},
        {GENERAL: general(), EVENTS: b'{"version": 1}'},
    ],
    ids=[
        "no file",
        "no JSON",
        "no object",
        "internet",
        "no events",
        "damaged",
        "cut",
        "too large",
        "no table",
    ],
)
async def test_without_usable_metadata_the_words_of_the_package_stay(files: dict[str, Any]) -> None:
    served, _ = script(files)
    async with vehicle_with("px4", served) as (vehicle, _):
        await vehicle.request_version()
        assert not await read_event_words(vehicle)
        assert vehicle.announcements.table is packed_table("PX4")


@pytest.mark.parametrize(("messages", "capabilities"), [((), FTP), ((METADATA,), 0)])
async def test_an_aircraft_without_metadata_or_ftp_is_not_asked_for_files(
    messages: tuple[Message, ...], capabilities: int
) -> None:
    served, server = script(PACKED, messages, capabilities=capabilities)
    async with vehicle_with("px4", served) as (vehicle, _):
        await vehicle.request_version()
        assert not await read_event_words(vehicle)
    assert not server.requests
