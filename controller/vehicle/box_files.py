"""Downloads files of a ground box: a partial download stays in NAME.part, the next one continues there.

The file is checked at the end. A record may grow while it is read, or between two tries: slots that do not fit the
rest of the record are read again. Every block carries its digest, so its checks are those of the record itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import VerificationFailed
from controller.logs.box.record import (
    BLOCK,
    is_box_record,
    newest_block,
    read_block,
    stale_slots,
    verify_box_record,
)
from controller.logs.formats.file_map import map_file
from controller.protocol.ftp.client_checksum import FtpChecksum
from controller.protocol.ftp.client_download import FtpDownload
from controller.protocol.ftp.wire import checksum
from controller.protocol.logs.client import LogDownload
from controller.protocol.state_machine import Progress, StateMachine
from controller.vehicle.exchange import Exchange
from controller.wire.address import Address

KEEP_BYTES = 65_536  # data is written to disk at least this often
CHUNK_BYTES = 1 << 20
BLOCKS_AT_ONCE = 64
MAX_REREADS = 16  # each reads twice as many slots ahead as the one before


@dataclass(frozen=True, slots=True)
class DownloadedFile:
    """A downloaded file."""

    path: Path
    """File on this disk."""
    size_bytes: int
    """Size, bytes."""
    resumed_at: int
    """Bytes that were there from an earlier try."""
    checked: str
    """How it was checked: "checksum", "blocks", or "size" where the sender has no checksum."""


async def download_file(
    exchange: Exchange,
    box: Address,
    name: str,
    to: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> DownloadedFile:
    """Download the file `name` of the box at `box` to the path `to`.

    Raises LinkError (the part downloaded so far is kept), FtpRefused (no such file), VerificationFailed (the file
    differs from the one on the box), OSError.
    """
    part = to.with_name(f"{to.name}.part")
    try:
        return await _download(exchange, box, name, to, progress)
    finally:
        if part.is_file() and not part.stat().st_size:
            part.unlink()  # empty: nothing to continue from


async def _download(
    exchange: Exchange,
    box: Address,
    name: str,
    to: Path,
    progress: Callable[[Progress], None] | None,
) -> DownloadedFile:
    part = to.with_name(f"{to.name}.part")
    resumed_at = part.stat().st_size if part.is_file() else 0
    size = await _rest(exchange, box, name, part, resumed_at, progress)
    if size < resumed_at:
        part.unlink()  # another file than in the earlier try
        resumed_at = 0
        size = await _rest(exchange, box, name, part, 0, progress)
    if size % BLOCK == 0 and is_box_record(part):
        await _reread_inconsistent(exchange, box, name, part)
        found = verify_box_record(part)
        if not found.ok:
            why = found.first_fault.why if found.first_fault else ""
            raise VerificationFailed(
                why, where=str(part), hint="keep this file, and compare it with the card of the box"
            )
        checked = "blocks"
    else:
        checked = await _compare(exchange, box, name, part, size)
    part.replace(to)
    return DownloadedFile(to, size, resumed_at, checked)


async def download_blocks(
    exchange: Exchange,
    box: Address,
    name: str,
    part: Path,
    *,
    slots: int,
    first: int,
    last: int | None,
    progress: Callable[[Progress], None] | None = None,
) -> bool:
    """Download the blocks from `first` to `last` (None: the newest) of a record of `slots` slots, appended to `part`.

    Continues after the blocks that `part` holds. Returns False when the ring has overwritten the first block. Raises
    LinkError, FtpRefused, OSError.
    """
    have = _blocks_in(part, first)
    while last is None or have <= last:
        slot = have % slots
        count = min(BLOCKS_AT_ONCE, slots - slot, BLOCKS_AT_ONCE if last is None else last - have + 1)
        data = await read_slots(exchange, box, name, slot, count)
        for at in range(0, len(data), BLOCK):
            block = read_block(data[at : at + BLOCK])
            if block is None or block.number != have:
                return have > first
            with part.open("ab") as file:
                file.write(block.raw)
            have += 1
        if progress is not None:
            progress(
                Progress((have - first) * BLOCK, 0 if last is None else (last + 1 - first) * BLOCK, name)
            )
    return True


def _blocks_in(part: Path, first: int) -> int:
    """Return the number of the next block to download; truncate incomplete or unexpected blocks."""
    number = first
    if part.is_file():
        raw = part.read_bytes()
        for at in range(0, len(raw), BLOCK):
            block = read_block(raw[at : at + BLOCK])
            if block is None or block.number != number:
                break
            number += 1
        with part.open("r+b") as file:
            file.truncate((number - first) * BLOCK)
    return number


async def read_slots(exchange: Exchange, box: Address, name: str, first: int, count: int) -> bytes:
    """Read `count` slots of a record from slot `first`. Raises as `download_file`."""
    data = await exchange.run(
        FtpDownload(exchange.ftp_peer(box), name, offset=first * BLOCK, count=count * BLOCK)
    )
    return data.data


async def _rest(
    exchange: Exchange,
    box: Address,
    name: str,
    part: Path,
    have: int,
    progress: Callable[[Progress], None] | None,
) -> int:
    """Append the missing rest to `part`; return the size of the whole file."""
    machine = FtpDownload(exchange.ftp_peer(box), name, offset=have, check=False)
    await append(exchange, machine, part, have, progress)
    return machine.size_bytes or 0


async def append(
    exchange: Exchange,
    machine: FtpDownload | LogDownload,
    part: Path,
    have: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Run a download that continues after the `have` bytes in `part`, and append the data while it arrives."""
    running: StateMachine[Any] = machine
    written = 0

    def write_new(least: int) -> None:
        nonlocal written
        data = machine.received_from(written) if machine.progress.done - written >= least else b""
        if data:
            with part.open("ab") as file:
                file.write(data)
            written += len(data)

    def on_progress(now: Progress) -> None:
        write_new(KEEP_BYTES)
        if progress is not None:
            progress(Progress(have + now.done, have + now.total, now.text))

    with part.open("ab"):
        pass  # create it, even if no data arrives
    try:
        await exchange.run(running, progress=on_progress)
    finally:
        write_new(1)


