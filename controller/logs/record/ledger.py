"""Ledger of signed heads: the newest head of each flight that this machine's key has signed.

`ledger.jsonl` is beside the key and append-only. The record of the next flight names the newest head. With the
ledger, verification finds a record that was cut back and a flight that is missing. `landline logs erase` appends a
signed line for each flight it erases.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from controller.logs.record.canonical_json import canonical
from controller.logs.record.keys import RecordKey, known_keys, verify_signature

LEDGER_FILE = "ledger.jsonl"
_TAIL = 1 << 14
ERASED_PREFIX = b"landline flight record erased\n"


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """Newest head of one flight.

    `head` is the SHA-256 of the head's line, `final` is True for a closed flight, `flights_folder` is the folder of
    flights it was recorded into, `erased` is True after `landline logs erase`.
    """

    flight: str
    head: str
    final: bool
    flights_folder: str = ""
    erased: bool = False


@dataclass
class Ledger:
    """Content of the ledger.

    Flights of the same name are distinguished by their folder. `keys` are this machine's public keys.
    """

    entries: dict[tuple[str, str], LedgerEntry] = field(default_factory=dict)
    heads: set[str] = field(default_factory=set)
    newest: str | None = None
    keys: frozenset[str] = frozenset()

    def of(self, flight: str) -> list[LedgerEntry]:
        """Return the entries of all flights of that name."""
        return [entry for (name, _), entry in self.entries.items() if name == flight]


def read_ledger(folder: Path) -> Ledger:
    """Read the ledger. Skips lines cut off by a crash, and erase lines not signed by one of this machine's keys."""
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
    """Return the newest head of any flight.

    It is read from the end of the ledger, because a long ledger must not delay the start of a flight.
    """
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
    """Return the folder of flights that contains a flight's folder, in the form the ledger uses."""
    return str(folder.absolute().parent.resolve())


def append_head(folder: Path, entry: LedgerEntry, *, durable: bool = True) -> None:
    """Append a flight's newest head; with `durable` flush it to the disk. Raises OSError."""
    fields = {"flight": entry.flight, "head": entry.head, "final": entry.final, "place": entry.flights_folder}
    _append(folder, fields, durable=durable)


def append_erased(folder: Path, entry: LedgerEntry, *, key: RecordKey, utc_us: int) -> None:
    """Append a signed line that the flight was erased by `landline logs erase`. Raises OSError."""
    fields: dict[str, Any] = {
        "flight": entry.flight,
        "place": entry.flights_folder,
        "erased_utc_us": utc_us,
        "key": key.public_hex,
    }
    _append(folder, {**fields, "signature": key.sign(ERASED_PREFIX + canonical(fields))}, durable=True)


def _signed(fields: dict[str, Any], folder: Path) -> bool:
    signature, key = str(fields.pop("signature")), str(fields["key"])
    return key in known_keys(folder) and verify_signature(key, signature, ERASED_PREFIX + canonical(fields))


def _append(folder: Path, fields: dict[str, Any], *, durable: bool) -> None:
    line = json.dumps(fields)
    with (folder / LEDGER_FILE).open("a+b") as file:
        # End a last line that a crash or a full disk cut off, so that it does not absorb this one.
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - 1))
        torn = length > 0 and file.read(1) != b"\n"
        file.write(b"\n" * torn + line.encode() + b"\n")
        file.flush()
        if durable:
            os.fsync(file.fileno())
