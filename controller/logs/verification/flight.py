"""Verification of one flight's record against its hash chain.

Finds any edit, deletion, insertion, reordering or truncation, and its place. A record that verifies proves that every
byte under a signed head was on the disk when the head was signed by the holder of the key. It does not prove that the
clock was right, that the frames were true, or that the key's holder did not write another record from the start; a
fingerprint noted elsewhere, or the next flight's chain, proves the last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.logs.record.additions import read_additions
from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import CHAIN_FILE, FORMAT, SIGNED_PREFIX
from controller.logs.record.keys import verify_signature
from controller.logs.record.ledger import Ledger, LedgerEntry, flights_folder_of
from controller.logs.record.merkle import Tree, leaf_hash
from controller.logs.verification.files import FileProof, file_proofs

READ_BYTES = 1 << 20
# Names of the files of a record that readers use.
_RECORD = re.compile(r"frames\.(tlog|way)|events\.jsonl|mission(-\d+)?\.plan|params(-\d+)?\.json")


@dataclass(frozen=True, slots=True)
class ChainFault:
    """First fault of a record.

    `block` is the number of the chain's line (from 0), `offset` a byte offset in the file that `why` names.
    """

    block: int
    offset: int
    why: str


@dataclass(frozen=True)
class FlightVerification:
    """Result of a verification. `ok` is True when everything signed is unchanged.

    `closed` is False for a flight without a final head. `unsigned_blocks`, `tail_bytes` and the files in
    `uncovered` are data after the last signed head (an interrupted recording): present, but not proved. `flight` is
    the name under which the flight was recorded, whatever its folder is called now; `heads` are the SHA-256 of the
    lines of its heads, `previous` is that of the newest head the machine had signed before this flight. `files` says
    what proves each file of the folder.
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
    files: tuple[FileProof, ...] = ()

    @property
    def unproved(self) -> tuple[FileProof, ...]:
        """The files that nothing proves, each with the reason, and those that are gone."""
        return tuple(one for one in self.files if one.proof in ("none", "removed"))


class _FaultFound(Exception):
    def __init__(self, line: int, offset: int, why: str) -> None:
        super().__init__(why)
        self.fault = ChainFault(line, offset, why)


@dataclass
class _ChainState:
    """State of a chain while it is read line by line."""

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


def verify_flight(
    folder: Path, *, ledger: Ledger | None = None, trusted: Collection[str] | None = None
) -> FlightVerification:
    """Verify one flight's folder, with `ledger` also against this machine's ledger.

    The caller decides whether the record's key is trusted. Files that were signed after the record count with that
    key and the `trusted` ones; None for every key.
    """
    state = _ChainState(folder)
    tail, uncovered, fault = 0, tuple[str, ...](), None
    files: tuple[FileProof, ...] = ()
    try:
        _read_chain(state)
        tail = _check_ends(state)
        uncovered = _check_uncovered(state)
        files = _check_files(state, uncovered, trusted)
        _check_ledger(state, ledger)
    except _FaultFound as found:
        fault = found.fault
    return FlightVerification(
        ok=fault is None,
        closed=state.final,
        blocks=state.blocks,
        frames=state.frames,
        signed_by=state.key or None,
        first_fault=fault,
        unsigned_blocks=state.unsigned_blocks,
        tail_bytes=tail,
        flight=state.flight,
        previous=state.previous,
        heads=tuple(state.heads),
        uncovered=uncovered,
        files=files,
    )


def _check_files(
    state: _ChainState, uncovered: Collection[str], trusted: Collection[str] | None
) -> tuple[FileProof, ...]:
    keys = None if trusted is None else {*trusted, state.key}
    proofs, wrong = file_proofs(
        state.folder,
        chained={*state.ends, *state.whole, *uncovered},
        additions=read_additions(state.folder, state.flight),
        trusted_keys=keys,
    )
    if wrong:
        raise _FaultFound(state.blocks, 0, wrong)
    return tuple(proofs)


def _read_chain(state: _ChainState) -> None:
    try:
        raw = (state.folder / CHAIN_FILE).read_bytes()
    except OSError as error:
        raise _FaultFound(0, 0, f"cannot read {CHAIN_FILE}: {error.strerror}") from None
    lines = raw.split(b"\n")
    torn = lines.pop()  # bytes after the last newline
    at = 0
    for number, line in enumerate(lines):
        _read_line(state, number, at, line)
        at += len(line) + 1
    if torn and state.final:
        raise _FaultFound(len(lines), at, f"{CHAIN_FILE} continues after its final head")
    if not state.heads:
        raise _FaultFound(0, 0, f"{CHAIN_FILE} has no signed head")


def _read_line(state: _ChainState, number: int, at: int, line: bytes) -> None:
    try:
        fields: Any = json.loads(line)
        same = isinstance(fields, dict) and canonical(fields) == line
    except (ValueError, RecursionError):
        same = False
    if not same:
        raise _FaultFound(number, at, f"{CHAIN_FILE} line {number + 1} is not canonical JSON")
    if state.final:
        raise _FaultFound(number, at, f"{CHAIN_FILE} continues after its final head")
    kind = fields.get("kind")
    try:
        if (kind == "open") != (number == 0):
            raise _FaultFound(number, at, f"{CHAIN_FILE} must have one opening line, as its first")
        match kind:
            case "open":
                _open(state, number, at, fields)
            case "head":
                _head(state, number, at, fields, line)
                return
            case "block":
                _block(state, number, fields)
            case "file":
                _file(state, number, fields)
            case _:
                raise _FaultFound(number, at, f"{CHAIN_FILE} line {number + 1} has an unknown kind")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise _FaultFound(
            number, at, f"{CHAIN_FILE} line {number + 1} has a missing or invalid field ({error})"
        ) from None
    state.tree.append(leaf_hash(line))
    state.unsigned_blocks += kind == "block"


