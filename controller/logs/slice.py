"""A part of a flight record that a stranger can check: the blocks of a time span, each with its proof, under the signed head.

The format is lines of words, so that checking it needs no parser (`examples/verify_slice.py` does it in twenty lines):

    landline-slice 1
    key <public key, 32 bytes in hexadecimal>
    signature <hexadecimal, over "landline flight record head\\n" and the head below>
    head <canonical JSON: root, size (number of leaves), flight, time>
    open <index> <hashes of the proof, from the bottom up, joined by commas; - for none> <the chain's first line>
    block <index> <hashes> <the block's line in the chain: file, offset, length, SHA-256 of its bytes>
    <the bytes of the block, as many as `length` says, and a newline>
    ... more blocks

A leaf is SHA-256 over a zero byte and the line; the tree is RFC 9162's.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import UserError
from controller.logs.chain import CHAIN_FILE, canonical
from controller.logs.merkle import leaf_hash, proof

FORMAT = 1


class SliceError(UserError):
    """There is nothing to cut out, or nothing that could be proved."""


@dataclass(frozen=True, slots=True)
class Slice:
    """What was cut out: its bytes as described above, the number of blocks and of frames, and the span they cover."""

    data: bytes
    blocks: int
    frames: int
    from_utc_us: int
    to_utc_us: int


def cut_slice(folder: Path, *, from_utc_us: int, to_utc_us: int) -> Slice:
    """The blocks sealed within the span, and the first after it (a block is named by when it was sealed).

    Raises SliceError where no block lies in the span or no signed head covers one. Verify the folder first: the slice is only as
    good as the record.
    """
    lines = [line for line in (folder / CHAIN_FILE).read_bytes().split(b"\n")[:-1] if line]
    leaves = [line for line in lines if b'"kind":"head"' not in line]
    heads = [json.loads(line) for line in lines if b'"kind":"head"' in line]
    if not heads or not leaves:
        raise SliceError("the flight has no signed head", where=str(folder / CHAIN_FILE))
    head = heads[-1]
    size = int(head["size"])
    hashes = [leaf_hash(line) for line in leaves[:size]]
    signature = head.pop("signature")
    opening = json.loads(leaves[0])
    parts = [
        f"landline-slice {FORMAT}\nkey {opening['key']}\nsignature {signature}\nhead ".encode(),
        canonical(head) + b"\n",
        b"open 0 " + _joined(proof(hashes, 0)) + b" " + leaves[0] + b"\n",
    ]
    chosen = _chosen([json.loads(line) for line in leaves[:size]], from_utc_us, to_utc_us)
    if not chosen:
        raise SliceError(
            "no signed block of this flight lies in that span",
            where=str(folder),
            hint=f"the record runs from {opening['utc_us']} to {head['utc_us']} microseconds UTC",
        )
    frames = 0
    for index, block in chosen:
        with (folder / block["file"]).open("rb") as file:
            file.seek(block["offset"])
            raw = file.read(block["length"])
        parts.append(b"block %d %b %b\n%b\n" % (index, _joined(proof(hashes, index)), leaves[index], raw))
        frames += block["frames"]
    return Slice(b"".join(parts), len(chosen), frames, chosen[0][1]["utc_us"], chosen[-1][1]["utc_us"])


def _joined(hashes: list[bytes]) -> bytes:
    return b",".join(one.hex().encode() for one in hashes) or b"-"


def _chosen(
    leaves: list[dict[str, Any]], from_utc_us: int, to_utc_us: int
) -> list[tuple[int, dict[str, Any]]]:
    """The blocks that hold anything written in the span: a block's bytes came between the seal before it and its own."""
    chosen, before = [], {"frames.tlog": 0, "events.jsonl": 0}
    for index, leaf in enumerate(leaves):
        if leaf["kind"] == "block":
            if leaf["utc_us"] >= from_utc_us and before.get(leaf["file"], 0) <= to_utc_us:
                chosen.append((index, leaf))
            before[leaf["file"]] = leaf["utc_us"]
    return chosen
