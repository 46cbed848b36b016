"""Merge of a ground box's record into a flight: written beside the flight's record, which stays as it was signed.

box.blocks      the box's record, or the blocks of it that the flight needs
box.fill.json   merge index: which bytes of which blocks are frames that the laptop lacks, the clock offset to add
to the
                box's times and its accuracy, and the hashes of all files; signed by the laptop
box.fill.tlog   these frames by the laptop's clock: derived from the other two, and checked against them
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
from controller.logs.box.frames import TIME_BYTES, FrameKey, box_frames, entry_spans, laptop_frames
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
EXTRA_BLOCKS = 8  # on either side, so that the clock offset can be checked again
SIGNED_PREFIX = b"landline fill of a flight record\n"


@dataclass(frozen=True, slots=True)
class MergeVerification:
    """Result of a verification. `ok` if the merge index is unchanged and its frames follow from the two records."""

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
    next_flight_keys: Collection[FrameKey] = (),
) -> BoxMatch:
    """Merge a box's blocks into the flight in `folder`. Writes nothing if the box has no frame that the flight lacks.

    `until_us` is the end of the flight by the laptop's clock; None for a flight that was never closed (to the end
    of the box's record, at most a day). `next_flight_keys`: see `match_frames`. Raises LogFileError,
    VerificationFailed, OSError.
    """
    raw = (folder / store.FRAMES).read_bytes()
    own_us, own_keys = laptop_frames(TlogFrames(raw))
    if not own_us:
        raise LogFileError(
            "cannot merge: the flight's record has no frame to match", where=str(folder / store.FRAMES)
        )
    # The card may hold later flights: nothing after a day belongs to this one.
    end_us = own_us[-1] + 86_400_000_000 if until_us is None else until_us
    found = match_frames(
        own_us, own_keys, box_frames(blocks), until_us=end_us, next_flight_keys=next_flight_keys
    )
    if not found.missing:
        return found
    existing = _existing_blocks(folder, blocks)
    record = existing or b"".join(_ring_of_needed(blocks, found, announced_heads(folder / store.FRAMES)))
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
        "stretches": [asdict(segment) for segment in found.segments],
        "both": found.both,
        "unplaced": found.unplaced,
        "key": key.public_hex,
    }
    fields["signature"] = key.sign(SIGNED_PREFIX + canonical(fields))
    # The index last: without it readers ignore the other two files.
    if record is not existing:
        write_atomically(folder / box_record.FILE, record)
    write_atomically(folder / MERGED_FRAMES, frames)
    write_atomically(folder / MERGE_INDEX, canonical(fields))
    return found


def _existing_blocks(folder: Path, blocks: Sequence[BoxBlock]) -> bytes:
    """Return the box record in the flight's folder if it has all of these blocks, else empty bytes.

    Raises VerificationFailed if it is the record of another box.
    """
    try:
        record = (folder / box_record.FILE).read_bytes()
    except FileNotFoundError:
        return b""
    old = box_record.index_blocks(record)
    given = {block.number: block.digest for block in blocks}
    both = [number for number in old if number in given]
    if (old and not both) or any(old[number].digest != given[number] for number in both):
        raise VerificationFailed(
            f"cannot merge: the {box_record.FILE} in the flight's folder is another record",
            where=str(folder / box_record.FILE),
            hint="verify both; the flight's record has the announced heads of the right one",
        )
    return record if given.keys() <= old.keys() else b""


def _ring_of_needed(
    blocks: Sequence[BoxBlock], found: BoxMatch, announced: Mapping[int, bytes]
) -> list[bytes]:
    """Return the needed and announced blocks with some around them, as a ring of their own."""
    needed = {frame.block for _, frame in found.missing} | (
        announced.keys() & {block.number for block in blocks}
    )
    first, last = min(needed) - EXTRA_BLOCKS, max(needed) + EXTRA_BLOCKS
    kept = [block.raw for block in blocks if first <= block.number <= last]
    if kept[-1][4:8] != (int.from_bytes(kept[0][4:8], "little") + len(kept) - 1).to_bytes(4, "little"):
        raise VerificationFailed(
            "cannot merge: blocks are missing in the middle of the box's record",
            hint="copy the record from the card again",
        )
    return ring_of(kept)


def ring_of(kept: list[bytes]) -> list[bytes]:
    """Return consecutive blocks as a ring that just holds them: each at the slot of its number."""
    turn = int.from_bytes(kept[0][4:8], "little") % len(kept)
    return kept[-turn:] + kept[:-turn] if turn else kept


def _runs(found: BoxMatch) -> list[list[int]]:
    """Return runs of consecutive frames: [block, first byte, byte after the last, clock offset to add in us]."""
    runs: list[list[int]] = []
    for time_us, frame in found.missing:
        add_us = time_us - frame.time_us
        if runs and [runs[-1][0], runs[-1][2], runs[-1][3]] == [frame.block, frame.begin, add_us]:
            runs[-1][2] = frame.end
        else:
            runs.append([frame.block, frame.begin, frame.end, add_us])
    return runs


def derive(blocks: Mapping[int, BoxBlock], runs: Sequence[Sequence[int]]) -> bytes:
    """Return the frames of these runs as a telemetry log.

    Raises KeyError, ValueError if the blocks do not hold them.
    """
    out = bytearray()
    for number, begin, end, add_us in runs:
        chunk = blocks[number].entries[begin:end]
        done = 0
        for at, stop in entry_spans(chunk):
            time_us = int.from_bytes(chunk[at : at + TIME_BYTES], "big") + add_us
            if not 0 <= time_us < 1 << 63:
                raise ValueError("invalid time")
            out += time_us.to_bytes(TIME_BYTES, "big") + chunk[at + TIME_BYTES : stop]
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
            return MergeVerification(False, 0, f"{MERGE_INDEX} is not canonical JSON")
        signature, key = str(fields.pop("signature")), str(fields["key"])
        if not verify_signature(key, signature, SIGNED_PREFIX + canonical(fields)):
            return MergeVerification(False, 0, f"the signature of {MERGE_INDEX} is wrong")
        if trusted is not None and key not in trusted:
            return MergeVerification(False, 0, f"{MERGE_INDEX} is signed by an unknown key")
        for part, name in (("record", store.FRAMES), ("box", box_record.FILE), ("fill", MERGED_FRAMES)):
            data = (folder / name).read_bytes()
            if [len(data), sha256(data).hexdigest()] != [fields[part]["length"], fields[part]["sha256"]]:
                return MergeVerification(False, 0, f"{name} was changed after the merge")
        blocks = box_record.index_blocks((folder / box_record.FILE).read_bytes())
        if derive(blocks, fields["runs"]) != (folder / MERGED_FRAMES).read_bytes():
            return MergeVerification(False, 0, f"{MERGED_FRAMES} does not match {box_record.FILE}")
        return MergeVerification(True, int(fields["fill"]["frames"]), "", key)
    except OSError as error:
        return MergeVerification(False, 0, f"cannot read {Path(str(error.filename)).name}: {error.strerror}")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        return MergeVerification(False, 0, f"{MERGE_INDEX} has a missing or invalid field ({error})")
