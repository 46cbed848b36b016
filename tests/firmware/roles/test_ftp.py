"""The box's files over the link, read by the ground station's own reader, through loss, while the box goes on
working.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.errors import UserError
from controller.protocol.ftp import wire
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.client_listing import FtpEntry, FtpListing
from controller.protocol.ftp.wire import FtpPacket, FtpRefused
from controller.wire import messages as m
from controller.wire.address import address
from controller.wire.codec import Encoder
from firmware.core.blockfile import BlockFile
from firmware.roles import ftp, playback
from tests.support.box.file_reader import Boxes, Reader
from tests.support.box.rig import BOX, Rig, heartbeat
from tests.support.mavlink.ftp_server import ftp_peer

Make = Callable[..., Rig]
CONTENT = random.Random(2).randbytes(70_000)


@pytest.fixture
def make() -> Iterator[Make]:
    boxes = Boxes()
    yield boxes.make
    boxes.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "old.rec").write_bytes(CONTENT)
    (tmp_path / "box.json").write_text('{"keys": {"laptop": "secret"}}')
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "deep.rec").write_bytes(b"deep")
    return tmp_path


def ask(rig: Rig, *packets: FtpPacket, by: Any = None, ms: int = 50) -> list[FtpPacket]:
    """What the box answers to requests."""
    rig.heard(rig.laptop)
    for packet in packets:
        message = packet.to(BOX)
        rig.laptop.feed(by.pack(message)) if by else rig.up(message)
    rig.run(ms, 1)
    return [
        wire.parse(f.message().payload) for f in rig.heard(rig.laptop) if f.name == "FILE_TRANSFER_PROTOCOL"
    ]


def request(
    opcode: int, name: str = "", *, seq: int = 1, session: int = 0, size: int = -1, offset: int = 0
) -> FtpPacket:
    data = name.encode()
    return FtpPacket(seq, session, opcode, len(data) if size < 0 else size, offset, data)


@pytest.mark.parametrize("loss", [0.0, 0.3])
@pytest.mark.parametrize("rate_bytes_per_s", [0, 5760])
def test_a_file_arrives_whole_and_checked(
    make: Make, folder: Path, loss: float, rate_bytes_per_s: int
) -> None:
    laptop = {"port": "memory", "rate_bytes_per_s": rate_bytes_per_s}
    rig = make(folder, laptop=laptop)
    found = Reader(rig, loss=loss).run(FtpDownload(ftp_peer(BOX), "/old.rec"))
    assert found.data == CONTENT
    assert found.checked
    assert rig.box.supervisor.faults == 0


def test_the_record_arrives_whole_when_recording_has_stopped(make: Make, folder: Path) -> None:
    rig = make(folder)
    for _ in range(600):
        rig.down(heartbeat(), m.ATTITUDE(roll=1.0, pitch=2.0))
        rig.turn(10)
    rig.up(m.COMMAND_LONG(target_system=254, target_component=191, command=2511))
    rig.run(500)
    found = Reader(rig, loss=0.1).run(FtpDownload(ftp_peer(BOX), "/box.rec"))
    assert found.data == (folder / "box.rec").read_bytes()
    assert found.checked
    copy = folder / "copy.rec"
    copy.write_bytes(found.data)
    store = BlockFile(copy.as_posix(), 8)
    assert playback.breaks(store) == []
    assert len(playback.blocks(store)) > 3
    store.close()


def test_the_record_is_read_during_recording_and_the_transfer_is_not_recorded(
    make: Make,
    folder: Path,
) -> None:
    rig = make(folder, blocks=64)
    machine = FtpDownload(ftp_peer(BOX), "/box.rec", check=False)
    reader = Reader(rig)
    for _ in range(300):
        rig.down(heartbeat(), m.ATTITUDE(roll=1.0, pitch=2.0))
        rig.turn(10)
    reader.send(machine.start(rig.now_ms / 1000))
    while machine.outcome is None:
        rig.down(heartbeat())
        reader.turn(machine)
    copy = folder / "copy.rec"
    copy.write_bytes(machine.outcome.value.data)  # type: ignore[union-attr]
    store = BlockFile(copy.as_posix(), 64)
    assert playback.breaks(store) == []
    assert len(playback.blocks(store)) >= 4
    recorder = rig.box.recorder
    assert recorder is not None
    assert recorder.dropped == 0
    store.close()
    after = recorder.frames
    Reader(rig).run(FtpDownload(ftp_peer(BOX), "/old.rec"))
    assert recorder.frames - after < 200  # the box's own heartbeats and values, no more


def test_the_folder_shows_the_records_and_nothing_else(make: Make, folder: Path) -> None:
    rig = make(folder)
    rig.run(50)
    for path in ("/", "", ".", "@MAV_LOG"):
        if path:
            assert Reader(rig).run(FtpListing(ftp_peer(BOX), path)) == (
                FtpEntry("box.rec", 8 * 4096),
                FtpEntry("old.rec", 70_000),
            )
    with pytest.raises(UserError):
        FtpListing(ftp_peer(BOX), "")


def test_a_long_folder_comes_page_by_page(make: Make, folder: Path) -> None:
    for i in range(60):
        (folder / f"flight-{i:02}.rec").write_bytes(bytes(i))
    found = Reader(make(folder), loss=0.2).run(FtpListing(ftp_peer(BOX)))
    assert [entry.name for entry in found if entry.name.startswith("f")] == [
        f"flight-{i:02}.rec" for i in range(60)
    ]


@pytest.mark.parametrize(
    "path",
    [
        "../box.rec", "/../../etc/passwd", "other/deep.rec", "/other", "box.json", "..", "/..", "a\\..\\old.rec",
        "C:old.rec",
        ".rec", "/./old.rec",
    ],
)  # fmt: skip
def test_nothing_outside_the_records_can_be_reached(make: Make, folder: Path, path: str) -> None:
    (folder / ".rec").write_bytes(b"hidden")
    rig = make(folder / "other" if path.startswith("../") else folder)
    for i, opcode in enumerate((wire.OPEN, wire.CRC32, wire.LIST)):
        (answer,) = ask(rig, request(opcode, path, seq=10 * i))
        assert (answer.opcode, answer.data) == (wire.NAK, bytes([wire.NOT_FOUND]))


@pytest.mark.parametrize("name", ["settings.json", "record.json"])
def test_a_record_that_ends_like_the_settings_does_not_open_the_settings(tmp_path: Path, name: str) -> None:
    (tmp_path / "box.json").write_text("secret")
    folder = ftp.RecordFolder((tmp_path / name).as_posix())
    assert folder.has(name)
    assert not folder.has("box.json")


@pytest.mark.parametrize("opcode", [6, 7, 8, 9, 10, 11, 12, 13, 99])
def test_nothing_can_be_written(make: Make, folder: Path, opcode: int) -> None:
    (answer,) = ask(make(folder), request(opcode, "old.rec"))
    assert (answer.opcode, answer.req_opcode, answer.data) == (
        wire.NAK,
        opcode,
        bytes([wire.UNKNOWN_COMMAND]),
    )
    assert (folder / "old.rec").read_bytes() == CONTENT


def test_a_repeated_request_gets_the_same_answer_and_opens_nothing_twice(make: Make, folder: Path) -> None:
    rig = make(folder)
    first, again = ask(rig, request(wire.OPEN, "old.rec"), request(wire.OPEN, "old.rec"))
    assert first == again
    assert (first.opcode, int.from_bytes(first.data, "little")) == (wire.ACK, len(CONTENT))
    read = request(wire.READ, seq=2, session=first.session, size=50, offset=1000)
    listed = request(wire.LIST, "/", seq=3)
    answers = ask(rig, read, read, listed, read, request(wire.OPEN, "old.rec"))
    assert [answer.seq for answer in answers] == [3, 3, 4, 3, 2]
    assert {answers[i].data for i in (0, 1, 3)} == {CONTENT[1000:1050]}
    assert answers[4] == first


def test_there_is_one_session_for_one_reader_until_it_is_idle(make: Make, folder: Path) -> None:
    rig = make(folder)
    other = Encoder(address(252, 190))
    (first,) = ask(rig, request(wire.OPEN, "old.rec"))
    (refused,) = ask(rig, request(wire.OPEN, "old.rec"), by=other)
    assert refused.data == bytes([wire.NO_SESSIONS])
    (stolen,) = ask(rig, request(wire.READ, seq=5, session=first.session, size=5), by=other)
    assert stolen.data == bytes([wire.INVALID_SESSION])
    ask(rig, request(wire.TERMINATE, seq=6), by=other)
    (still,) = ask(rig, request(wire.READ, seq=7, session=first.session, size=5))
    assert still.data == CONTENT[:5]
    rig.run(ftp.IDLE_MS + 100)
    (second,) = ask(rig, request(wire.OPEN, "old.rec", seq=8), by=other)
    assert second.opcode == wire.ACK
    assert second.session != first.session


def test_sessions_of_others_end_when_all_are_reset(make: Make, folder: Path) -> None:
    rig = make(folder)
    other = Encoder(address(252, 190))
    ask(rig, request(wire.OPEN, "old.rec"))
    answers = ask(rig, request(wire.RESET), request(wire.OPEN, "old.rec", seq=2), by=other)
    assert [answer.opcode for answer in answers] == [wire.ACK, wire.ACK]


def test_a_file_removed_while_it_is_read_is_not_made_up(make: Make, folder: Path) -> None:
    rig = make(folder, laptop={"port": "memory", "rate_bytes_per_s": 5760})
    machine = FtpDownload(ftp_peer(BOX), "/old.rec")
    reader = Reader(rig)
    reader.send(machine.start(rig.now_ms / 1000))
    while machine.progress.done < 20_000:
        reader.turn(machine)
    (folder / "old.rec").unlink()
    with pytest.raises(FtpRefused, match="no such file"):
        while machine.outcome is None or not hasattr(machine.outcome, "error"):
            reader.turn(machine)
            assert rig.now_ms < 60_000
        raise machine.outcome.error


def test_a_card_that_is_gone_is_told_of_and_the_box_goes_on(
    make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make(folder)
    (opened,) = ask(rig, request(wire.OPEN, "old.rec"))

    def gone(*_: object) -> None:
        raise OSError(5, "EIO")

    monkeypatch.setattr(ftp.RecordFolder, "size", gone)
    monkeypatch.setattr(ftp.RecordFolder, "names", gone)
    (answer,) = ask(rig, request(wire.LIST, "/", seq=5))
    assert answer.data == bytes([wire.FAIL_ERRNO, 5])
    (answer,) = ask(rig, request(wire.OPEN, "old.rec", seq=6))
    assert answer.opcode == wire.NAK
    rig.down(heartbeat())
    rig.run(20)
    assert "HEARTBEAT" in rig.names(rig.laptop)
    assert rig.box.supervisor.faults == 0
    assert opened.opcode == wire.ACK


def test_a_burst_does_not_delay_what_else_comes_down(make: Make, folder: Path) -> None:
    """At 57,600 baud a frame from the aircraft waits for one packet of the burst at most."""
    rig = make(folder, laptop={"port": "memory", "rate_bytes_per_s": 5760})
    (opened,) = ask(rig, request(wire.OPEN, "old.rec"))
    rig.up(request(wire.BURST, seq=2, session=opened.session, size=239).to(BOX))
    rig.run(500, 1)
    waits_ms = []
    for i in range(20):
        asked_ms = rig.now_ms
        raw = rig.down(m.COMMAND_ACK(command=400, result=i % 4 + 1))
        rig.run(150, 1)
        end = bytes(rig.laptop.sent).rindex(raw) + len(raw)
        waits_ms.append(next(at for at, sent in rig.laptop.sent_at if sent >= end) - asked_ms)
    assert max(waits_ms) <= 100
    assert len(rig.laptop.sent) > 0.8 * 5.76 * rig.now_ms  # and the port was busy all the time


def test_a_slow_card_is_left_alone_in_between(
    make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig = make(folder)
    (opened,) = ask(rig, request(wire.OPEN, "old.rec"))
    taken = []
    read = ftp.FileServer._read

    def slow(self: ftp.FileServer, *rest: Any) -> int:
        taken.append(rig.now_ms)
        rig.card.stalled_ms += 100  # type: ignore[union-attr]
        return read(self, *rest)

    monkeypatch.setattr(ftp.FileServer, "_read", slow)
    rig.up(request(wire.BURST, seq=2, session=opened.session, size=239).to(BOX))
    rig.run(4000, 1)
    pauses = [b - a for a, b in itertools.pairwise(taken)]
    assert len(taken) > 5
    assert min(pauses) >= 300


def test_a_reader_that_is_gone_costs_one_burst(make: Make, folder: Path) -> None:
    rig = make(folder)
    (opened,) = ask(rig, request(wire.OPEN, "old.rec"))
    packets = ask(rig, request(wire.BURST, seq=2, session=opened.session, size=239), ms=5000)
    assert len(packets) == ftp.BURST_PACKETS
    assert [packet.burst_complete for packet in packets] == [False] * (len(packets) - 1) + [True]


def test_requests_for_others_are_not_answered(make: Make, folder: Path) -> None:
    rig = make(folder)
    rig.run(20, 1)
    rig.heard(rig.laptop)
    for system, component in ((1, 1), (254, 1), (0, 0)):
        rig.up(m.FILE_TRANSFER_PROTOCOL(
            target_system=system, target_component=component, payload=request(wire.LIST, "/").to(BOX).payload
        ))  # fmt: skip
    rig.run(50, 1)
    assert "FILE_TRANSFER_PROTOCOL" not in rig.names(rig.laptop, own=True)


def test_a_locked_box_gives_its_files_to_nobody_without_a_signature(make: Make, folder: Path) -> None:
    rig = make(folder, firewall={"locked": True}, keys={"laptop": "11" * 32})
    assert ask(rig, request(wire.LIST, "/")) == []


def test_any_payload_is_survived(make: Make, folder: Path) -> None:
    rig = make(folder)
    dice = random.Random(7)
    for _ in range(2000):
        head = bytes(
            [dice.choice((0, 1, 255)), 0, dice.choice((0, 1, 2)), dice.randrange(20), dice.randrange(256)]
        )
        body = dice.choice((b"/", b"old.rec", b"\xff\xfe", b"..", b"\0", dice.randbytes(240)))
        offset = dice.choice((b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x70\x11\x01\0"))
        payload = (head + b"\0\0\0" + offset + body).ljust(251, b"\0")[:251]
        rig.up(m.FILE_TRANSFER_PROTOCOL(target_system=254, target_component=191, payload=payload))
        rig.turn(1)
    assert rig.box.supervisor.faults == 0
    assert Reader(rig).run(FtpDownload(ftp_peer(BOX), "/old.rec", take_over=True)).data == CONTENT


def test_a_request_after_four_idle_days_is_answered_at_once(make: Make, folder: Path) -> None:
    rig = make(folder)
    assert ask(rig, request(wire.LIST, "/"))
    rig.let_pass(days=4)
    assert ask(rig, request(wire.LIST, "/", seq=2))


@pytest.mark.parametrize("session", [0, 7, 255])
def test_every_answer_has_the_session_that_was_asked_with(make: Make, folder: Path, session: int) -> None:
    rig = make(folder)
    (opened,) = ask(rig, request(wire.OPEN, "old.rec", seq=50))
    wanted = [
        request(wire.LIST, "/", seq=1, session=session),
        request(wire.CRC32, "old.rec", seq=2, session=session),
        request(wire.CRC32, "none.rec", seq=3, session=session),
        request(wire.READ, seq=4, session=(session + 9) & 0xFF, size=9),
        request(wire.TERMINATE, seq=5, session=session),
    ]
    assert opened.session != (session + 9) & 0xFF
    for packet in wanted:
        (answer,) = ask(rig, packet, ms=5000)
        assert (answer.session, answer.req_opcode) == (packet.session, packet.opcode)


def test_a_reader_that_numbers_its_sessions_itself_keeps_its_number(make: Make, folder: Path) -> None:
    rig = make(folder)
    (opened,) = ask(rig, request(wire.OPEN, "old.rec", seq=1, session=33))
    (read,) = ask(rig, request(wire.READ, seq=2, session=33, size=50))
    packets = ask(rig, request(wire.BURST, seq=3, session=33, size=239), ms=5000)
    assert {opened.session, read.session, *(packet.session for packet in packets)} == {33}
    assert read.data == CONTENT[:50]
