"""Files of the emulated autopilots over MAVLink FTP, read by the ground station and by pymavlink's reader."""

from __future__ import annotations

import asyncio
import json
import lzma
from pathlib import Path

import pytest
from pymavlink.mavftp import MAVFTP

from controller.protocol.ftp import wire
from controller.protocol.ftp.client_checksum import FtpChecksum
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_generated import FtpGeneratedFile
from controller.protocol.ftp.client_listing import FtpEntry, FtpListing
from controller.protocol.ftp.wire import FtpPacket, FtpRefused
from controller.protocol.params.packed import PATH_WITH_DEFAULTS, read_packed
from controller.vehicle.connection import Connection
from controller.vehicle.metadata.files import load
from controller.vehicle.metadata.param_docs import read_own_docs
from hil.autopilot.services.params import load as load_table
from hil.autopilot.stacks.ftp.param_pack import ParamPack
from tests.support.ground_station import AIRCRAFT, Ground, flying
from tests.support.sim_station import sim_station


async def test_ardupilots_file_and_messages_have_equal_parameters() -> None:
    async with sim_station("ardupilot", ready=False) as vehicle:
        listed = dict(await vehicle.params.list())
        assert vehicle.params.defaults == {}
        await vehicle.request_version()
        filed = dict(await vehicle.params.list())
        assert list(filed.items()) == list(listed.items())
        assert vehicle.params.defaults == {name: one.value for name, one in filed.items()}
        await vehicle.params.set("RTL_ALT", 2345, settle_s=0)
        assert (await vehicle.params.list())["RTL_ALT"].value == 2345
        assert vehicle.params.defaults["RTL_ALT"] == listed["RTL_ALT"].value


@pytest.mark.parametrize("table", ["ardupilot", "arduplane", "ardurover", "arduplane+quadplane"])
def test_the_parameters_of_every_vehicle_fit_the_file(table: str) -> None:
    values = load_table(table).values()
    pack = ParamPack(lambda: values, {})
    data = b""
    while piece := pack.read(len(data), 239):
        data += piece
    assert list(read_packed(data).values.values()) == values


async def test_pymavlinks_reader_finds_the_changed_default() -> None:
    async with sim_station("ardupilot", ready=False) as vehicle:
        await vehicle.params.set("RTL_ALT", 2345, settle_s=0)
        data = await downloaded(vehicle, PATH_WITH_DEFAULTS)
        theirs = MAVFTP.ftp_param_decode(data)
        assert theirs is not None
        assert (b"RTL_ALT", 2345, 3) in [(name, value, kind) for name, value, kind in theirs.params]
        assert theirs.defaults is not None
        assert {name: value for name, value, _ in theirs.defaults}[b"RTL_ALT"] == 1500
        part = read_packed(await downloaded(vehicle, "@PARAM/param.pck?start=3&count=2"))
        assert list(part.values) == sorted(vehicle_names(theirs.params))[3:5]


def vehicle_names(params: list[tuple[bytes, float, int]]) -> list[str]:
    return [name.decode() for name, _, _ in params]


async def downloaded(vehicle: Connection, path: str) -> bytes:
    peer = vehicle.exchange.ftp_peer(vehicle.address)
    return (await vehicle.run(FtpGeneratedFile(peer, path, most_bytes=1 << 20))).data


async def test_system_files_announce_a_size_that_is_none() -> None:
    async with sim_station("ardupilot", ready=False) as vehicle:
        assert (await downloaded(vehicle, "@SYS/uarts.txt")).startswith(b"UARTV1\n")
        peer = vehicle.exchange.ftp_peer(vehicle.address)
        assert (await vehicle.run(FtpDownload(peer, "@SYS/uarts.txt"))).data.startswith(b"UARTV1\n")
        assert await vehicle.run(FtpListing(peer, "/")) == (FtpEntry("@SYS", 0, is_folder=True),)
        assert await vehicle.run(FtpListing(peer, "@SYS")) == (FtpEntry("uarts.txt", 100_000),)
        for missing in ("@SYS/../etc/passwd", "@PARAM/other.pck", "/etc/passwd"):
            with pytest.raises(FtpRefused, match="no such file"):
                await downloaded(vehicle, missing)


async def asked(ground: Ground, packet: FtpPacket) -> FtpPacket:
    answer = await ground.ask(packet.to(AIRCRAFT), "FILE_TRANSFER_PROTOCOL", within_s=0.2)
    return wire.parse(answer.payload)


async def test_ardupilot_refuses_a_read_of_another_size_and_every_change() -> None:
    async with flying("ardupilot") as (_, ground):
        opened = await asked(ground, FtpPacket(1, 0, wire.OPEN, 16, data=b"@PARAM/param.pck"))
        session = opened.session
        assert session != 0  # it gives a session to a client that asks with 0
        estimate = int.from_bytes(opened.data, "little")
        assert estimate % 12 == 0
        first = await asked(ground, FtpPacket(5, session, wire.READ, 100))
        assert len(first.data) == 100
        other = await asked(ground, FtpPacket(9, session, wire.READ, 50, 100))
        assert (other.opcode, other.data) == (wire.NAK, bytes([wire.FAIL_ERRNO, 22]))
        beyond = await asked(ground, FtpPacket(13, session, wire.READ, 100, 1 << 20))
        assert (beyond.opcode, beyond.data) == (wire.NAK, bytes([wire.EOF]))
        for number, operation in enumerate((6, 8, 9, 11, 13)):
            refused = await asked(ground, FtpPacket(20 + 4 * number, session, operation, 1, data=b"x"))
            assert (refused.opcode, refused.data) == (wire.NAK, bytes([wire.FAIL_ERRNO, 30]))


async def test_the_opening_of_the_parameter_file_brings_the_banner() -> None:
    async with flying("ardupilot") as (_, ground):
        await asked(ground, FtpPacket(1, 0, wire.OPEN, 16, data=b"@PARAM/param.pck"))
        await asyncio.sleep(0.1)
        assert any("V4.7.0-dev" in text.text for _, text in ground.messages("STATUSTEXT"))


async def test_px4_serves_the_documentation_of_its_parameters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDLINE_HOME", str(tmp_path))
    async with sim_station("px4", ready=False) as vehicle:
        await vehicle.request_version()
        docs = await read_own_docs(vehicle)
        assert docs is not None
        values = await vehicle.params.list()
        assert set(docs.docs) == set(values)
        changed = {name for name, one in values.items() if docs[name].default != one.value}
        assert changed == set()
        assert docs["MIS_TAKEOFF_ALT"].title != ""


async def test_px4s_general_file_names_its_files_with_their_checksums() -> None:
    async with sim_station("px4", ready=False) as vehicle:
        said = await vehicle.message("COMPONENT_METADATA")
        general = await load(vehicle, said.uri)
        assert wire.checksum(general) == said.file_crc
        (kind,) = json.loads(lzma.decompress(general))["metadataTypes"]
        file = await load(vehicle, kind["uri"])
        assert wire.checksum(file) == kind["fileCrc"]
        peer = vehicle.exchange.ftp_peer(vehicle.address)
        listed = await vehicle.run(FtpListing(peer, "/etc/extras"))
        assert FtpEntry("parameters.json.xz", len(file)) in listed
        path = "/etc/extras/parameters.json.xz"
        assert await vehicle.run(FtpChecksum(peer, path, len(file))) == kind["fileCrc"]
