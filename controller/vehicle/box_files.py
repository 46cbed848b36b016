"""Files of a ground box onto this disk: what has come stays in NAME.part, the next try goes on there, and what
came is checked.

A record may grow while it is read, and has grown when a broken read goes on: the slots that are not what the
rest of the record says they must be are read again. Every block carries its digest, so that its checks are
those of the record itself.
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

KEEP_BYTES = 65_536  # so much is in memory alone at most
PIECE = 1 << 20
BLOCKS_AT_ONCE = 64
MENDINGS = 16  # each looks twice as far ahead as the one before


@dataclass(frozen=True, slots=True)
class FetchedFile:
    """`resumed_at` bytes were there from before.

    `checked` is how it was checked: "checksum", "blocks", or "size" where the box offered nothing better.
    """

    path: Path
    size_bytes: int
    resumed_at: int
    checked: str


async def get_file(
    exchange: Exchange,
    box: Address,
    name: str,
    to: Path,
    *,
    progress: Callable[[Progress], None] | None = None,
) -> FetchedFile:
    """Fetch the file `name` of the box at `box` into `to`.

    Raises LinkError (what came so far is kept for the next try), FtpRefused (no such file), VerificationFailed
    (what came is not what the box has), OSError.
    """
    part = to.with_name(f"{to.name}.part")
    try:
        return await _got(exchange, box, name, to, progress)
    finally:
        if part.is_file() and not part.stat().st_size:
            _forget(part)  # nothing has come that could be gone on with


async def _got(
    exchange: Exchange,
    box: Address,
    name: str,
    to: Path,
    progress: Callable[[Progress], None] | None,
) -> FetchedFile:
    part = to.with_name(f"{to.name}.part")
    resumed_at = part.stat().st_size if part.is_file() else 0
    size = await _rest(exchange, box, name, part, resumed_at, progress)
    if size < resumed_at:
        _forget(part)  # another file than the one begun
        resumed_at = 0
        size = await _rest(exchange, box, name, part, 0, progress)
    if size % BLOCK == 0 and is_box_record(part):
        await _mend(exchange, box, name, part)
        found = verify_box_record(part)
        if not found.ok:
            why = found.first_fault.why if found.first_fault else ""
            raise VerificationFailed(
                why, where=str(part), hint="compare with the card, and keep this file as it is"
            )
        checked = "blocks"
    else:
        checked = await _compare(exchange, box, name, part, size)
    part.replace(to)
    return FetchedFile(to, size, resumed_at, checked)


async def get_blocks(
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
    """The blocks from `first` to `last` (None: the newest) of a record of `slots`, one after the other in
    `part`; False when the ring has written over the first. What is in `part` from before is gone on with.
    Raises LinkError, FtpRefused, OSError.
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
    """Number of the block that is the next to come; what is not whole, or not what it should be, is cut off."""
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
    """So many slots of a record. Raises as `get_file`."""
    piece = await exchange.run(FtpDownload(box, name, offset=first * BLOCK, count=count * BLOCK))
    return piece.data


async def _rest(
    exchange: Exchange,
    box: Address,
    name: str,
    part: Path,
    have: int,
    progress: Callable[[Progress], None] | None,
) -> int:
    """Append what is missing to `part`; the whole file's size."""
    machine = FtpDownload(box, name, offset=have, check=False)
    await append(exchange, machine, part, have, progress)
    return machine.size_bytes or 0


async def append(
    exchange: Exchange,
    machine: FtpDownload | LogDownload,
    part: Path,
    have: int,
    progress: Callable[[Progress], None] | None,
) -> None:
    """Run what reads the rest of a file of which `part` holds `have` bytes, and append what comes while it comes."""
    running: StateMachine[Any] = machine
    kept = 0

    def keep(least: int) -> None:
        nonlocal kept
        news = machine.received_from(kept) if machine.progress.done - kept >= least else b""
        if news:
            with part.open("ab") as file:
                file.write(news)
            kept += len(news)

    def told(now: Progress) -> None:
        keep(KEEP_BYTES)
        if progress is not None:
            progress(Progress(have + now.done, have + now.total, now.text))

    with part.open("ab"):
        pass  # there, even if nothing comes
    try:
        await exchange.run(running, progress=told)
    finally:
        keep(1)


async def _mend(exchange: Exchange, box: Address, name: str, part: Path) -> None:
    """Read again what does not belong together, then look whether the record goes on behind what is known of it."""
    for turn in range(MENDINGS):
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
    theirs, ours = await exchange.run(FtpChecksum(box, name, size)), _sum(part)
    if theirs is None:
        return "size"
    if theirs != ours:
        _forget(part)
        raise VerificationFailed(
            f"{name}: checksum {ours:08x}, {box} says {theirs:08x}",
            where=str(part),
            hint="what came is thrown away, fetch it again; a file that is being written changes while it is read",
        )
    return "checksum"


def _sum(part: Path) -> int:
    found = 0
    with part.open("rb") as file:
        while piece := file.read(PIECE):
            found = checksum(piece, found)
    return found


def _forget(part: Path) -> None:
    part.unlink()
