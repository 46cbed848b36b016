"""Slice of a flight record: the chain lines of a time span with inclusion proofs, under a signed head.

The format is lines of text fields, so that checking it needs no parser (`examples/verify_slice.py` does it with two
libraries; docs/record.md describes it):

    landline-slice 2
    key <public key, 32 bytes in hexadecimal>
    signature <hexadecimal, over "landline flight record head\\n" and the head below>
    head <canonical JSON: root, size (number of leaves), flight, time>
    <index> <number of bytes> <proof: hashes from the bottom up, joined by commas; - for none> <line of the chain>
    <that number of bytes of the file that the line covers, and a newline>
    ... first whole files, if requested; each index is higher than the one before, from the first block on by one
    end

A slice has all bytes of a block, and all or none of a whole file (mission plan, parameters). A leaf is SHA-256 over a
zero byte and the line; the tree is that of RFC 9162.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.clock import iso_utc
from controller.errors import UserError
from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import CHAIN_FILE
from controller.logs.record.checkpointer import SYNC_S
from controller.logs.record.merkle import InclusionProofs, leaf_hash

FORMAT = 2
CHECKPOINT_US = round(SYNC_S * 1e6)


class SliceError(UserError):
    """The time span has no block, or no signed head covers one."""


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice: its bytes in the format above, its number of blocks and frames, and the time span they cover."""

    data: bytes
    blocks: int
    frames: int
    from_utc_us: int
    to_utc_us: int


def cut_slice(folder: Path, *, from_utc_us: int, to_utc_us: int, files: bool = False) -> Slice:
    """Return a slice of the blocks with data of the time span (microseconds since 1970).

    With `files` the slice also has the plans and parameters written before the end of the span. Raises SliceError
    if no block is in the span or no signed head covers one. Verify the folder first: a slice is only as good as the
    record.
    """
    lines = (folder / CHAIN_FILE).read_bytes().split(b"\n")[:-1]
    leaves = [line for line in lines if b'"kind":"head"' not in line]
    heads = [json.loads(line) for line in lines if b'"kind":"head"' in line]
    if not heads or not leaves:
        raise SliceError("cannot make a slice: the flight has no signed head", where=str(folder / CHAIN_FILE))
    head = heads[-1]
    leaves = leaves[: int(head["size"])]
    proofs = InclusionProofs([leaf_hash(line) for line in leaves])
    chain_lines = [json.loads(line) for line in leaves]
    signature = head.pop("signature")
    chosen = _chosen(chain_lines, from_utc_us, to_utc_us)
    if not chosen:
        raise SliceError(
            "cannot make a slice: no signed block is in that time span",
            where=str(folder),
            hint=f"choose a time from {iso_utc(chain_lines[0]['utc_us'])} to {iso_utc(head['utc_us'])}",
        )
    whole = [i for i, leaf in enumerate(chain_lines[: chosen.start]) if files and leaf["kind"] == "file"]
    parts = [
        f"landline-slice {FORMAT}\nkey {chain_lines[0]['key']}\nsignature {signature}\nhead ".encode(),
        canonical(head) + b"\n",
    ]
    for index in (*whole, *chosen):
        included = files or chain_lines[index]["kind"] == "block"
        data = _bytes_of(folder, chain_lines[index]) if included else b""
        parts.append(
            b"%d %d %b %b\n%b\n" % (index, len(data), _joined(proofs.of(index)), leaves[index], data)
        )
    blocks = [chain_lines[index] for index in chosen if chain_lines[index]["kind"] == "block"]
    return Slice(
        data=b"".join([*parts, b"end\n"]),
        blocks=len(blocks),
        frames=sum(block["frames"] for block in blocks),
        from_utc_us=blocks[0]["utc_us"],
        to_utc_us=blocks[-1]["utc_us"],
    )


def _bytes_of(folder: Path, leaf: dict[str, Any]) -> bytes:
    with (folder / leaf["file"]).open("rb") as file:
        file.seek(int(leaf.get("offset", 0)))
        raw: bytes = file.read(leaf["length"])
        return raw


def _joined(hashes: list[bytes]) -> bytes:
    return b",".join(one.hex().encode() for one in hashes) or b"-"


def _chosen(leaves: list[dict[str, Any]], from_utc_us: int, to_utc_us: int) -> range:
    """Return the range of leaves from the first to the last block with data written in the time span.

    The data of a block was written between the checkpoint before and its own; blocks of one checkpoint have the same
    time. After the clock was set back in between, the range reaches one checkpoint past both times.
    """
    found = []
    own_us, before_us = int(leaves[0]["utc_us"]), 0
    for index, leaf in enumerate(leaves):
        utc_us = int(leaf.get("utc_us", own_us))
        if utc_us != own_us:
            own_us, before_us = utc_us, own_us
        begin_us, end_us = before_us, own_us
        if own_us < before_us:
            begin_us, end_us = own_us - CHECKPOINT_US, before_us + CHECKPOINT_US
        if leaf["kind"] == "block" and end_us >= from_utc_us and begin_us <= to_utc_us:
            found.append(index)
    return range(found[0], found[-1] + 1) if found else range(0)
