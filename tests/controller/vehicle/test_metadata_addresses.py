"""An aircraft that names an address on the internet: nothing is fetched, and the address is told as text."""

from __future__ import annotations

import json
import lzma
import socket
from pathlib import Path
from typing import Any

import pytest

from controller.vehicle.metadata.files import load
from controller.vehicle.metadata.named_addresses import ADDRESS_FIELDS, MOST_ADDRESSES, NamedAddresses
from controller.vehicle.metadata.param_docs import read_own_docs
from controller.vehicle.monitoring.event_words import read_event_words
from controller.wire import messages as m
from controller.wire.address import Address
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script
from tests.support.source_tree import ROOT

GENERAL = "etc/extras/component_general.json.xz"
ADDRESSES = [
    "https://192.0.2.1/parameters.json",
    "HTTP://192.0.2.1/",
    "ftp://example.invalid/x",
    "//192.0.2.1/x",
    "file:///etc/passwd",
    "mftp:https://192.0.2.1/x",
    "",
]


@pytest.fixture
def looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Names and addresses that this process looks up or connects to."""
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path))
    seen: list[Any] = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *given, **_: seen.append(given) or [])
    monkeypatch.setattr(socket.socket, "connect", lambda _, to: seen.append(to))
    return seen


def script(general_uri: str, parameters_uri: str) -> tuple[Script, Px4FtpServer]:
    kinds = [{"type": kind, "uri": parameters_uri} for kind in (1, 4)]
    server = Px4FtpServer({f"/{GENERAL}": lzma.compress(json.dumps({"metadataTypes": kinds}).encode())})
    return Script(
        ready_at_s=0.0,
        services=[server],
        messages=[m.COMPONENT_METADATA(uri=general_uri)],
        capabilities=int(MAV_PROTOCOL_CAPABILITY.FTP),
    ), server


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_general_file_on_the_internet_is_not_asked_for(address: str, looked_for: list[Any]) -> None:
    served, server = script(address, f"mftp://{GENERAL}")
    async with vehicle_with("px4", served) as (vehicle, _):
        await vehicle.request_version()
        assert await read_own_docs(vehicle) is None
        assert not await read_event_words(vehicle)
        with pytest.raises(ValueError, match="not a file on board"):
            await load(vehicle, address)
    assert len(server.requests) == 0
    assert looked_for == []


@pytest.mark.parametrize("address", ADDRESSES)
async def test_a_file_on_the_internet_in_metadata_is_not_asked_for(
    address: str, looked_for: list[Any]
) -> None:
    served, server = script(f"mftp://{GENERAL}", address)
    async with vehicle_with("px4", served) as (vehicle, _):
        await vehicle.request_version()
        assert await read_own_docs(vehicle) is None
    opened = {bytes(one.data) for one in server.requests if one.opcode == 4}
    assert opened == {f"/{GENERAL}".encode()}
    assert looked_for == []


def told_by(*messages: Message) -> list[str]:
    named, told = NamedAddresses(), list[str]()
    named.watch(told.append)
    for message in messages:
        assert named.receive(message, Address(1, 100), 0.0) == []
    return told


@pytest.mark.parametrize(
    "address", ["http://192.0.2.1/a.xml", "rtsp://192.0.2.1:554/live", "udp://@239.0.0.1"]
)
def test_each_field_that_holds_an_address_is_told_once_and_not_opened(
    address: str, looked_for: list[Any]
) -> None:
    for name, fields in ADDRESS_FIELDS.items():
        for field in fields:
            value: Any = address.encode().ljust(120, b"\0") if name == "RESOURCE_REQUEST" else address
            message = getattr(m, name)(**{field: value})
            assert told_by(message, message) == [
                f"{address}: named by the aircraft ({name}.{field}); not opened"
            ]
    assert looked_for == []


def test_the_fields_with_an_address_are_those_of_the_message_table() -> None:
    table = json.loads((ROOT / "controller/wire/table.json").read_text("utf-8"))["messages"]
    found = {
        name: tuple(field[0] for field in message["fields"] if field[0].endswith(("uri", "url")))
        for name, message in table.items()
    }
    assert {name: fields for name, fields in found.items() if fields} == ADDRESS_FIELDS


def test_a_file_on_board_and_an_empty_field_are_not_told() -> None:
    assert told_by(m.COMPONENT_METADATA(uri="mftp://etc/general.json"), m.VIDEO_STREAM_INFORMATION()) == []


def test_an_aircraft_that_names_address_after_address_is_told_a_limited_number() -> None:
    told = told_by(*(m.CAMERA_IMAGE_CAPTURED(file_url=f"http://192.0.2.1/{i}.jpg") for i in range(200)))
    assert len(told) == MOST_ADDRESSES + 1
    assert told[-1] == "the aircraft has named 30 addresses: others are not listed, and not opened"


async def test_the_addresses_in_a_general_metadata_file_are_told(looked_for: list[Any]) -> None:
    address = "https://192.0.2.1/translations.json"
    kinds = [
        {"type": 1, "uri": f"mftp://{GENERAL}", "uriFallback": address, "translationUri": f"{address}.xz"}
    ]
    data = lzma.compress(json.dumps({"version": 1, "metadataTypes": kinds}).encode())
    served = Script(
        ready_at_s=0.0,
        services=[Px4FtpServer({f"/{GENERAL}": data})],
        messages=[m.COMPONENT_METADATA(uri=f"mftp://{GENERAL}")],
        capabilities=int(MAV_PROTOCOL_CAPABILITY.FTP),
    )
    async with vehicle_with("px4", served) as (vehicle, _):
        await vehicle.request_version()
        await read_event_words(vehicle)
        told: list[str] = []
        vehicle.named_addresses.watch(told.append)
    assert told == [
        f"{address}: named by the aircraft (uriFallback in its metadata); not opened",
        f"{address}.xz: named by the aircraft (translationUri in its metadata); not opened",
    ]
    assert looked_for == []
