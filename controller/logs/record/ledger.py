"""What this machine's key has signed: each flight's newest head, beside the key.

`ledger.jsonl` is only ever appended to. The next flight's record names the newest head; `verify` finds a record here that was cut
back, and a flight that is gone. A flight erased by policy has a signed line that says so.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from controller.logs.record.keys import RecordKey, known_keys, verify_signature

LEDGER_FILE = "ledger.jsonl"
_TAIL = 1 << 14
ERASED_PREFIX = b"landline flight record erased\n"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The newest head of one flight: `head` is the SHA-256 of its line, `final` whether the flight was closed, `place` the folder
    of flights that it was recorded into, `erased` whether it was erased there by policy."""

    flight: str
    head: str
    final: bool
    place: str = ""
    erased: bool = False


@dataclass
class Ledger:
    """All of it. Two flights of one name are told apart by their places. `keys` are this machine's public keys."""

    entries: dict[tuple[str, str], LedgerEntry] = field(default_factory=dict)
    heads: set[str] = field(default_factory=set)
    newest: str | None = None
    keys: frozenset[str] = frozenset()

    def of(self, flight: str) -> list[LedgerEntry]:
        """The flights of that name."""
        return [entry for (name, _), entry in self.entries.items() if name == flight]


def read_ledger(folder: Path) -> Ledger:
    """What the ledger says; lines cut off by a crash are passed over, and so is an erasing that none of our keys signed."""
    found = Ledger(keys=frozenset(known_keys(folder)))
    try:
        lines = (folder / LEDGER_FILE).read_bytes().split(b"\n")
    except OSError:
        return found
    for line in lines:
        try:
            fields = json.loads(line)
            key = str(fields["flight"]), str(fields.get("place", ""))
            if "erased_utc_us" in fields:
                if key in found.entries and _signed(fields, folder):
                    found.entries[key] = replace(found.entries[key], erased=True)
                continue
            entry = LedgerEntry(key[0], str(fields["head"]), bool(fields["final"]), key[1])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        found.entries[key] = entry
        found.heads.add(entry.head)
        found.newest = entry.head
    return found


def newest_head(folder: Path) -> str | None:
    """The newest head of any flight, from the ledger's end: a flight that begins must not wait for years of others to be read."""
    try:
        with (folder / LEDGER_FILE).open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL))
            lines = file.read().split(b"\n")
    except OSError:
        return None
    for line in reversed(lines):
        try:
            return str(json.loads(line)["head"])
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
    return read_ledger(folder).newest


def flights_folder_of(folder: Path) -> str:
    """The folder of flights that a flight's folder is in, as the ledger names it."""
    return str(folder.absolute().parent.resolve())


def append_head(folder: Path, entry: LedgerEntry, *, durable: bool = True) -> None:
    """Append a flight's newest head, and with `durable` wait until it is on disk. Raises OSError."""
    fields = {"flight": entry.flight, "head": entry.head, "final": entry.final, "place": entry.place}
    _append(folder, fields, durable=durable)


def append_erased(folder: Path, entry: LedgerEntry, *, key: RecordKey, utc_us: int) -> None:
    """Append that the flight is erased by policy. Raises OSError."""
    fields: dict[str, Any] = {
        "flight": entry.flight,
        "place": entry.place,
        "erased_utc_us": utc_us,
        "key": key.public_hex,
    }
    _append(folder, {**fields, "signature": key.sign(ERASED_PREFIX + _plain(fields))}, durable=True)


def _plain(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, sort_keys=True, separators=(",", ":")).encode()


def _signed(fields: dict[str, Any], folder: Path) -> bool:
    signature, key = str(fields.pop("signature")), str(fields["key"])
    return key in known_keys(folder) and verify_signature(key, signature, ERASED_PREFIX + _plain(fields))


def _append(folder: Path, fields: dict[str, Any], *, durable: bool) -> None:
    line = json.dumps(fields)
    with (folder / LEDGER_FILE).open("a+b") as file:
        # What a crash or a full disk left of the last line must not swallow this one.
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - 1))
        torn = length > 0 and file.read(1) != b"\n"
        file.write(b"\n" * torn + line.encode() + b"\n")
        file.flush()
        if durable:
            os.fsync(file.fileno())
