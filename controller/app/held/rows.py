"""The ledger's rows: of each kind of data how much there is, how it is protected, and how old it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from controller.app.held.kinds import KINDS, OTHER, DataKind
from controller.app.held.survey import HeldFile
from controller.clock import iso_utc
from controller.logs.flights import store
from controller.logs.record.additions import read_additions
from controller.logs.record.chain import recorded_flight_name

_AGE_MAGIC = b"age-encryption.org/"
_PEM_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"
_CHAINED = (store.FRAMES, store.ROUTES, store.EVENTS)


@dataclass
class DataRow:
    """One row. `folders` are the folders that the files are in; times are ISO 8601 in UTC, "" where there are none.

    A file of a flight is as old as the flight, any other as its last change. `encrypted` files are unreadable without
    an age identity or a passphrase; `signed` ones are covered by the flight's chain or by an addition, which
    `landline logs verify` checks.
    """

    kind: DataKind
    folders: set[str] = field(default_factory=set)
    files: int = 0
    bytes: int = 0
    links: int = 0
    encrypted: int = 0
    signed: int = 0
    others_can_read: int = 0
    modes: Counter[str] = field(default_factory=Counter)
    first_utc: str = ""
    last_utc: str = ""
    examples: list[str] = field(default_factory=list)

    def add(self, file: HeldFile) -> None:
        """Count one file."""
        parts = file.path.relative_to(file.root).parts
        of_data = (
            file.flight is None
            and len(parts) > 1
            and file.kind.patterns[:1]
            and file.kind.patterns[0][0] == "data"
        )
        self.folders.add(str(file.root / parts[0] if of_data else file.root))
        if file.is_link:
            self.links += 1
        else:
            self.files += 1
            self.bytes += file.bytes
            self.modes[f"{file.mode:04o}"] += 1
            self.others_can_read += file.others_can_read
            self.encrypted += _is_encrypted(file.path)
            self.signed += file.flight is not None and file.path.name in _signed_names(file.flight)
        utc = _utc_of(file)
        self.first_utc = min(filter(None, (self.first_utc, utc)), default="")
        self.last_utc = max(self.last_utc, utc)
        if self.kind is OTHER and len(self.examples) < 20:
            self.examples.append(str(file.path))

    def plain(self) -> dict[str, Any]:
        """Return the row for JSON."""
        return {
            "kind": self.kind.name,
            "holds": self.kind.holds,
            "where": self.kind.where or sorted(self.folders),
            "in_files": not self.kind.where,
            "files": self.files,
            "bytes": self.bytes,
            "links": self.links,
            "encrypted": self.encrypted,
            "signed": self.signed,
            "modes": dict(self.modes),
            "others_can_read": self.others_can_read,
            "first_utc": self.first_utc,
            "last_utc": self.last_utc,
            "erased_by": self.kind.erased_by,
            **({"examples": self.examples} if self.kind is OTHER else {}),
        }


def data_rows(files: Iterable[HeldFile]) -> list[DataRow]:
    """Return a row for every kind, also for those of which there is nothing, and for unknown files if there are any."""
    rows = {kind.name: DataRow(kind) for kind in (*KINDS, OTHER)}
    for file in files:
        rows[file.kind.name].add(file)
    return [row for row in rows.values() if row.kind is not OTHER or row.files + row.links]


def _utc_of(file: HeldFile) -> str:
    flown = _flown_utc(file.flight) if file.flight is not None else ""
    return flown or f"{iso_utc(int(file.mtime_s * 1e6))[:19]}Z"


@lru_cache(maxsize=100_000)
def _flown_utc(flight: Path) -> str:
    return store.flown_utc(flight)


def _is_encrypted(path: Path) -> bool:
    if path.suffix not in (".age", ".pem"):
        return False
    try:
        with path.open("rb") as file:
            head = file.read(len(_PEM_ENCRYPTED))
    except OSError:
        return False
    return head.startswith(_AGE_MAGIC) or head == _PEM_ENCRYPTED


@lru_cache(maxsize=64)
def _signed_names(flight: Path) -> frozenset[str]:
    """Return the names that the flight's chain or its additions say they cover; nothing is verified here."""
    if not (flight / store.CHAIN).is_file():
        return frozenset()
    chained = {*_CHAINED, store.CHAIN}
    for name in (store.MISSION, store.PARAMETERS):
        chained |= {path.name for path in store.existing_versions(flight, name)}
    added = read_additions(flight, recorded_flight_name(flight))
    return frozenset(chained | {one.file for one in added if not one.fault})
