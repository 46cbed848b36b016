"""MAVLink FTP with servers that repeat their last answer to a repeated number, as ArduPilot and PX4 do."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from controller.protocol.ftp import wire
from controller.protocol.ftp.client_checksum import FtpChecksum
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_listing import FtpEntry, FtpListing
from controller.protocol.ftp.peer import FtpPeer
from controller.protocol.ftp.wire import FtpRefused
from controller.wire.message import Message
from hil.autopilot.stacks.ftp.ardupilot_server import ArduPilotFtpServer
from hil.autopilot.stacks.ftp.px4_server import Px4FtpServer
from tests.support.mavlink.ftp_server import ftp_peer
from tests.support.mavlink.lossy_pipe import PERFECT, VEHICLE, Pipe, PipeConditions

CONTENT = random.Random(6).randbytes(100_003)
FILES = {"/logs/00000001.BIN": CONTENT, "/logs/00000002.BIN": CONTENT[:700]}
LOSSY = PipeConditions(loss=0.2, delay_s=0.05, jitter_s=0.01)
Server = Px4FtpServer | ArduPilotFtpServer
SERVERS: dict[str, Callable[..., Server]] = {
    "px4": Px4FtpServer,
    "ardupilot": ArduPilotFtpServer,
    "ardupilot, one session": lambda files: ArduPilotFtpServer(files, sessions=1, numbers_sessions=False),
}
servers = pytest.mark.parametrize("kind", SERVERS)


def run(server: Server, *machines: Any, conditions: PipeConditions = PERFECT, seed: int = 1) -> list[Any]:
    """Run machines one after the other; return their results, or the errors."""
    pipe, found = Pipe([], [server], conditions, seed), []
    for machine in machines:
        pipe.add(machine)
        try:
            found.append(pipe.run(machine))
        except FtpRefused as error:
            found.append(error)
    return found


@servers
def test_a_second_folder_is_not_answered_with_the_first_ones_refusal(kind: str) -> None:
    server, peer = SERVERS[kind](FILES), ftp_peer()
    missing, found = run(server, FtpListing(peer, "/APM/LOGS"), FtpListing(peer, "/logs"))
    assert isinstance(missing, FtpRefused)
    assert found == (FtpEntry("00000001.BIN", len(CONTENT)), FtpEntry("00000002.BIN", 700))
    assert server.replayed == 0


@servers
def test_all_requests_of_a_listing_and_its_downloads_have_different_numbers(kind: str) -> None:
    server, peer = SERVERS[kind](FILES), ftp_peer()
    paths = list(FILES)
    machines = [FtpListing(peer, "/logs"), *(FtpDownload(peer, path) for path in paths)]
    machines += [FtpChecksum(peer, path, 1) for path in paths]
    _, one, two, *sums = run(server, *machines)
    assert [one.data, two.data] == list(FILES.values())
    assert (one.checked, two.checked) == (True, True)
    assert sums == [wire.checksum(data) for data in FILES.values()]
    numbers = [request.seq for request in server.requests]
    assert len(set(numbers)) == len(numbers)
    assert server.replayed == 0


@servers
@pytest.mark.parametrize("seed", range(8))
def test_files_arrive_whole_over_a_lossy_link_and_no_session_stays_open(kind: str, seed: int) -> None:
    server, peer = SERVERS[kind](FILES), ftp_peer(seed=seed)
    downloads = [FtpDownload(peer, path) for path in FILES]
    found = run(server, *downloads, conditions=LOSSY, seed=seed)
    assert [one.data for one in found] == list(FILES.values())
    left = server.open is not None if isinstance(server, Px4FtpServer) else server.open_files
    assert not left


@servers
def test_a_file_comes_as_fast_as_the_server_sends_it(kind: str) -> None:
    pipe = Pipe([FtpDownload(ftp_peer(), "/logs/00000001.BIN")], [SERVERS[kind](FILES)])
    assert pipe.run().checked
    assert pipe.now < 1.2 * len(CONTENT) / (17 * wire.DATA_BYTES / 0.01)


@servers
def test_a_lost_answer_is_repeated_and_the_file_is_opened_once(kind: str) -> None:
    server, lost = SERVERS[kind](FILES), []

    def loses_one(message: Message, to_vehicle: bool) -> Iterable[Message]:
        if not to_vehicle and not lost and wire.parse(message.payload).req_opcode == wire.OPEN:
            lost.append(message)
            return []
        return [message]

    pipe = Pipe([FtpDownload(ftp_peer(), "/logs/00000002.BIN")], [server], filter=loses_one)
    assert pipe.run().data == CONTENT[:700]
    opened = [request for request in server.requests if request.opcode == wire.OPEN]
    assert len(opened) == 2
    assert opened[0] == opened[1]
    assert server.replayed == 1


def test_many_folders_take_one_session_of_ardupilot() -> None:
    server, peer = ArduPilotFtpServer(FILES, sessions=2), ftp_peer()
    found = run(server, *(FtpListing(peer, f"/no{number}") for number in range(9)), FtpListing(peer, "/logs"))
    assert all("no such file" in str(error) for error in found[:-1])
    assert len(found[-1]) == 2
    assert len({session.number for session in server.sessions} - {-1}) == 1


def test_a_listing_waits_for_a_session_that_others_use() -> None:
    server = ArduPilotFtpServer(FILES, sessions=1)
    other = VEHICLE._replace(system=9)
    server.receive(request_of(wire.LIST, b"/"), other, 0.0)
    (found,) = run(server, FtpListing(ftp_peer(), "/logs"))
    assert len(found) == 2


def request_of(opcode: int, data: bytes) -> Message:
    return wire.FtpPacket(5, 0, opcode, len(data), 0, data).to(VEHICLE)


@servers
def test_a_cancelled_download_closes_its_session(kind: str) -> None:
    server = SERVERS[kind](FILES)
    machine = FtpDownload(ftp_peer(), "/logs/00000001.BIN")
    pipe = Pipe([machine], [server])
    pipe.run_for(0.05)
    assert machine.progress.done > 0
    pipe.send(machine.cancel(pipe.now), to_vehicle=True)
    pipe.run_for(2)
    assert server.requests[-1].opcode == wire.TERMINATE
    assert not (server.open if isinstance(server, Px4FtpServer) else server.open_files)


def test_a_folder_that_opens_as_a_file_is_refused_as_a_folder() -> None:
    server = Px4FtpServer(FILES)
    (error,) = run(server, FtpDownload(ftp_peer(), "/logs"))
    assert "refused by 1/1: it is a folder" in str(error)
    assert server.open is None


def test_two_runs_of_the_program_begin_with_different_numbers() -> None:
    first = {FtpPeer(VEHICLE, random.Random(seed)).next_seq for seed in range(100)}
    assert len(first) > 95
    assert len({FtpPeer(VEHICLE).next_seq for _ in range(20)}) > 15


def test_the_number_whose_repeat_autopilots_do_not_recognize_is_left_out() -> None:
    peer = ftp_peer()
    peer.next_seq = 0xFFFE
    assert [peer.number() for _ in range(3)] == [0xFFFE, 0, 1]


@pytest.mark.parametrize("kind", ["px4", "ardupilot"])
def test_the_lost_end_of_a_burst_costs_no_second_on_a_fast_link(kind: str) -> None:
    content = random.Random(1).randbytes(1_500_000)
    make = {"px4": Px4FtpServer, "ardupilot": ArduPilotFtpServer}[kind]
    server = make({"/a": content}, burst=100)

    def cut(message: Message, to_vehicle: bool) -> Iterable[Message]:
        packet = wire.parse(message.payload)
        burst = not to_vehicle and packet.req_opcode == wire.BURST
        ended = packet.opcode == wire.NAK or packet.burst_complete or 900_000 < packet.offset < 956_000
        return [] if burst and ended else [message]

    pipe = Pipe([FtpDownload(ftp_peer(), "/a")], [server], PipeConditions(delay_s=0.005), filter=cut)
    assert pipe.run().data == content
    assert pipe.now < 2.5


@servers
def test_a_session_whose_closing_was_lost_is_closed_before_the_next_file(kind: str) -> None:
    server, peer = SERVERS[kind](FILES), ftp_peer()
    lost: list[Message] = []

    def loses(message: Message, to_vehicle: bool) -> Iterable[Message]:
        closing = to_vehicle and wire.parse(message.payload).opcode == wire.TERMINATE
        if closing and len(lost) < 5:
            lost.append(message)
            return []
        return [message]

    pipe = Pipe([], [server], filter=loses)
    for path, data in FILES.items():
        pipe.add(machine := FtpDownload(peer, path))
        assert pipe.run(machine).data == data
    assert len(lost) == 5
    assert pipe.now < 9
    assert not (server.open if isinstance(server, Px4FtpServer) else server.open_files)


@pytest.mark.parametrize("kind", ["px4", "ardupilot, one session"])
def test_a_session_that_an_earlier_run_left_open_is_waited_for(kind: str) -> None:
    server = SERVERS[kind](FILES)
    killed = FtpDownload(ftp_peer(seed=3), "/logs/00000001.BIN")
    Pipe([killed], [server]).run_for(0.05)
    assert killed.outcome is None
    pipe = Pipe([FtpDownload(ftp_peer(seed=4), "/logs/00000002.BIN")], [server], now=0.05)
    assert pipe.run().data == CONTENT[:700]
    assert pipe.now < 20
