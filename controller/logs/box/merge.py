"""What a ground box fills into a flight's record, kept beside it: the record itself stays as it was signed.

box.blocks      the box's record, or the blocks of it that the flight needs
box.fill.json   which bytes of which blocks are frames that the laptop lacks, what to add to the box's times, how
well that is
                known, and what the flight's record was then; signed by the laptop
box.fill.tlog   these frames by the laptop's clock: made from the other two, and checked against them
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.errors import VerificationFailed
from controller.logs.box import record as box_record
from controller.logs.box.frames import STAMP, FrameKey, box_frames, entry_spans, laptop_frames
from controller.logs.box.match import BoxMatch, match_frames
from controller.logs.box.record import BoxBlock, announced_heads
from controller.logs.flights import store
from controller.logs.flights.store import MERGE_INDEX, MERGED_FRAMES
from controller.logs.formats.file_map import LogFileError
from controller.logs.record.append_file import write_atomically
from controller.logs.record.canonical_json import canonical
from controller.logs.record.keys import RecordKey, verify_signature
from controller.wire.tlog import TlogFrames

FORMAT = 1
AROUND = 8  # blocks on either side, so that what ties the clocks together can be seen again
SIGNED_PREFIX = b"landline fill of a flight record\n"


@dataclass(frozen=True, slots=True)
class MergeVerification:
    """`ok` when the fill is what was signed and follows from the records beside it."""

    ok: bool
    frames: int
    why: str = ""
    signed_by: str = ""


def merge_box_record(
    folder: Path,
    blocks: Sequence[BoxBlock],
    *,
    source: str,
    key: RecordKey,
    until_us: int | None,
    following: Collection[FrameKey] = (),
) -> BoxMatch:
    """Fill the flight in `folder` from a box's blocks, and write what belongs beside its record, unless the box has
    nothing to add.

    `until_us` is where the flight ends by the laptop's clock; None for a flight that was never closed: to the end
    of what the box recorded. `following`: see `match_frames`. Raises LogFileError, VerificationFailed, OSError.
    """
    raw = (folder / store.FRAMES).read_bytes()
    own_us, own_keys = laptop_frames(TlogFrames(raw))
    if not own_us:
        raise LogFileError(
            "there is no frame in the flight's record to match", where=str(folder / store.FRAMES)
        )
    # Beyond a day nothing belongs to a flight, whatever else the card holds.
    end_us = own_us[-1] + 86_400_000_000 if until_us is None else until_us
    found = match_frames(own_us, own_keys, box_frames(blocks), until_us=end_us, following=following)
    if not found.missing:
        return found
    there = _there(folder, blocks)
    record = there or b"".join(_needed(blocks, found, announced_heads(folder / store.FRAMES)))
    runs = _runs(found)
    frames = derive(box_record.index_blocks(record), runs)
    fields: dict[str, Any] = {
        "format": FORMAT,
        "flight": folder.name,
        "source": source,
        "record": {"length": len(raw), "sha256": sha256(raw).hexdigest()},
        "box": {"length": len(record), "sha256": sha256(record).hexdigest()},
        "fill": {
            "length": len(frames),
            "sha256": sha256(frames).hexdigest(),
            "frames": len(found.missing),
        },
        "runs": runs,
        "gaps": [asdict(gap) for gap in found.gaps],
        "stretches": [asdict(stretch) for stretch in found.stretches],
        "both": found.both,
        "unplaced": found.unplaced,
        "key": key.public_hex,
    }
    fields["signature"] = key.sign(SIGNED_PREFIX + canonical(fields))
    # The list last: without it the others are nothing but files.
    if record is not there:
        write_atomically(folder / box_record.FILE, record)
    write_atomically(folder / MERGED_FRAMES, frames)
    write_atomically(folder / MERGE_INDEX, canonical(fields))
    return found


def _there(folder: Path, blocks: Sequence[BoxBlock]) -> bytes:
    """The box's record that is beside the flight already, if it has all of these blocks; empty where there is none,
    or a smaller piece of the same. Raises VerificationFailed where it is of another box.
    """
    try:
        record = (folder / box_record.FILE).read_bytes()
    except FileNotFoundError:
        return b""
    had = box_record.index_blocks(record)
    given = {block.number: block.digest for block in blocks}
    both = [number for number in had if number in given]
    if (had and not both) or any(had[number].digest != given[number] for number in both):
        raise VerificationFailed(
            f"the {box_record.FILE} beside the flight is not of this record",
            where=str(folder / box_record.FILE),
            hint="verify both; the right one is the one whose heads are in the flight's own record",
        )
    return record if given.keys() <= had.keys() else b""


def _needed(blocks: Sequence[BoxBlock], found: BoxMatch, told: Mapping[int, bytes]) -> list[bytes]:
    """The blocks from the first to the last that is wanted, or that the box told of in flight, and some around, in
    a ring of their own.
    """
    needed_blocks = {frame.block for _, frame in found.missing} | (
        told.keys() & {block.number for block in blocks}
    )
    first, last = min(needed_blocks) - AROUND, max(needed_blocks) + AROUND
    kept = [block.raw for block in blocks if first <= block.number <= last]
    if kept[-1][4:8] != (int.from_bytes(kept[0][4:8], "little") + len(kept) - 1).to_bytes(4, "little"):
        raise VerificationFailed(
            "blocks are missing from the middle of the box's record", hint="compare with the card"
        )
    return ring_of(kept)


def ring_of(kept: list[bytes]) -> list[bytes]:
    """Blocks in a row as a ring that just holds them: each where its number wants it."""
    turn = int.from_bytes(kept[0][4:8], "little") % len(kept)
    return kept[-turn:] + kept[:-turn] if turn else kept


def _runs(found: BoxMatch) -> list[list[int]]:
    """[block, first byte, byte behind the last, what to add] of frames that stand one after the other."""
    runs: list[list[int]] = []
    for time_us, frame in found.missing:
        add_us = time_us - frame.time_us
        if runs and [runs[-1][0], runs[-1][2], runs[-1][3]] == [frame.block, frame.begin, add_us]:
            runs[-1][2] = frame.end
        else:
            runs.append([frame.block, frame.begin, frame.end, add_us])
    return runs


def derive(blocks: Mapping[int, BoxBlock], runs: Sequence[Sequence[int]]) -> bytes:
    """The telemetry log that these runs of the box's record are.

    Raises KeyError, ValueError for what is not in it.
    """
    out = bytearray()
    for number, begin, end, add_us in runs:
        piece = blocks[number].entries[begin:end]
        done = 0
        for at, stop in entry_spans(piece):
            time_us = int.from_bytes(piece[at : at + STAMP], "big") + add_us
            if not 0 <= time_us < 1 << 63:
                raise ValueError("a time that is none")
            out += time_us.to_bytes(STAMP, "big") + piece[at + STAMP : stop]
            done = stop
        if done != end - begin or not done:
            raise ValueError(f"block {number} holds no frames from {begin} to {end}")
    return bytes(out)


def verify_merge(folder: Path, *, trusted: set[str] | None = None) -> MergeVerification:
    """Check the merge index beside a flight's record against the flight's frames and the box's blocks.

    `verify_flight` and `verify_box_record` check the two records themselves.
    """
    try:
        raw = (folder / MERGE_INDEX).read_bytes()
        fields: Any = json.loads(raw)
        if not isinstance(fields, dict) or canonical(fields) != raw:
            return MergeVerification(False, 0, f"{MERGE_INDEX} is not as Landline writes it")
        signature, key = str(fields.pop("signature")), str(fields["key"])
        if not verify_signature(key, signature, SIGNED_PREFIX + canonical(fields)):
            return MergeVerification(False, 0, f"{MERGE_INDEX}: its signature does not fit it")
        if trusted is not None and key not in trusted:
            return MergeVerification(
                False, 0, f"{MERGE_INDEX} is signed with a key that is not among the trusted ones"
            )
        for part, name in (("record", store.FRAMES), ("box", box_record.FILE), ("fill", MERGED_FRAMES)):
            data = (folder / name).read_bytes()
            if [len(data), sha256(data).hexdigest()] != [fields[part]["length"], fields[part]["sha256"]]:
                return MergeVerification(
                    False, 0, f"{name} is not the one that the gap was filled with, or in"
                )
        blocks = box_record.index_blocks((folder / box_record.FILE).read_bytes())
        if derive(blocks, fields["runs"]) != (folder / MERGED_FRAMES).read_bytes():
            return MergeVerification(False, 0, f"{MERGED_FRAMES} does not follow from {box_record.FILE}")
        return MergeVerification(True, int(fields["fill"]["frames"]), "", key)
    except OSError as error:
        return MergeVerification(
            False, 0, f"{Path(str(error.filename)).name} cannot be read: {error.strerror}"
        )
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return MergeVerification(False, 0, f"{MERGE_INDEX} is incomplete or wrong ({error})")
