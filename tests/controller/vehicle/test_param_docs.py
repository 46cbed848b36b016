"""Documentation of the parameters that an aircraft serves over FTP, kept on this machine."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import pytest

from controller.vehicle.metadata.param_docs import kept_docs, read_own_docs
from controller.wire import messages as m
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script

GENERAL, FILE = "etc/extras/component_general.json.xz", "etc/extras/parameters.json.xz"
ROWS = {"version": 1, "parameters": [{"name": "A_NEW", "type": "Int32", "shortDesc": "A new one", "max": 5}]}
KINDS = {"version": 1, "metadataTypes": [{"type": 1, "uri": f"mftp://{FILE}", "fileCrc": 77}]}


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path))


def script(rows: bytes) -> tuple[Script, Px4FtpServer]:
    server = Px4FtpServer({f"/{GENERAL}": lzma.compress(json.dumps(KINDS).encode()), f"/{FILE}": rows})
    return Script(
        ready_at_s=0.0,
        services=[server],
        messages=[m.COMPONENT_METADATA(uri=f"mftp://{GENERAL}")],
        capabilities=int(MAV_PROTOCOL_CAPABILITY.FTP),
    ), server


def kept(folder: Path) -> list[Path]:
    return list(folder.rglob("parameters-*"))


async def test_the_aircrafts_own_file_is_loaded_once() -> None:
    for loads in (2, 1):
        served, server = script(lzma.compress(json.dumps(ROWS).encode()))
        async with vehicle_with("px4", served) as (vehicle, _):
            await vehicle.request_version()
            docs = await read_own_docs(vehicle)
        assert docs is not None
        assert docs["A_NEW"].title == "A new one"
        assert docs.source == "the aircraft's own file (PX4 copter 1)"
        assert len([one for one in server.requests if one.opcode == 4]) == loads


async def test_a_damaged_file_is_no_documentation_and_is_not_kept(tmp_path: Path) -> None:
    served, _ = script(b"{")
    async with vehicle_with("px4", served) as (vehicle, _):
        await vehicle.request_version()
        assert await read_own_docs(vehicle) is None
        assert len(kept_docs(vehicle).docs) > 1400
    assert kept(tmp_path) == []
