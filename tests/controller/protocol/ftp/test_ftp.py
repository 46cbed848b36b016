"""Files over MAVLink: folders, whole files and pieces through bad weather, from servers with the habits of the autopilots."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import pytest

from controller.errors import LinkError, UserError, VerificationFailed
from controller.protocol.ftp import wire
from controller.protocol.ftp.client_checksum import FtpChecksum
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_listing import FtpEntry, FtpListing
from controller.protocol.ftp.wire import FtpRefused
from controller.wire.message import Message
from tests.support.ftp_server import FtpServer
from tests.support.lossy_pipe import BAD, CLEAR, VEHICLE, Pipe, Weather

CONTENT = random.Random(5).randbytes(30_011)
LOSSY = Weather(loss=0.3, delay_s=0.05, jitter_s=0.01)
HABITS: dict[str, dict[str, Any]] = {
    "by the guide": {"stale": False},
    "keeps its last answer": {},
    "short bursts": {"burst": 7},
    "no bursts": {"burst": 0},
    "short answers": {"read_bytes": 48},
    "does not know the size": {"said_size": 1 << 20},
    "no checksums": {"sums": False},
}


def read(server: FtpServer, weather: Weather = CLEAR, **options: Any) -> tuple[Any, Pipe]:
    pipe = Pipe([FtpDownload(VEHICLE, "/a.bin", **options)], [server], weather)
    return pipe.run(), pipe


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("weather", [CLEAR, BAD, LOSSY], ids=["clear", "bad", "lossy"])
def test_a_file_arrives_whole_whatever_the_weather_and_the_server(habit: str, weather: Weather) -> None:
    server = FtpServer({"/a.bin": CONTENT}, **HABITS[habit])
    found, _ = read(server, weather)
    assert found.data == CONTENT
    assert found.size_bytes == len(CONTENT)
    assert found.checked == (habit != "no checksums")
    assert server.session is None


@pytest.mark.parametrize("size", [0, 1, 238, 239, 240, 478])
def test_files_around_the_size_of_one_packet_arrive_whole(size: int) -> None:
    found, _ = read(FtpServer({"/a.bin": CONTENT[:size]}))
    assert (found.data, found.checked) == (CONTENT[:size], True)


def test_a_clear_link_carries_each_byte_once() -> None:
    _, pipe = read(FtpServer({"/a.bin": CONTENT}))
    assert len(pipe.messages(to_vehicle=True)) == 4  # open, burst, checksum, close
    packets = [wire.parse(message.payload) for message in pipe.messages(to_vehicle=False)]
    assert sum(len(packet.data) for packet in packets if packet.req_opcode == wire.BURST) == len(CONTENT) + 1


@pytest.mark.parametrize(
    ("offset", "count"), [(0, 512), (700, 4096), (29_000, 1011), (29_900, 500), (40_000, 10)]
)
def test_a_piece_of_a_file_is_read_without_the_rest(offset: int, count: int) -> None:
    server = FtpServer({"/a.bin": CONTENT})
    found, pipe = read(server, BAD, offset=offset, count=count)
    assert found.data == CONTENT[offset : offset + count]
    assert (found.size_bytes, found.offset, found.checked) == (len(CONTENT), offset, False)
    sent = sum(len(wire.parse(message.payload).data) for message in pipe.messages(to_vehicle=False))
    assert sent < 3 * count + 200


def test_the_rest_of_a_file_comes_in_a_burst() -> None:
    server = FtpServer({"/a.bin": CONTENT})
    found, _ = read(server, offset=10_000)
    assert found.data == CONTENT[10_000:]
    assert [request.opcode for request in server.requests] == [wire.OPEN, wire.BURST, wire.TERMINATE]


def test_progress_counts_bytes() -> None:
    machine = FtpDownload(VEHICLE, "/a.bin")
    seen = []

    def watched(message: Message, to_vehicle: bool) -> Iterable[Message]:
        seen.append((machine.progress.done, machine.progress.total))
        return [message]

    Pipe([machine], [FtpServer({"/a.bin": CONTENT}, burst=10)], filter=watched).run()
    assert seen[0] == (0, 0)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


def test_a_session_that_is_taken_away_is_opened_again_and_nothing_is_read_twice() -> None:
    server = FtpServer({"/a.bin": CONTENT}, burst=30)
    robbed = []

    def rob(message: Message, to_vehicle: bool) -> Iterable[Message]:
        if to_vehicle and len(server.requests) == 3 and not robbed:
            robbed.append(True)
            server.session = None
        return [message]

    pipe = Pipe([FtpDownload(VEHICLE, "/a.bin")], [server], filter=rob)
    assert pipe.run().data == CONTENT
    assert server.opens == 2
    offsets = [request.offset for request in server.requests if request.opcode == wire.BURST]
    assert offsets.count(0) == 1


def test_a_session_in_use_is_waited_for() -> None:
    server = FtpServer({"/a.bin": CONTENT})
    server.session = 77
    found, pipe = read(server)
    assert found.data == CONTENT
    assert 1.9 < pipe.now < 30


def test_a_server_that_stays_busy_is_told_of_in_one_line() -> None:
    server = FtpServer({"/a.bin": CONTENT}, idle_s=1e9)
    server.session = 77
    with pytest.raises(FtpRefused, match=r"all its sessions are in use .*try again"):
        read(server)
    assert server.session == 77


def test_sessions_of_others_end_only_on_demand() -> None:
    server = FtpServer({"/a.bin": CONTENT}, idle_s=1e9)
    server.session = 77
    found, pipe = read(server, take_over=True)
    assert found.data == CONTENT
    assert pipe.now < 1


def test_a_file_that_is_not_there_is_told_of_in_one_line() -> None:
    with pytest.raises(FtpRefused) as caught:
        read(FtpServer({}))
    assert caught.value.code == wire.NOT_FOUND
    assert str(caught.value) == (
        "reading /a.bin refused by 1/1: there is no such file (the aircraft); "
        "check the path; list the folder to see what is there"
    )


def test_a_file_that_shrinks_while_it_is_read_is_not_passed_off_as_whole() -> None:
    server = FtpServer({"/a.bin": CONTENT}, burst=30)

    def cut(message: Message, to_vehicle: bool) -> Iterable[Message]:
        if to_vehicle and len(server.requests) == 3 and server.session:
            server.files["/a.bin"] = CONTENT[:100]
            server.session = None
        return [message]

    with pytest.raises(VerificationFailed, match="cut from 30011 to 100 bytes"):
        Pipe([FtpDownload(VEHICLE, "/a.bin")], [server], filter=cut).run()


def test_a_wrong_byte_is_found_by_the_checksum_and_the_session_closed() -> None:
    server = FtpServer({"/a.bin": CONTENT})

    def spoil(message: Message, to_vehicle: bool) -> Iterable[Message]:
        packet = wire.parse(message.payload)
        if not to_vehicle and packet.req_opcode == wire.BURST and packet.offset == 478:
            server.files["/a.bin"] = b"\0" + CONTENT[1:]
        return [message]

    pipe = Pipe([FtpDownload(VEHICLE, "/a.bin")], [server], filter=spoil)
    with pytest.raises(VerificationFailed, match=r"reading /a.bin: checksum .* 1/1 says"):
        pipe.run()
    pipe.run_for(1)
    assert server.session is None


def test_silence_ends_in_one_line_and_keeps_asking_until_then() -> None:
    pipe = Pipe([FtpDownload(VEHICLE, "/a.bin")], [FtpServer({"/a.bin": CONTENT})], Weather(loss=1.0))
    with pytest.raises(LinkError, match=r"reading /a.bin: no answer from 1/1 to 10 tries"):
        pipe.run()
    requests = [wire.parse(message.payload) for message in pipe.messages(to_vehicle=True)]
    assert len(requests) == 11
    assert len({request.seq for request in requests}) == 1  # a repetition, as the guide wants it


def test_a_link_that_dies_half_way_ends_in_one_line() -> None:
    server = FtpServer({"/a.bin": CONTENT}, burst=30)

    def die(message: Message, to_vehicle: bool) -> Iterable[Message]:
        return [message] if len(server.requests) < 3 else []

    with pytest.raises(LinkError, match="no answer from 1/1"):
        Pipe([FtpDownload(VEHICLE, "/a.bin")], [server], filter=die).run(limit_s=60)


@pytest.mark.parametrize("weather", [CLEAR, LOSSY], ids=["clear", "lossy"])
def test_a_folder_is_listed_page_by_page_until_its_end(weather: Weather) -> None:
    files = {f"/log{i:03}.bin": bytes(i) for i in range(80)}
    found = Pipe([FtpListing(VEHICLE)], [FtpServer(files)], weather).run()
    assert found[0] == FtpEntry("logs", 0, is_folder=True)
    assert found[1:] == tuple(FtpEntry(f"log{i:03}.bin", i) for i in range(80))


def test_an_unknown_folder_is_told_of_in_one_line() -> None:
    with pytest.raises(FtpRefused, match="listing /no refused by 1/1: there is no such file"):
        Pipe([FtpListing(VEHICLE, "/no")], [FtpServer({})]).run()


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 239])
def test_a_path_that_cannot_travel_is_refused_before_anything_is_sent(path: str) -> None:
    with pytest.raises(UserError, match="cannot travel"):
        FtpDownload(VEHICLE, path)


def test_the_checksum_is_the_one_of_the_autopilots() -> None:
    assert wire.checksum(b"") == 0
    assert wire.checksum(b"123456789") == 0x2DFD2D88  # CRC-32/JAMCRC's polynomial, started from 0


@pytest.mark.parametrize("weather", [CLEAR, LOSSY], ids=["clear", "lossy"])
def test_a_checksum_is_had_without_the_file(weather: Weather) -> None:
    server = FtpServer({"/a.bin": CONTENT})
    assert Pipe([FtpChecksum(VEHICLE, "/a.bin", len(CONTENT))], [server], weather).run() == wire.checksum(
        CONTENT
    )
    assert Pipe([FtpChecksum(VEHICLE, "/a.bin", 10)], [FtpServer({"/a.bin": b""}, sums=False)]).run() is None
    with pytest.raises(FtpRefused, match="there is no such file"):
        Pipe([FtpChecksum(VEHICLE, "/b.bin", 10)], [FtpServer({})]).run()