async def _reread_inconsistent(exchange: Exchange, box: Address, name: str, part: Path) -> None:
    """Read inconsistent slots again, then check whether the record has grown beyond its newest known block."""
    for turn in range(MAX_REREADS):
        stale = stale_slots(part)
        for first, count in stale:
            _put(part, first, await read_slots(exchange, box, name, first, count))
        newest, slots = newest_block(part), len(map_file(part)) // BLOCK
        first = (newest + 1) % slots
        data = await read_slots(exchange, box, name, first, min(4 << turn, slots - first))
        found = [read_block(data[at : at + BLOCK]) for at in range(0, len(data), BLOCK)]
        if any(block and block.number > newest for block in found):
            _put(part, first, data)
        elif not stale:
            return


def _put(part: Path, first: int, data: bytes) -> None:
    with part.open("r+b") as file:
        file.seek(first * BLOCK)
        file.write(data)


async def _compare(exchange: Exchange, box: Address, name: str, part: Path, size: int) -> str:
    theirs, ours = await exchange.run(FtpChecksum(exchange.ftp_peer(box), name, size)), _sum(part)
    if theirs is None:
        return "size"
    if theirs != ours:
        _delete(part)
        raise VerificationFailed(
            f"{name} differs from the file on {box}: checksum {ours:08x}, on board {theirs:08x}",
            where=str(part),
            hint="the download was deleted, try again; a file that is being written changes while it is read",
        )
    return "checksum"


def _sum(part: Path) -> int:
    found = 0
    with part.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            found = checksum(chunk, found)
    return found


def _delete(part: Path) -> None:
    part.unlink()
