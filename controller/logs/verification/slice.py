"""A part of a flight record that a stranger can check: the lines of a time span, each with its proof, under the
signed head.

The format is lines of words, so that checking it needs no parser (`examples/verify_slice.py` does it with two
libraries; docs/record.md describes it for strangers):

    landline-slice 2 key <public key, 32 bytes in hexadecimal> signature <hexadecimal, over "landline flight record
    head\\n" and the head below> head <canonical JSON: root, size (number of leaves), flight, time> <index> <number
    of bytes> <hashes of the proof, from the bottom up, joined by commas; - for none> <line of the chain> <so many
    of the bytes that the line is about, and a newline> ... first whole files, where they were asked for; each index
    is higher than the one before, from the first block on by one end

Of a block all bytes are handed over, of a whole file (a plan, the parameters) all or none. A leaf is SHA-256 over a
zero byte and the line; the tree is RFC 9162's.
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
SEALING_US = round(SYNC_S * 1e6)


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


def cut_slice(folder: Path, *, from_utc_us: int, to_utc_us: int, files: bool = False) -> Slice:
    """The blocks in which anything of the span was written, with `files` also the plans and parameters written
    until then.

    Raises SliceError where no block lies in the span or no signed head covers one. Verify the folder first: the
    slice is only as good as the record.
    """
    lines = (folder / CHAIN_FILE).read_bytes().split(b"\n")[:-1]
    leaves = [line for line in lines if b'"kind":"head"' not in line]
    heads = [json.loads(line) for line in lines if b'"kind":"head"' in line]
    if not heads or not leaves:
        raise SliceError("the flight has no signed head", where=str(folder / CHAIN_FILE))
    head = heads[-1]
    leaves = leaves[: int(head["size"])]
    proofs = InclusionProofs([leaf_hash(line) for line in leaves])
    told = [json.loads(line) for line in leaves]
    signature = head.pop("signature")
    chosen = _chosen(told, from_utc_us, to_utc_us)
    if not chosen:
        raise SliceError(
            "no signed block of this flight lies in that span",
            where=str(folder),
            hint=f"the record runs from {iso_utc(told[0]['utc_us'])} to {iso_utc(head['utc_us'])}",
        )
    whole = [i for i, leaf in enumerate(told[: chosen.start]) if files and leaf["kind"] == "file"]
    parts = [
        f"landline-slice {FORMAT}\nkey {told[0]['key']}\nsignature {signature}\nhead ".encode(),
        canonical(head) + b"\n",
    ]
    for index in (*whole, *chosen):
        handed = files or told[index]["kind"] == "block"
        data = _bytes_of(folder, told[index]) if handed else b""
        parts.append(
            b"%d %d %b %b\n%b\n" % (index, len(data), _joined(proofs.of(index)), leaves[index], data)
        )
    blocks = [told[index] for index in chosen if told[index]["kind"] == "block"]
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
    """From the first to the last block that holds anything written in the span: its bytes came between the sealing
    before and its own, and blocks sealed together have one time. Where the clock was set back in between, it showed
    times up to a sealing after the first and before the second.
    """
    found = []
    own_us, before_us = int(leaves[0]["utc_us"]), 0
    for index, leaf in enumerate(leaves):
        utc_us = int(leaf.get("utc_us", own_us))
        if utc_us != own_us:
            own_us, before_us = utc_us, own_us
        begin_us, end_us = before_us, own_us
        if own_us < before_us:
            begin_us, end_us = own_us - SEALING_US, before_us + SEALING_US
        if leaf["kind"] == "block" and end_us >= from_utc_us and begin_us <= to_utc_us:
            found.append(index)
    return range(found[0], found[-1] + 1) if found else range(0)
