"""Reads and checks the record of a ground box: a ring of chained blocks (docs/box/README.md, "The record").

The box cannot sign, but it tells the head of its record every ten seconds; where these are in a signed flight
record, they hold the box's record to what it was then: cut off at the end, or written anew from anywhere on, it no
longer fits them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from controller.logs.formats.file_map import LogFileError, map_file
from controller.logs.verification.flight import ChainFault
from controller.wire.columns import read_tlog

FILE = "box.blocks"
BLOCK, HEAD, DIGEST = 4096, 64, 32
MAGIC = b"LLB1"
RECORD_HEAD = 0xB0C5  # message_type of the V2_EXTENSION in which the box tells its head


@dataclass(frozen=True, slots=True)
class BoxBlock:
    """One whole block:

    its number, what it hangs on, its own digest, the start of the box it belongs to, and its frames.
    """

    number: int
    previous: bytes
    digest: bytes
    start: int
    frames: int
    entries: bytes  # as in a tlog
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class BoxVerification:
    """`ok` when every block is whole, in its place and on the one before it. `cut_short`: the block under way when
    the power went is spoiled, as it must be. `told` is how many heads the box had told of that were compared.
    """

    ok: bool
    blocks: int
    frames: int
    first_fault: ChainFault | None = None
    cut_short: bool = False
    told: int = 0


def read_block(raw: bytes) -> BoxBlock | None:
    """A slot of the ring; None where there is no whole block."""
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


def is_box_record(path: Path) -> bool:
    """Whether a file holds blocks of a box's record, whatever it is called. Raises OSError."""
    if not path.stat().st_size:
        return False
    raw = map_file(path)
    return any(raw[at : at + len(MAGIC)] == MAGIC for at in range(0, len(raw), BLOCK))


def box_blocks(path: Path) -> list[BoxBlock]:
    """All whole blocks, oldest first, wherever they lie. Raises LogFileError when there is none."""
    raw = map_file(path)
    slots = (read_block(bytes(raw[at : at + BLOCK])) for at in range(0, len(raw), BLOCK))
    found = sorted((block for block in slots if block), key=lambda block: block.number)
    if not found:
        raise LogFileError("no whole block of a ground box's record is in it", where=str(path))
    return found


def index_blocks(raw: bytes) -> dict[int, BoxBlock]:
    """The whole blocks of a record held in memory, by number."""
    found = (read_block(raw[at : at + BLOCK]) for at in range(0, len(raw), BLOCK))
    return {block.number: block for block in found if block}


def announced_heads(flight_log: Path) -> dict[int, bytes]:
    """Number and digest of every head that a box told of, from a telemetry log; none where there is no such log."""
    if not flight_log.is_file():
        return {}
    table = read_tlog(map_file(flight_log)).tables.get("V2_EXTENSION")
    if table is None:
        return {}
    heads = {}
    for kind, payload in zip(table["message_type"], table["payload"], strict=True):
        said = bytes(payload)
        if kind == RECORD_HEAD and said[:4] == MAGIC:
            heads[int.from_bytes(said[4:8], "little")] = said[8 : 8 + DIGEST]
    return heads


def verify_box_record(path: Path, told: Mapping[int, bytes] | None = None) -> BoxVerification:
    """Check a box's record, and that it fits the heads it was told to have.

    Raises LogFileError when it cannot be read.
    """
    raw = map_file(path)
    slots = [bytes(raw[at : at + BLOCK]) for at in range(0, len(raw), BLOCK)]
    blocks = {slot: block for slot, data in enumerate(slots) if (block := read_block(data))}
    heads = dict(told or {})
    if not blocks:
        empty = not any(any(data) for data in slots)
        ok = empty and not heads
        bad = (
            None
            if ok
            else ChainFault(
                0, 0, f"{path.name} holds no whole block" + (", but its box told of some" if heads else "")
            )
        )
        return BoxVerification(ok, 0, 0, bad)
    newest = max(block.number for block in blocks.values())
    in_order = range(max(0, newest - len(slots) + 1), newest + 1)
    under_way = (newest + 1) % len(slots)
    bad, cut_short, frames, before = None, False, 0, b""
    for number in in_order:
        slot = number % len(slots)
        block = blocks.get(slot)
        if block is None and slot == under_way:
            cut_short = True
            continue
        bad = bad or _wrong(path, number, slot, block, before)
        if block is not None:
            frames, before = frames + block.frames, block.digest
    strange = {slot for slot, data in enumerate(slots) if any(data)} - {
        number % len(slots) for number in in_order
    }
    if under_way in strange and under_way not in blocks:
        strange.remove(under_way)
        cut_short = True
    if strange and bad is None:
        slot = min(strange)
        bad = ChainFault(
            slot, slot * BLOCK, f"{path.name}: something stands behind the end of the record, in slot {slot}"
        )
    return BoxVerification(
        (bad := bad or _unlike(path, heads, blocks, in_order, newest)) is None,
        len(blocks),
        frames,
        bad,
        cut_short,
        sum(number in in_order for number in heads),
    )


def _wrong(path: Path, number: int, slot: int, block: BoxBlock | None, before: bytes) -> ChainFault | None:
    why = ""
    if block is None:
        why = f"block {number} was changed or taken away"
    elif block.number != number:
        why = f"block {block.number} stands where block {number} belongs"
    elif (before and block.previous != before) or (number == 0 and any(block.previous)):
        why = f"block {number} does not hang on the block before it"
    return ChainFault(number, slot * BLOCK, f"{path.name}: {why}") if why else None


def _unlike(
    path: Path, heads: Mapping[int, bytes], blocks: Mapping[int, BoxBlock], in_order: range, newest: int
) -> ChainFault | None:
    digests = {block.number: block.digest for block in blocks.values()}
    for number in sorted(heads):
        if number > newest:
            return ChainFault(
                number, 0, f"{path.name}: ends at block {newest}, but its box told of block {number}"
            )
        if number in in_order and digests.get(number) != heads[number]:
            return ChainFault(
                number, 0, f"{path.name}: block {number} is not the one its box told of in flight"
            )
    return None


def newest_block(path: Path) -> int:
    """The highest number of a whole block; -1 where there is none."""
    raw = map_file(path)
    blocks = (read_block(bytes(raw[at : at + BLOCK])) for at in range(0, len(raw), BLOCK))
    return max((block.number for block in blocks if block), default=-1)


def stale_slots(path: Path) -> list[tuple[int, int]]:
    """Slots (first, count) that are not what the newest block says they must be: of a record copied while it grew."""
    raw = map_file(path)
    blocks = [read_block(bytes(raw[at : at + BLOCK])) for at in range(0, len(raw), BLOCK)]
    slots = len(blocks)
    newest = newest_block(path)
    runs: list[tuple[int, int]] = []
    for slot, block in enumerate(blocks):
        # The one number that belongs there, as of the newest; below 0 it was never written.
        number = newest - (newest - slot) % slots
        there = any(raw[slot * BLOCK : (slot + 1) * BLOCK]) if block is None else True
        right = (block is not None and block.number == number) if number >= 0 else not there
        if right or (block is None and slot == (newest + 1) % slots):
            continue
        if runs and sum(runs[-1]) == slot:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((slot, 1))
    return runs


def entries_of(blocks: Iterable[BoxBlock]) -> bytes:
    """Their frames as one telemetry log."""
    return b"".join(block.entries for block in blocks)
