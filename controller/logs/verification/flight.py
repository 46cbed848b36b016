"""Checks a flight folder against its chain: any edit, deletion, insertion, reordering or truncation, and where.

What a good answer means: every byte that a signed head covers is what was on disk when the head was signed, by the
holder of the key named. What it cannot mean: that the clock was right, that the frames were true, or that the key's
holder did not write another record from the start; a head written down elsewhere in time, or the next flight's
chain, settles the last.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import CHAIN_FILE, FORMAT, SIGNED_PREFIX
from controller.logs.record.keys import verify_signature
from controller.logs.record.ledger import Ledger, LedgerEntry, flights_folder_of
from controller.logs.record.merkle import Tree, leaf_hash

PIECE = 1 << 20
# What readers take for part of a flight's own record.
_RECORD = re.compile(r"frames\.(tlog|way)|events\.jsonl|mission(-\d+)?\.plan|params(-\d+)?\.json")


@dataclass(frozen=True, slots=True)
class ChainFault:
    """The first thing that is wrong:

    number of the chain's line (from 0), byte offset in the file spoken of, and why.
    """

    block: int
    offset: int
    why: str


@dataclass(frozen=True)
class FlightVerification:
    """`ok` is True when all that is signed is unchanged. `closed` is False for a flight whose end was never written.

    `unsigned_blocks`, `tail_bytes` and the files `uncovered` are what a crash left behind the last signed head:
    there, but not proved. `flight` is the name under which it was recorded, whatever the folder is called now;
    `heads` are the SHA-256 of its heads' lines, `previous` of the newest head that the machine had signed before.
    """

    ok: bool
    closed: bool
    blocks: int
    frames: int
    signed_by: str | None
    first_fault: ChainFault | None = None
    unsigned_blocks: int = 0
    tail_bytes: int = 0
    flight: str = ""
    previous: str | None = None
    heads: tuple[str, ...] = ()
    uncovered: tuple[str, ...] = ()


class _Wrong(Exception):
    def __init__(self, line: int, offset: int, why: str) -> None:
        super().__init__(why)
        self.bad = ChainFault(line, offset, why)


@dataclass
class _Reading:
    """What has been read of a chain so far."""

    folder: Path
    tree: Tree = field(default_factory=Tree)
    ends: dict[str, int] = field(default_factory=dict)
    whole: set[str] = field(default_factory=set)
    key: str = ""
    flight: str = ""
    previous: str | None = None
    blocks: int = 0
    frames: int = 0
    signed_size: int = 0
    unsigned_blocks: int = 0
    heads: list[str] = field(default_factory=list)
    final: bool = False


def verify_flight(folder: Path, *, ledger: Ledger | None = None) -> FlightVerification:
    """Check one flight folder.

    `ledger` is this machine's ledger; whether anybody vouches for the key is the caller's question.
    """
    reading = _Reading(folder)
    tail, uncovered, bad = 0, tuple[str, ...](), None
    try:
        _read_chain(reading)
        tail = _check_ends(reading)
        uncovered = _check_uncovered(reading)
        _check_ledger(reading, ledger)
    except _Wrong as wrong:
        bad = wrong.bad
    return FlightVerification(
        ok=bad is None,
        closed=reading.final,
        blocks=reading.blocks,
        frames=reading.frames,
        signed_by=reading.key or None,
        first_fault=bad,
        unsigned_blocks=reading.unsigned_blocks,
        tail_bytes=tail,
        flight=reading.flight,
        previous=reading.previous,
        heads=tuple(reading.heads),
        uncovered=uncovered,
    )


def _read_chain(reading: _Reading) -> None:
    try:
        raw = (reading.folder / CHAIN_FILE).read_bytes()
    except OSError as error:
        raise _Wrong(0, 0, f"{CHAIN_FILE} cannot be read: {error.strerror}") from None
    lines = raw.split(b"\n")
    torn = lines.pop()  # what stands behind the last newline
    at = 0
    for number, line in enumerate(lines):
        _read_line(reading, number, at, line)
        at += len(line) + 1
    if torn and reading.final:
        raise _Wrong(len(lines), at, f"{CHAIN_FILE} goes on after its final head")
    if not reading.heads:
        raise _Wrong(0, 0, f"{CHAIN_FILE} has no signed head")


def _read_line(reading: _Reading, number: int, at: int, line: bytes) -> None:
    try:
        fields: Any = json.loads(line)
        same = isinstance(fields, dict) and canonical(fields) == line
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise _Wrong(number, at, f"{CHAIN_FILE} line {number + 1} is not as Landline writes it")
    if reading.final:
        raise _Wrong(number, at, f"{CHAIN_FILE} goes on after its final head")
    kind = fields.get("kind")
    try:
        if (kind == "open") != (number == 0):
            raise _Wrong(number, at, f"{CHAIN_FILE} begins twice, or not at all")
        match kind:
            case "open":
                _open(reading, number, at, fields)
            case "head":
                _head(reading, number, at, fields, line)
                return
            case "block":
                _block(reading, number, fields)
            case "file":
                _file(reading, number, fields)
            case _:
                raise _Wrong(number, at, f"{CHAIN_FILE} has a line of unknown kind")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _Wrong(number, at, f"{CHAIN_FILE} line {number + 1} is incomplete ({error})") from None
    reading.tree.append(leaf_hash(line))
    reading.unsigned_blocks += kind == "block"


def _open(reading: _Reading, number: int, at: int, fields: dict[str, Any]) -> None:
    if fields["format"] != FORMAT:
        raise _Wrong(number, at, f"{CHAIN_FILE} has format {fields['format']}, this is a reader of {FORMAT}")
    reading.key, reading.flight = str(fields["key"]), str(fields["flight"])
    reading.previous = None if fields["previous"] is None else str(fields["previous"])


def _head(reading: _Reading, number: int, at: int, fields: dict[str, Any], line: bytes) -> None:
    signature = str(fields.pop("signature"))
    if not verify_signature(reading.key, signature, SIGNED_PREFIX + canonical(fields)):
        raise _Wrong(number, at, "a head's signature does not fit it")
    if fields["size"] != reading.tree.size or fields["root"] != reading.tree.root().hex():
        raise _Wrong(number, at, "a head does not stand for the lines above it")
    if fields["flight"] != reading.flight:
        raise _Wrong(number, at, "a head belongs to another flight")
    if fields["size"] == reading.signed_size and not fields["final"]:
        raise _Wrong(number, at, "a head stands there twice")
    reading.signed_size = reading.tree.size
    reading.unsigned_blocks = 0
    reading.heads.append(sha256(line).hexdigest())
    reading.final = bool(fields["final"])


def _path(reading: _Reading, number: int, name: Any) -> Path:
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", "..", CHAIN_FILE):
        raise _Wrong(number, 0, f"{CHAIN_FILE} speaks of a file outside the flight: {name!r}")
    return reading.folder / name


def _block(reading: _Reading, number: int, fields: dict[str, Any]) -> None:
    path = _path(reading, number, fields["file"])
    offset, length = int(fields["offset"]), int(fields["length"])
    if offset != reading.ends.get(path.name, 0) or length <= 0:
        raise _Wrong(number, offset, f"{path.name}: a block is missing, doubled or out of order")
    digest = _digest(path, offset, length, number)
    if digest != fields["sha256"]:
        raise _Wrong(number, offset, f"{path.name}: the bytes {offset} to {offset + length} were changed")
    reading.ends[path.name] = offset + length
    reading.blocks += 1
    reading.frames += int(fields["frames"])


def _file(reading: _Reading, number: int, fields: dict[str, Any]) -> None:
    path = _path(reading, number, fields["file"])
    length = int(fields["length"])
    if _digest(path, 0, length, number) != fields["sha256"] or path.stat().st_size != length:
        raise _Wrong(number, 0, f"{path.name} was changed")
    reading.whole.add(path.name)


def _digest(path: Path, offset: int, length: int, number: int) -> str:
    hashed, left = sha256(), length
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while left:
                piece = file.read(min(left, PIECE))
                if not piece:
                    break
                hashed.update(piece)
                left -= len(piece)
    except OSError as error:
        raise _Wrong(number, offset, f"{path.name} cannot be read: {error.strerror}") from None
    if left:
        raise _Wrong(
            number, offset + length - left, f"{path.name} is cut off {left} bytes before its block ends"
        )
    return hashed.hexdigest()


def _check_ends(reading: _Reading) -> int:
    """Bytes that no block covers: none in a closed flight, the rest of a second in one that was interrupted."""
    tail = 0
    for name, end in reading.ends.items():
        more = (reading.folder / name).stat().st_size - end
        if more and reading.final:
            raise _Wrong(reading.blocks, end, f"{name} goes on for {more} bytes after its last block")
        tail += more
    return tail


def _check_uncovered(reading: _Reading) -> tuple[str, ...]:
    """Files of the record's names that no line speaks of:

    none in a closed flight, what was just begun in one that was cut off.
    """
    names = sorted(
        path.name for path in reading.folder.iterdir() if _RECORD.fullmatch(path.name) and path.stat().st_size
    )
    more = tuple(name for name in names if name not in reading.ends and name not in reading.whole)
    if more and reading.final:
        raise _Wrong(reading.blocks, 0, f"{more[0]} is not in the chain: it was put there afterwards")
    return more


def _stands_in(folder: Path, entry: LedgerEntry) -> bool:
    """Whether it is where our flight was recorded, and ours is not beside it."""
    own = Path(entry.place) / entry.flight
    return flights_folder_of(folder) == entry.place and not (own.is_dir() and not own.samefile(folder))


def _check_ledger(reading: _Reading, ledger: Ledger | None) -> None:
    entries = ledger.of(reading.flight) if ledger else []
    if ledger and ledger.keys and reading.key not in ledger.keys:
        # Somebody else's flight of the name of ours: it is held to our heads only where it stands in for ours.
        entries = [entry for entry in entries if _stands_in(reading.folder, entry)]
    if not entries:
        return
    there = [entry for entry in entries if entry.head in reading.heads]
    if not there:
        raise _Wrong(
            len(reading.heads), 0, "the newest head that this machine signed for the flight is missing"
        )
    if there[0].final and not reading.final:
        raise _Wrong(len(reading.heads), 0, "this flight was closed, but its final head is missing")
