"""MAVLink FTP client: folders, whole files and ranges over lossy links, from servers that behave like autopilots."""

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
from tests.support.mavlink.ftp_server import FtpServer, ftp_peer
from tests.support.mavlink.lossy_pipe import DEGRADED, PERFECT, Pipe, PipeConditions

CONTENT = random.Random(5).randbytes(30_011)
LOSSY = PipeConditions(loss=0.3, delay_s=0.05, jitter_s=0.01)
HABITS: dict[str, dict[str, Any]] = {
    "standard": {"repeats_answer": False},
    "repeats its last answer": {},
    "short bursts": {"burst": 7},
    "no bursts": {"burst": 0},
    "short answers": {"read_bytes": 48},
    "wrong size": {"announced_size": 1 << 20},
    "no checksums": {"checksums": False},
}


def read(server: FtpServer, conditions: PipeConditions = PERFECT, **options: Any) -> tuple[Any, Pipe]:
    pipe = Pipe([FtpDownload(ftp_peer(), "/a.bin", **options)], [server], conditions)
    return pipe.run(), pipe


@pytest.mark.parametrize("habit", HABITS)
@pytest.mark.parametrize("conditions", [PERFECT, DEGRADED, LOSSY], ids=["clear", "bad", "lossy"])
def test_a_file_arrives_complete_over_any_link_from_any_server(
    habit: str, conditions: PipeConditions
) -> None:
    server = FtpServer({"/a.bin": CONTENT}, **HABITS[habit])
    found, _ = read(server, conditions)
    assert found.data == CONTENT
    assert found.size_bytes == len(CONTENT)
    assert found.checked == (habit != "no checksums")
    assert server.session is None


@pytest.mark.parametrize("size", [0, 1, 238, 239, 240, 478])
def test_files_around_the_size_of_one_packet_arrive_complete(size: int) -> None:
    found, _ = read(FtpServer({"/a.bin": CONTENT[:size]}))
    assert (found.data, found.checked) == (CONTENT[:size], True)


def test_a_perfect_link_carries_each_byte_once() -> None:
    _, pipe = read(FtpServer({"/a.bin": CONTENT}))
    assert len(pipe.messages(to_vehicle=True)) == 4  # open, burst, checksum, close
    packets = [wire.parse(message.payload) for message in pipe.messages(to_vehicle=False)]
    assert sum(len(packet.data) for packet in packets if packet.req_opcode == wire.BURST) == len(CONTENT) + 1


@pytest.mark.parametrize(
    ("offset", "count"), [(0, 512), (700, 4096), (29_000, 1011), (29_900, 500), (40_000, 10)]
)
def test_a_range_of_a_file_is_read_without_the_rest(offset: int, count: int) -> None:
    server = FtpServer({"/a.bin": CONTENT})
    found, pipe = read(server, DEGRADED, offset=offset, count=count)
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
    machine = FtpDownload(ftp_peer(), "/a.bin")
    seen = []

    def watched(message: Message, to_vehicle: bool) -> Iterable[Message]:
        seen.append((machine.progress.done, machine.progress.total))
        return [message]

    Pipe([machine], [FtpServer({"/a.bin": CONTENT}, burst=10)], filter=watched).run()
    assert seen[0] == (0, 0)
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


def test_a_lost_session_is_reopened_and_no_data_is_read_twice() -> None:
    server = FtpServer({"/a.bin": CONTENT}, burst=30)
    robbed = []

    def rob(message: Message, to_vehicle: bool) -> Iterable[Message]:
        if to_vehicle and len(server.requests) == 3 and not robbed:
            robbed.append(True)
            server.session = None
        return [message]

    pipe = Pipe([FtpDownload(ftp_peer(), "/a.bin")], [server], filter=rob)
    assert pipe.run().data == CONTENT
    assert server.opens == 2
    offsets = [request.offset for request in server.requests if request.opcode == wire.BURST]
    assert offsets.count(0) == 1


def test_the_client_waits_for_a_session_in_use() -> None:
    server = FtpServer({"/a.bin": CONTENT})
    server.session = 77
    found, pipe = read(server)
    assert found.data == CONTENT
    assert 1.9 < pipe.now < 30


def test_a_server_that_stays_busy_is_an_error_with_a_hint() -> None:
    server = FtpServer({"/a.bin": CONTENT}, idle_s=1e9)
    server.session = 77
    with pytest.raises(FtpRefused, match=r"all sessions are in use .*try again"):
        read(server)
    assert server.session == 77


def test_sessions_of_others_end_only_on_demand() -> None:
    server = FtpServer({"/a.bin": CONTENT}, idle_s=1e9)
    server.session = 77
    found, pipe = read(server, take_over=True)
    assert found.data == CONTENT
    assert pipe.now < 1


