"""An aircraft's metadata that names an address on the internet: nothing is fetched."""

from __future__ import annotations

import json
import lzma
import socket
from pathlib import Path
from typing import Any

import pytest

from controller.vehicle.metadata.files import load
from controller.vehicle.metadata.param_docs import read_own_docs
from controller.vehicle.monitoring.event_words import read_event_words
from controller.wire import messages as m
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script

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
