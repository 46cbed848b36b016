"""Record of a ground box: a ring of chained blocks (docs/box/README.md, "The record"), its reader and verification.

The box has no signing key, but it announces the head of its record every ten seconds. Where these announcements are
in a signed flight record, a box record that was truncated or rewritten after a block does not match them any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from controller.logs.flights import store
from controller.logs.formats.file_map import LogFileError, map_file
from controller.logs.verification.flight import ChainFault
from controller.protocol.ground_box import MAGIC, RECORD_HEAD
from controller.wire.columns import read_tlog

FILE = store.BOX_RECORD
BLOCK, HEAD, DIGEST = 4096, 64, 32


@dataclass(frozen=True, slots=True)
class BoxBlock:
    """One whole block: its number, the digest of the block before, its own digest, and its frames.

    `start` counts the starts of the box. `entries` are in the format of a telemetry log, `raw` is the whole block.
    """

    number: int
    previous: bytes
    digest: bytes
    start: int
    frames: int
    entries: bytes
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class BoxVerification:
    """Result of a verification. `ok` if every block is whole, in its place and chained to the one before.

    `cut_short` is True if the block being written at power loss is damaged, which is normal. `announced` is the
    number of announced heads that were compared.
    """

    ok: bool
    blocks: int
    frames: int
    first_fault: ChainFault | None = None
    cut_short: bool = False
    announced: int = 0


def read_block(raw: bytes) -> BoxBlock | None:
    """Read one slot of the ring; None if it holds no whole block."""
    if len(raw) != BLOCK or raw[:4] != MAGIC or sha256(raw[:-DIGEST]).digest() != raw[-DIGEST:]:
        return None
    used = int.from_bytes(raw[8:10], "little")
    if used > BLOCK - HEAD - DIGEST:
        return None
    return BoxBlock(
        number=int.from_bytes(raw[4:8], "little"),
        previous=raw[20 : 20 + DIGEST],
        digest=raw[-DIGEST:],
        start=int.from_bytes(raw[52:54], "little"),
        frames=int.from_bytes(raw[10:12], "little"),
        entries=raw[HEAD : HEAD + used],
        raw=raw,
    )


def slots_of(raw: bytes | memoryview) -> list[bytes]:
    """Return the slots of a ring, one after the other."""
    return [bytes(raw[at : at + BLOCK]) for at in range(0, len(raw), BLOCK)]


def is_box_record(path: Path) -> bool:
    """Return whether a file holds blocks of a box record, whatever its name. Raises OSError."""
    if not path.stat().st_size:
        return False
    raw = map_file(path)
    return any(raw[at : at + len(MAGIC)] == MAGIC for at in range(0, len(raw), BLOCK))


def box_blocks(path: Path) -> list[BoxBlock]:
    """Return all whole blocks of a record, oldest first. Raises LogFileError if there is none."""
    found = sorted(index_blocks(map_file(path)).values(), key=lambda block: block.number)
    if not found:
        raise LogFileError("invalid box record: it has no whole block", where=str(path))
    return found


def index_blocks(raw: bytes | memoryview) -> dict[int, BoxBlock]:
    """Return the whole blocks of a record in memory, by number."""
    found = (read_block(slot) for slot in slots_of(raw))
    return {block.number: block for block in found if block}


def announcements(log: Path) -> Iterator[tuple[int, int, bytes]]:
    """Yield time (us), block number and digest of each head that a box announced in a telemetry log, if it exists."""
    table = read_tlog(map_file(log)).tables.get("V2_EXTENSION") if log.is_file() else None
    if table is None:
        return
    for kind, payload, time_us in zip(table["message_type"], table["payload"], table.times_us, strict=True):
        content = bytes(payload)
        if kind == RECORD_HEAD and content[:4] == MAGIC:
            yield int(time_us), int.from_bytes(content[4:8], "little"), content[8 : 8 + DIGEST]


def announced_heads(flight_log: Path) -> dict[int, bytes]:
    """Return the digests of all heads that a box announced in a telemetry log, by block number."""
    return {number: digest for _, number, digest in announcements(flight_log)}


def verify_box_record(path: Path, announced: Mapping[int, bytes] | None = None) -> BoxVerification:
    """Verify a box record, also against the heads `announced` in flight. Raises LogFileError if it cannot be read."""
    slots = slots_of(map_file(path))
    blocks = {slot: block for slot, data in enumerate(slots) if (block := read_block(data))}
    heads = dict(announced or {})
    if not blocks:
        if not any(map(any, slots)) and not heads:
            return BoxVerification(ok=True, blocks=0, frames=0)
        why = f"{path.name} has no whole block" + (", but the box announced some" if heads else "")
        return BoxVerification(ok=False, blocks=0, frames=0, first_fault=ChainFault(0, 0, why))
    newest = max(block.number for block in blocks.values())
    in_order = range(max(0, newest - len(slots) + 1), newest + 1)
    being_written = (newest + 1) % len(slots)
    fault, cut_short, frames, before = None, False, 0, b""
    for number in in_order:
        slot = number % len(slots)
        block = blocks.get(slot)
        if block is None and slot == being_written:
            cut_short = True
            continue
        fault = fault or _block_fault(path, number, slot, block, before)
        if block is not None:
            frames, before = frames + block.frames, block.digest
    extra = {slot for slot, data in enumerate(slots) if any(data)} - {
        number % len(slots) for number in in_order
    }
    if being_written in extra and being_written not in blocks:
        extra.remove(being_written)
        cut_short = True
    if extra and fault is None:
        slot = min(extra)
        fault = ChainFault(
            slot, slot * BLOCK, f"{path.name}: data after the end of the record, in slot {slot}"
        )
    fault = fault or _announcement_fault(path, heads, blocks, in_order, newest)
    return BoxVerification(
        ok=fault is None,
        blocks=len(blocks),
        frames=frames,
        first_fault=fault,
        cut_short=cut_short,
        announced=sum(number in in_order for number in heads),
    )


def _block_fault(
    path: Path, number: int, slot: int, block: BoxBlock | None, before: bytes
) -> ChainFault | None:
    why = ""
    if block is None:
        why = f"block {number} was changed or removed"
    elif block.number != number:
        why = f"block {block.number} is in the place of block {number}"
    elif (before and block.previous != before) or (number == 0 and any(block.previous)):
        why = f"block {number} is not chained to the block before it"
    return ChainFault(number, slot * BLOCK, f"{path.name}: {why}") if why else None


def _announcement_fault(
    path: Path, heads: Mapping[int, bytes], blocks: Mapping[int, BoxBlock], in_order: range, newest: int
) -> ChainFault | None:
    digests = {block.number: block.digest for block in blocks.values()}
    for number in sorted(heads):
        if number > newest:
            why = f"{path.name} ends at block {newest}, but the box announced block {number}"
            return ChainFault(number, 0, why)
        if number in in_order and digests.get(number) != heads[number]:
            return ChainFault(
                number, 0, f"{path.name}: block {number} differs from the one announced in flight"
            )
    return None


def newest_block(path: Path) -> int:
    """Return the highest number of a whole block; -1 if there is none."""
    return max(index_blocks(map_file(path)), default=-1)


def stale_slots(path: Path) -> list[tuple[int, int]]:
    """Return runs of slots (first, count) that do not fit the newest block, in a record copied while it grew."""
    raw_slots = slots_of(map_file(path))
    blocks = [read_block(slot) for slot in raw_slots]
    slots = len(blocks)
    newest = newest_block(path)
    runs: list[tuple[int, int]] = []
    for slot, block in enumerate(blocks):
        # The only block number that fits this slot; a number below 0 means that the slot was never written.
        number = newest - (newest - slot) % slots
        written = block is not None or any(raw_slots[slot])
        fits = (block is not None and block.number == number) if number >= 0 else not written
        if fits or (block is None and slot == (newest + 1) % slots):
            continue
        if runs and sum(runs[-1]) == slot:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((slot, 1))
    return runs


def entries_of(blocks: Iterable[BoxBlock]) -> bytes:
    """Return the frames of the blocks as one telemetry log."""
    return b"".join(block.entries for block in blocks)
