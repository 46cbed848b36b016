"""All parameters in one file over MAVLink FTP; every failure of it leads to the list in messages."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_generated import OPENING_RETRIES
from controller.protocol.mission.items import float32
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT32, REAL32
from controller.protocol.state_machine import Progress, StateMachine
from controller.wire.address import Address
from controller.wire.enums import MAV_PROTOCOL_CAPABILITY
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.files import Bytes
from hil.autopilot.stacks.ftp.param_pack import ParamPack, opener
from tests.support.flights import vehicle_with
from tests.support.scripted.script import Script
from tests.support.scripted.vehicle import ScriptedVehicle

FTP = int(MAV_PROTOCOL_CAPABILITY.FTP)
EXTRA = [
    ParamValue("COMPASS_DEV_ID", 16_777_217, INT32),
    ParamValue("RTL_ALT", 1500, INT32),
    *(ParamValue(f"SCR_USER{number}", 0.125 * number, REAL32) for number in range(150)),
]


class Silent(StateMachine[None]):
    """Answers nothing and counts the requests."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def start(self, now: float) -> list[Message]:  # noqa: ARG002
        return []

    def receive(self, message: Message, source: Address, now: float) -> list[Message]:  # noqa: ARG002
        self.asked += message.name == "FILE_TRANSFER_PROTOCOL"
        return []


def script(service: StateMachine[Any], capabilities: int = FTP) -> Script:
    # A message carries a float: the autopilot rounds what it cannot hold.
    onboard = [replace(one, value=int(float32(one.value))) if one.type == INT32 else one for one in EXTRA]
    return Script(ready_at_s=0.0, params=onboard, services=[service], capabilities=capabilities)


def file_server(
    change: Callable[[bytes], bytes] = lambda data: data, *, values: list[ParamValue] = EXTRA, **more: Any
) -> ArduPilotFtpServer:
    pack = ParamPack(lambda: values, {"RTL_ALT": 1000}, with_defaults=True)
    data = b""
    while piece := pack.read(len(data), 239):
        data += piece
    served = change(data)
    return ArduPilotFtpServer(
        {},
        generated={"@PARAM": lambda _: Bytes(served, 12)},
        **more,
    )


def lists(scripted: ScriptedVehicle) -> int:
    return sum(one.name == "PARAM_REQUEST_LIST" for one in scripted.received)


async def test_the_file_is_read_with_the_defaults_and_no_list_is_asked_for() -> None:
    server = ArduPilotFtpServer({}, generated={"@PARAM": opener(lambda: EXTRA, {"RTL_ALT": 1000})})
    seen: list[Progress] = []
    async with vehicle_with("ardupilot", script(server)) as (vehicle, scripted):
        values = await vehicle.params.list(progress=seen.append)
        assert list(values.values()) == EXTRA
        assert vehicle.params.defaults == {one.name: one.value for one in EXTRA} | {"RTL_ALT": 1000}
        assert lists(scripted) == 0
    assert (seen[-1].done, seen[-1].total) == (len(EXTRA), len(EXTRA))
    assert all(one.done <= one.total for one in seen[1:])


async def in_messages(service: StateMachine[Any], *, capabilities: int = FTP) -> tuple[float, int]:
    """Read twice in messages; return the seconds of the first time, and the lists asked for."""
    async with vehicle_with("ardupilot", script(service, capabilities)) as (vehicle, scripted):
        began_s = vehicle.clock.now()
        values = await vehicle.params.list()
        took_s = vehicle.clock.now() - began_s
        assert values["RTL_ALT"].value == 1500
        assert vehicle.params.defaults == {}
        await vehicle.params.list()
        return took_s, lists(scripted)


async def test_an_aircraft_without_the_file_is_asked_for_it_once() -> None:
    server = ArduPilotFtpServer({})
    assert (await in_messages(server))[1] == 2
    assert len(server.requests) == 1


async def test_a_silent_file_server_costs_seconds_and_is_not_asked_again() -> None:
    server = Silent()
    took_s, listed = await in_messages(server)
    assert listed == 2
    assert took_s < 15.0
    assert server.asked == OPENING_RETRIES + 1


async def test_without_the_ftp_capability_no_file_is_asked_for() -> None:
    server = Silent()
    assert (await in_messages(server, capabilities=0))[1] == 2
    assert server.asked == 0


async def test_px4_is_not_asked_for_ardupilots_file() -> None:
    server = Silent()
    async with vehicle_with("px4", script(server)) as (vehicle, scripted):
        await vehicle.params.list()
        assert lists(scripted) == 1
    assert server.asked == 0


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "cut": lambda data: data[:-3],
    "empty": lambda _: b"",
    "garbage": lambda data: bytes(len(data)),
    "of another count": lambda data: data[:4] + struct.pack("<H", len(EXTRA) + 1) + data[6:],
    "of another kind": lambda data: b"\x1a" + data[1:],
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_damaged_file_leads_to_the_list_in_messages(damage: str) -> None:
    server = file_server(DAMAGES[damage])
    assert (await in_messages(server))[1] == 2
    assert server.open_files == 0


async def test_a_value_that_changes_during_the_transfer_is_the_new_one() -> None:
    server = file_server(interval_s=0.1, burst=2)
    async with vehicle_with("ardupilot", script(server)) as (vehicle, scripted):
        reading = asyncio.ensure_future(vehicle.params.list())
        await asyncio.sleep(0.3)
        await vehicle.params.set("RTL_ALT", 2500, settle_s=0)
        assert not reading.done()
        values = await reading
        assert values["RTL_ALT"].value == 2500
        assert values["COMPASS_DEV_ID"].value == 16_777_217
        assert lists(scripted) == 0


async def test_while_another_file_is_sent_the_list_comes_in_messages() -> None:
    server = ArduPilotFtpServer({"/LOG.BIN": bytes(200_000)}, interval_s=0.1, burst=2)
    async with vehicle_with("ardupilot", script(server)) as (vehicle, scripted):
        peer = vehicle.exchange.ftp_peer(vehicle.address, vehicle.timing)
        other = asyncio.ensure_future(vehicle.run(FtpDownload(peer, "/LOG.BIN")))
        await asyncio.sleep(1.0)
        assert (await vehicle.params.list())["RTL_ALT"].value == 1500
        assert not other.done()
        assert lists(scripted) == 1
        other.cancel()
        await asyncio.wait([other])
