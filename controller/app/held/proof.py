"""Proof of an erasing, within what file systems allow: what was searched, what was found, and what cannot be proved.

Before the erasing `traits_of` keeps what identifies a flight: its names and samples of its telemetry. Afterwards
`prove` searches every file of Landline's that could hold them.
"""

from __future__ import annotations

import mmap
import re
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from controller.app.held.erase import ErasePlan
from controller.app.held.survey import HeldFile, Places, held_files
from controller.logs.flights import store
from controller.logs.flights.catalogue import FILE as CATALOGUE
from controller.logs.flights.erase import ERASING
from controller.logs.record.chain import recorded_flight_name

_SAMPLE_BYTES = 64
_SAMPLES = 5
# These files are copied or computed from flights, wherever they are; all others can only name one.
_COPIES = ("temporary", "other")
_PACKETS = ".pcap"


@dataclass(frozen=True, slots=True)
class FlightTraits:
    """What identifies a flight: `names` of its folder and record, `samples` of its telemetry."""

    folder: Path
    names: frozenset[str]
    samples: tuple[bytes, ...]
    encrypted: bool


@dataclass(frozen=True, slots=True)
class Trace:
    """A file that still tells of an erased flight. `positions`: it holds, or may hold, where the flight was."""

    path: Path
    what: str
    positions: bool


@dataclass
class ErasureProof:
    """Result of the search. `left` are erased files and folders that still exist; `limits` is what is not proved."""

    left: list[Path] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    searched_files: int = 0
    searched_bytes: int = 0
    limits: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all is gone, and no file of Landline's that was searched holds positions of an erased flight."""
        return not self.left and not any(trace.positions for trace in self.traces)


def traits_of(flights: Iterable[Path]) -> list[FlightTraits]:
    """Return what identifies these flights; call it before they are erased."""
    return [
        FlightTraits(
            folder,
            frozenset({folder.name, recorded_flight_name(folder)}),
            _samples(folder / store.FRAMES),
            (folder / store.ARCHIVE).is_file(),
        )
        for folder in flights
    ]


def _samples(frames: Path) -> tuple[bytes, ...]:
    """Return pieces of a telemetry log from all of its parts; none where there is no log."""
    try:
        size = frames.stat().st_size
        with frames.open("rb") as file:
            found = []
            for number in range(_SAMPLES):
                file.seek(max(0, (size - _SAMPLE_BYTES) * number // (_SAMPLES - 1)))
                found.append(file.read(_SAMPLE_BYTES))
    except OSError:
        return ()
    # A few bytes could be anything's.
    return tuple(dict.fromkeys(piece for piece in found if len(piece) == _SAMPLE_BYTES))


def prove(plan: ErasePlan, traits: Sequence[FlightTraits], places: Places) -> ErasureProof:
    """Check that all that was planned is gone, and search Landline's files for the flights."""
    proof = ErasureProof()
    gone = [*plan.flights, *(folder.with_name(ERASING + folder.name) for folder in plan.flights)]
    gone += [target.path for target in plan.targets]
    proof.left = [path for path in gone if path.exists() or path.is_symlink()]
    if traits:
        unsearched = 0
        for file in held_files(places):
            if file.is_link:
                continue
            if file.kind.searched:
                proof.searched_files += 1
                proof.searched_bytes += file.bytes
                proof.traces += _traces(file, traits)
            unsearched += file.kind.name in _COPIES or file.path.suffix == _PACKETS
        proof.traces += _catalogue_rows(places, traits)
        proof.limits += _limits_of(traits, unsearched)
    proof.limits += GENERAL_LIMITS
    return proof


def _traces(file: HeldFile, traits: Sequence[FlightTraits]) -> Iterator[Trace]:
    """Yield what a file tells of erased flights. A file that cannot be read may hold anything."""
    if not file.bytes:
        return
    try:
        with file.path.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            for flight in traits:
                # A second flight of the same second has the name with a number behind it.
                named = any(re.search(re.escape(name.encode()) + rb"(?!-\d)", data) for name in flight.names)
                copied = any(data.find(piece) >= 0 for piece in flight.samples)
                in_path = file.kind.name in _COPIES and any(name in str(file.path) for name in flight.names)
                if copied or in_path:
                    yield Trace(file.path, f"a copy of {flight.folder.name}", positions=True)
                elif named and file.kind.name == "catalogue":
                    yield Trace(file.path, f"facts of {flight.folder.name}", positions=True)
                elif named:
                    yield Trace(file.path, f"the name {flight.folder.name}", positions=False)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        yield Trace(file.path, f"cannot be searched: {error}", positions=True)


def _catalogue_rows(places: Places, traits: Sequence[FlightTraits]) -> Iterator[Trace]:
    for flights in places.flights:
        path = flights / CATALOGUE
        if not path.is_file():
            continue
        with (
            suppress(sqlite3.Error),
            closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as db,
        ):
            rows = {name for (name,) in db.execute("SELECT flight FROM flights")}
            for flight in traits:
                if (
                    flight.folder.absolute().parent.resolve() == flights.resolve()
                    and flight.folder.name in rows
                ):
                    yield Trace(path, f"a row of {flight.folder.name}", positions=True)


def _limits_of(traits: Sequence[FlightTraits], copies: int) -> list[str]:
    limits = []
    if copies:
        limits.append(
            f"{copies} temporary or unknown files and recordings of packets were searched for pieces of the telemetry "
            "log and the names only: what was computed from a flight or sent in packets is not found in them; "
            "landline audit erase --kind temporary and --kind accounts erase them"
        )
    encrypted = sum(flight.encrypted for flight in traits)
    if encrypted:
        limits.append(
            f"{encrypted} of the flights were encrypted with age: what the disk keeps of the archives is unreadable "
            "once every copy of the identity is destroyed, which Landline cannot see; plain files that were there "
            "before the encryption are as any other erased file"
        )
    return limits


GENERAL_LIMITS = (
    "the file system keeps the contents of deleted files until it writes over them, and its journal keeps names; "
    "SSDs and memory cards move data (wear levelling), so that writing over a file would not prove more",
    "snapshots, backups, swap and synchronised folders may hold copies: nothing of them was searched",
    "exports and copies that were written elsewhere, and browsers, are not searched; the aircraft and a ground box "
    "keep their own logs",
)
