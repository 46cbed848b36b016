"""Checks a whole folder of flights: each record, and that none was taken away.

Two things tell of a flight that is gone: this machine's ledger, and the record of the next flight, which names a
head of the one before. A flight that `landline logs erase` took is known by its signed line in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.logs.flights import store
from controller.logs.record.chain import recorded_flight_name
from controller.logs.record.ledger import Ledger
from controller.logs.verification.flight import FlightVerification, verify_flight


@dataclass(frozen=True)
class FolderVerification:
    """`flights` by folder's name; `sealed` are encrypted and were not looked into, `erased` are gone by policy,
    `missing` are gone. `gaps` are flights whose record names a head before it that neither a flight here nor the
    ledger knows.
    """

    flights: dict[str, FlightVerification]
    sealed: tuple[str, ...]
    erased: tuple[str, ...]
    missing: tuple[str, ...]
    gaps: tuple[str, ...]


def verify_folder(
    flights: Path,
    ledger: Ledger,
    *,
    own: set[str],
    seen: Callable[[str, FlightVerification], None] | None = None,
) -> FolderVerification:
    """Check them against the ledger;

    `own` are the public keys whose flights are this machine's, `seen` is told of each.
    """
    found, sealed = {}, []
    for folder in store.all_flights(flights):
        if (folder / store.ARCHIVE).is_file():
            sealed.append(folder.name)
            continue
        found[folder.name] = verify_flight(folder, ledger=ledger)
        if seen is not None:
            seen(folder.name, found[folder.name])
    # Somebody else's flight of the same name does not stand for ours.
    ours = {name: one for name, one in found.items() if not own or one.signed_by in {*own, None}}
    names = {*sealed, *(one.flight or name for name, one in ours.items())}
    # Where the flights here were recorded: all may have been moved, or copied, together.
    here = str(flights.absolute().resolve())
    places = {here}
    for one in found.values():
        places.update(entry.place for entry in ledger.of(one.flight) if entry.head in one.heads)
    # A folder of a flight's name is not the flight: it may be empty, or a copy of another.
    there = {
        place: {recorded_flight_name(folder) for folder in store.all_flights(Path(place))}
        for place in places - {here, ""}
    }
    there[here] = set()
    gone = [
        entry
        for entry in ledger.entries.values()
        if entry.place in there and entry.flight not in names | there[entry.place]
    ]
    heads = ledger.heads.union(*(one.heads for one in found.values()))
    return FolderVerification(
        flights=found,
        sealed=tuple(sealed),
        erased=tuple(entry.flight for entry in gone if entry.erased),
        missing=tuple(entry.flight for entry in gone if not entry.erased),
        gaps=tuple(
            name
            for name, one in found.items()
            if one.signed_by in own and one.previous is not None and one.previous not in heads
        ),
    )
