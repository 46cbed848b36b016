"""Files that ArduPilot generates while they are read: whole only when their end was seen, whatever size was told."""

from __future__ import annotations

import random
from typing import Any

import pytest

from controller.errors import LinkError, VerificationFailed
from controller.protocol.ftp import wire
from controller.protocol.ftp.client_generated import FtpGeneratedFile
from controller.protocol.ftp.wire import FtpPacket, FtpRefused
from controller.protocol.params.values import ParamValue
from controller.protocol.params.wire import INT8, INT32, REAL32
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.files import Bytes
from hil.autopilot.stacks.ftp.param_pack import ParamPack, opener
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from tests.support.mavlink.ftp_server import FtpServer, ftp_peer
from tests.support.mavlink.lossy_pipe import PERFECT, Pipe, PipeConditions

PATH = "@PARAM/param.pck?withdefaults=1"
RNG = random.Random(4)
NAMES = [f"P{number:04}_{RNG.choice('ABCDEFGH') * RNG.randrange(1, 9)}" for number in range(900)]
VALUES = [ParamValue(name, RNG.randrange(100), RNG.choice([INT8, INT32, REAL32])) for name in NAMES]
LOSSY = PipeConditions(loss=0.25, delay_s=0.04, jitter_s=0.02, dup=0.03, reorder=0.03)


def whole_file() -> bytes:
    data = ParamPack(lambda: VALUES, {"P0001": 0}, with_defaults=True)
    pieces = b""
    while piece := data.read(len(pieces), 239):
        pieces += piece
    return pieces


def parameter_server(**more: Any) -> ArduPilotFtpServer:
    return ArduPilotFtpServer({}, generated={"@PARAM": opener(lambda: VALUES, {"P0001": 0})}, **more)


def read(
    server: Any, path: str = PATH, conditions: PipeConditions = PERFECT, seed: int = 1, most: int = 1 << 20
) -> Any:
    machine = FtpGeneratedFile(ftp_peer(seed=seed), path, most_bytes=most)
    return Pipe([machine], [server], conditions, seed).run(machine)


def announcing(data: bytes, size: int) -> ArduPilotFtpServer:
    return ArduPilotFtpServer({}, generated={"@SYS": lambda name: Bytes(data, size)})  # noqa: ARG005


def test_the_parameter_file_arrives_whole_in_one_burst() -> None:
    server = parameter_server()
    assert read(server).data == whole_file()
    assert [one.opcode for one in server.requests] == [wire.OPEN, wire.BURST, wire.TERMINATE]
    assert server.open_files == 0


@pytest.mark.parametrize("seed", range(12))
def test_lost_packets_are_read_again_with_the_same_size(seed: int) -> None:
    server = parameter_server(burst_packets=random.Random(seed).choice([3, 20, 2000]))
    assert read(server, conditions=LOSSY, seed=seed).data == whole_file()
    reads = [one for one in server.requests if one.opcode in (wire.READ, wire.BURST)]
    assert {one.size for one in reads} == {239}  # another size is refused


@pytest.mark.parametrize("announced", [0, 1, 100, 4999, 5001, 100_000, 0xFFFFFFFF])
@pytest.mark.parametrize("length", [0, 1, 238, 239, 240, 478, 5000])
def test_the_announced_size_is_of_no_account(announced: int, length: int) -> None:
    data = random.Random(length).randbytes(length)
    assert read(announcing(data, announced), "@SYS/uarts.txt").data == data


@pytest.mark.parametrize("loses", range(1, 14))
def test_no_single_loss_cuts_the_file(loses: int) -> None:
    data, passed = random.Random(1).randbytes(239 * 9 + 17), 0

    def lose(message: Message, to_vehicle: bool) -> list[Message]:
        nonlocal passed
        passed += not to_vehicle
        return [] if not to_vehicle and passed == loses else [message]

    machine = FtpGeneratedFile(ftp_peer(), "@SYS/tasks.txt", most_bytes=1 << 20)
    assert Pipe([machine], [announcing(data, 12)], filter=lose).run(machine).data == data


def test_servers_that_send_48_bytes_or_have_no_bursts_are_read_too() -> None:
    data = random.Random(2).randbytes(3000)
    assert read(FtpServer({"/a": data}, announced_size=9, burst=0), "/a").data == data
    assert read(FtpServer({"/a": data}, announced_size=9, read_bytes=48), "/a").data == data
    assert read(parameter_server(read_bytes=48)).data != b""
    assert read(Px4FtpServer({"/a": data}), "/a").data == data


class _EndsAtZero(FtpServer):
    """Reports the end of the file without its place."""

    def _piece(self, asked: FtpPacket, offset: int, number: int, *, last: bool = False) -> FtpPacket:
        piece = super()._piece(asked, offset, number, last=last)
        if piece.opcode == wire.NAK:
            return FtpPacket(piece.seq, piece.session, wire.NAK, 1, 0, piece.data, piece.req_opcode)
        return piece


@pytest.mark.parametrize("seed", range(6))
def test_an_end_without_its_place_is_looked_for_with_reads(seed: int) -> None:
    data = random.Random(3).randbytes(4000)
    server = _EndsAtZero({"/a": data}, announced_size=4)
    assert read(server, "/a", conditions=LOSSY if seed else PERFECT, seed=seed).data == data


def test_a_file_without_end_is_given_up_at_the_limit() -> None:
    with pytest.raises(VerificationFailed, match="more than 20000 bytes"):
        read(announcing(bytes(100_000), 12), "@SYS/tasks.txt", most=20_000)


def test_silence_and_full_servers_are_given_up_soon() -> None:
    machine = FtpGeneratedFile(ftp_peer(), PATH, most_bytes=1000)
    pipe = Pipe([machine], [])
    with pytest.raises(LinkError, match="no answer"):
        pipe.run(machine)
    assert pipe.now < 5.0
    full = FtpServer({"/a": b"1"})
    full.session, full._used_s = 9, 1e9  # another program's
    machine = FtpGeneratedFile(ftp_peer(), "/a", most_bytes=1000)
    pipe = Pipe([machine], [full])
    with pytest.raises(FtpRefused, match="all sessions are in use"):
        pipe.run(machine)
    assert pipe.now < 1.0
