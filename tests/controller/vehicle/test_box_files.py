"""Downloads of box files: complete, continued, of files that grow meanwhile, and wrong ones."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import pytest

from controller.errors import LinkError, VerificationFailed
from controller.logs.box.record import BLOCK, verify_box_record
from controller.protocol.ftp.wire import FtpRefused
from controller.protocol.state_machine import Progress, StateMachine
from controller.vehicle.box_files import KEEP_BYTES, DownloadedFile, download_file
from controller.vehicle.exchange import Exchange
from controller.wire.message import Message
from tests.support.box.records import box_ring
from tests.support.mavlink.ftp_server import FtpServer, ftp_peer
from tests.support.mavlink.lossy_pipe import PERFECT, VEHICLE, Pipe, PipeConditions

CONTENT = random.Random(7).randbytes(300_007)


class PipeExchange:
    """Runs machines against a server in virtual time; after `dies_after` answers the server is silent."""

    def __init__(
        self, server: FtpServer, *, dies_after: int = 1 << 30, conditions: PipeConditions = PERFECT
    ) -> None:
        self.server, self.conditions, self.left = server, conditions, dies_after
        self.asked = 0
        self.ftp_peer = functools.cache(ftp_peer)

    async def run(
        self, machine: StateMachine[Any], *, progress: Callable[[Progress], None] | None = None
    ) -> Any:
        def through(message: Message, to_vehicle: bool) -> Iterable[Message]:
            if progress is not None:
                progress(machine.progress)
            if not to_vehicle:
                self.left -= 1
            return [message] if self.left > 0 else []

        self.asked += 1
        return Pipe([machine], [self.server], self.conditions, filter=through).run(limit_s=600)


def downloaded(server: FtpServer, to: Path, name: str = "/a.bin", **how: Any) -> DownloadedFile:
    return asyncio.run(download_file(cast(Exchange, PipeExchange(server, **how)), VEHICLE, name, to))


def test_a_file_is_downloaded_and_its_checksum_compared(tmp_path: Path) -> None:
    found = downloaded(
        FtpServer({"/a.bin": CONTENT}), tmp_path / "a.bin", conditions=PipeConditions(loss=0.1, delay_s=0.02)
    )
    assert (found.size_bytes, found.resumed_at, found.checked) == (len(CONTENT), 0, "checksum")
    assert (tmp_path / "a.bin").read_bytes() == CONTENT
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]


def test_a_partial_download_is_continued(tmp_path: Path) -> None:
    to, server = tmp_path / "a.bin", FtpServer({"/a.bin": CONTENT})
    with pytest.raises(LinkError):
        downloaded(server, to, dies_after=800)
    kept = (tmp_path / "a.bin.part").stat().st_size
    assert 700 * 239 < kept < len(CONTENT)
    server.session = None
    found = downloaded(server, to)
    assert (found.resumed_at, found.checked, to.read_bytes()) == (kept, "checksum", CONTENT)


def test_at_most_keep_bytes_are_not_on_disk_yet(tmp_path: Path) -> None:
    to, server = tmp_path / "a.bin", FtpServer({"/a.bin": CONTENT})

    class Killed(BaseException):
        """The process was killed: neither answer nor error."""

    class Dies(PipeExchange):
        async def run(self, machine: StateMachine[Any], *, progress: Any = None) -> Any:
            def watched(now: Progress) -> None:
                progress(now)
                if now.done > 200_000:
                    machine.received_from = lambda _=0: b""  # type: ignore[attr-defined] # the rest is never written
                    raise Killed

            return await super().run(machine, progress=watched)

    with pytest.raises(Killed):
        asyncio.run(download_file(cast(Exchange, Dies(server)), VEHICLE, "/a.bin", to))
    assert (tmp_path / "a.bin.part").stat().st_size >= 200_000 - KEEP_BYTES


def test_another_file_of_the_name_is_not_mixed_with_the_kept_part(tmp_path: Path) -> None:
    to = tmp_path / "a.bin"
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:5000])
    assert downloaded(FtpServer({"/a.bin": b"shorter"}), to).resumed_at == 0
    assert to.read_bytes() == b"shorter"
    (tmp_path / "a.bin.part").write_bytes(bytes(5000))
    with pytest.raises(VerificationFailed, match="checksum"):
        downloaded(FtpServer({"/a.bin": CONTENT}), to)
    assert not (tmp_path / "a.bin.part").exists()  # the next try is from the start
    assert to.read_bytes() == b"shorter"


def test_without_checksums_the_size_is_compared(tmp_path: Path) -> None:
    assert downloaded(FtpServer({"/a.bin": CONTENT}, checksums=False), tmp_path / "a.bin").checked == "size"


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FtpRefused, match="no such file"):
        downloaded(FtpServer({}), tmp_path / "a.bin")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("before", "after"), [(3, 5), (5, 7), (6, 11), (9, 10), (12, 40), (2, 8)])
@pytest.mark.parametrize("kept_slots", [0, 1, 4, 7, 8])
def test_a_record_that_grew_between_two_tries_is_completed(
    tmp_path: Path, before: int, after: int, kept_slots: int
) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
    old, new = box_ring(tmp_path / "old", before), box_ring(tmp_path / "new", after)
    to = tmp_path / "box.blocks"
    (tmp_path / "box.blocks.part").write_bytes(
        old.read_bytes()[: kept_slots * BLOCK + 100 * bool(kept_slots % 8)]
    )
    found = downloaded(FtpServer({"/box.blocks": new.read_bytes()}), to, "/box.blocks")
    assert found.checked == "blocks"
    assert verify_box_record(to).ok
    assert to.read_bytes() == new.read_bytes()


def test_a_record_with_a_damaged_block_fails_verification(tmp_path: Path) -> None:
    raw = bytearray(box_ring(tmp_path, 5).read_bytes())
    raw[BLOCK + 500] ^= 1
    with pytest.raises(VerificationFailed, match="block 1 was changed or removed"):
        downloaded(FtpServer({"/box.blocks": bytes(raw)}), tmp_path / "got.blocks", "/box.blocks")
    assert not (tmp_path / "got.blocks").exists()