def _open(state: _ChainState, number: int, at: int, fields: dict[str, Any]) -> None:
    if fields["format"] != FORMAT:
        raise _FaultFound(
            number, at, f"{CHAIN_FILE} has format {fields['format']}; this version reads format {FORMAT}"
        )
    state.key, state.flight = str(fields["key"]), str(fields["flight"])
    state.previous = None if fields["previous"] is None else str(fields["previous"])


def _head(state: _ChainState, number: int, at: int, fields: dict[str, Any], line: bytes) -> None:
    signature = str(fields.pop("signature"))
    if not verify_signature(state.key, signature, SIGNED_PREFIX + canonical(fields)):
        raise _FaultFound(number, at, "the signature of a head is wrong")
    if fields["size"] != state.tree.size or fields["root"] != state.tree.root().hex():
        raise _FaultFound(number, at, "a head does not match the lines above it")
    if fields["flight"] != state.flight:
        raise _FaultFound(number, at, "a head belongs to another flight")
    if fields["size"] == state.signed_size and not fields["final"]:
        raise _FaultFound(number, at, "a head is repeated")
    state.signed_size = state.tree.size
    state.unsigned_blocks = 0
    state.heads.append(sha256(line).hexdigest())
    state.final = bool(fields["final"])


def _path(state: _ChainState, number: int, name: Any) -> Path:
    if not isinstance(name, str) or Path(name).name != name or name in ("", ".", "..", CHAIN_FILE):
        raise _FaultFound(number, 0, f"{CHAIN_FILE} names a file outside the flight: {name!r}")
    return state.folder / name


def _block(state: _ChainState, number: int, fields: dict[str, Any]) -> None:
    path = _path(state, number, fields["file"])
    offset, length = int(fields["offset"]), int(fields["length"])
    if offset != state.ends.get(path.name, 0) or length <= 0:
        raise _FaultFound(number, offset, f"{path.name}: a block is missing, repeated or out of order")
    digest = _digest(path, offset, length, number)
    if digest != fields["sha256"]:
        raise _FaultFound(number, offset, f"{path.name}: bytes {offset} to {offset + length} were changed")
    state.ends[path.name] = offset + length
    state.blocks += 1
    state.frames += int(fields["frames"])


def _file(state: _ChainState, number: int, fields: dict[str, Any]) -> None:
    path = _path(state, number, fields["file"])
    length = int(fields["length"])
    if _digest(path, 0, length, number) != fields["sha256"] or path.stat().st_size != length:
        raise _FaultFound(number, 0, f"{path.name} was changed")
    state.whole.add(path.name)


def _digest(path: Path, offset: int, length: int, number: int) -> str:
    hashed, left = sha256(), length
    try:
        with path.open("rb") as file:
            file.seek(offset)
            while left:
                chunk = file.read(min(left, READ_BYTES))
                if not chunk:
                    break
                hashed.update(chunk)
                left -= len(chunk)
    except OSError as error:
        raise _FaultFound(number, offset, f"cannot read {path.name}: {error.strerror}") from None
    if left:
        raise _FaultFound(
            number, offset + length - left, f"{path.name} is cut off {left} bytes before the end of a block"
        )
    return hashed.hexdigest()


def _check_ends(state: _ChainState) -> int:
    """Return the number of bytes that no block covers: zero in a closed flight."""
    tail = 0
    for name, end in state.ends.items():
        more = (state.folder / name).stat().st_size - end
        if more and state.final:
            raise _FaultFound(state.blocks, end, f"{name} has {more} bytes after its last block")
        tail += more
    return tail


def _check_uncovered(state: _ChainState) -> tuple[str, ...]:
    """Return the record's files that no chain line covers.

    These are new files of an interrupted flight; a closed flight has none.
    """
    names = sorted(
        path.name for path in state.folder.iterdir() if _RECORD.fullmatch(path.name) and path.stat().st_size
    )
    more = tuple(name for name in names if name not in state.ends and name not in state.whole)
    if more and state.final:
        raise _FaultFound(state.blocks, 0, f"{more[0]} is not in the chain: it was added later")
    return more


def _replaces(folder: Path, entry: LedgerEntry) -> bool:
    """Return whether the folder is where the entry's flight was recorded, and that flight is not beside it."""
    own = Path(entry.flights_folder) / entry.flight
    return flights_folder_of(folder) == entry.flights_folder and not (
        own.is_dir() and not own.samefile(folder)
    )


def _check_ledger(state: _ChainState, ledger: Ledger | None) -> None:
    entries = ledger.of(state.flight) if ledger else []
    if ledger and ledger.keys and state.key not in ledger.keys:
        # Another machine's flight of the same name is compared only if it is in our flight's place.
        entries = [entry for entry in entries if _replaces(state.folder, entry)]
    if not entries:
        return
    known = [entry for entry in entries if entry.head in state.heads]
    if not known:
        raise _FaultFound(
            len(state.heads), 0, "the newest head that this machine signed for the flight is missing"
        )
    if known[0].final and not state.final:
        raise _FaultFound(len(state.heads), 0, "the flight was closed, but its final head is missing")