def test_a_missing_file_is_an_error_with_a_hint() -> None:
    with pytest.raises(FtpRefused) as caught:
        read(FtpServer({}))
    assert caught.value.code == wire.NOT_FOUND
    assert str(caught.value) == (
        "cannot download /a.bin: refused by 1/1: no such file (the aircraft); "
        "check the path; list the folder to see its files"
    )


def test_a_file_that_shrinks_during_the_transfer_is_an_error() -> None:
    server = FtpServer({"/a.bin": CONTENT}, burst=30)

    def cut(message: Message, to_vehicle: bool) -> Iterable[Message]:
        if to_vehicle and len(server.requests) == 3 and server.session:
            server.files["/a.bin"] = CONTENT[:100]
            server.session = None
        return [message]

    with pytest.raises(VerificationFailed, match="shrank from 30011 to 100 bytes"):
        Pipe([FtpDownload(ftp_peer(), "/a.bin")], [server], filter=cut).run()


def test_a_wrong_byte_is_found_by_the_checksum_and_the_session_closed() -> None:
    server = FtpServer({"/a.bin": CONTENT})

    def spoil(message: Message, to_vehicle: bool) -> Iterable[Message]:
        packet = wire.parse(message.payload)
        if not to_vehicle and packet.req_opcode == wire.BURST and packet.offset == 478:
            server.files["/a.bin"] = b"\0" + CONTENT[1:]
        return [message]

    pipe = Pipe([FtpDownload(ftp_peer(), "/a.bin")], [server], filter=spoil)
    with pytest.raises(
        VerificationFailed, match=r"cannot download /a.bin: checksum .* differs from .* of 1/1"
    ):
        pipe.run()
    pipe.run_for(1)
    assert server.session is None


def test_no_answer_is_a_link_error_after_all_retries() -> None:
    pipe = Pipe(
        [FtpDownload(ftp_peer(), "/a.bin")], [FtpServer({"/a.bin": CONTENT})], PipeConditions(loss=1.0)
    )
    with pytest.raises(LinkError, match=r"cannot download /a.bin: no answer from 1/1 to 10 tries"):
        pipe.run()
    requests = [wire.parse(message.payload) for message in pipe.messages(to_vehicle=True)]
    assert len(requests) == 11
    assert len({request.seq for request in requests}) == 1  # a repetition, as the guide wants it


def test_a_link_lost_during_the_transfer_is_a_link_error() -> None:
    server = FtpServer({"/a.bin": CONTENT}, burst=30)

    def die(message: Message, to_vehicle: bool) -> Iterable[Message]:
        return [message] if len(server.requests) < 3 else []

    with pytest.raises(LinkError, match="no answer from 1/1"):
        Pipe([FtpDownload(ftp_peer(), "/a.bin")], [server], filter=die).run(limit_s=60)


@pytest.mark.parametrize("conditions", [PERFECT, LOSSY], ids=["clear", "lossy"])
def test_a_folder_is_listed_page_by_page_until_its_end(conditions: PipeConditions) -> None:
    files = {f"/log{i:03}.bin": bytes(i) for i in range(80)}
    found = Pipe([FtpListing(ftp_peer())], [FtpServer(files)], conditions).run()
    assert found[0] == FtpEntry("logs", 0, is_folder=True)
    assert found[1:] == tuple(FtpEntry(f"log{i:03}.bin", i) for i in range(80))


def test_an_unknown_folder_is_refused() -> None:
    with pytest.raises(FtpRefused, match="cannot list /no: refused by 1/1: no such file"):
        Pipe([FtpListing(ftp_peer(), "/no")], [FtpServer({})]).run()


@pytest.mark.parametrize("path", ["", "a\0b", "x" * 239])
def test_an_invalid_path_is_refused_before_anything_is_sent(path: str) -> None:
    with pytest.raises(UserError, match="invalid path"):
        FtpDownload(ftp_peer(), path)


def test_the_checksum_is_the_one_of_the_autopilots() -> None:
    assert wire.checksum(b"") == 0
    assert wire.checksum(b"123456789") == 0x2DFD2D88  # CRC-32/JAMCRC's polynomial, started from 0


@pytest.mark.parametrize("conditions", [PERFECT, LOSSY], ids=["clear", "lossy"])
def test_a_checksum_is_requested_without_the_file(conditions: PipeConditions) -> None:
    server = FtpServer({"/a.bin": CONTENT})
    assert Pipe(
        [FtpChecksum(ftp_peer(), "/a.bin", len(CONTENT))], [server], conditions
    ).run() == wire.checksum(CONTENT)
    assert (
        Pipe([FtpChecksum(ftp_peer(), "/a.bin", 10)], [FtpServer({"/a.bin": b""}, checksums=False)]).run()
        is None
    )
    with pytest.raises(FtpRefused, match="no such file"):
        Pipe([FtpChecksum(ftp_peer(), "/b.bin", 10)], [FtpServer({})]).run()
