"""Verification of all flights in a folder: each record, and that no flight is missing.

Two sources show that a flight is missing: this machine's ledger, and the record of the next flight, which names the
head of the flight before. A flight erased by `landline logs erase` has a signed line in the ledger.
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
    """Result of a folder's verification: `flights` by name of their folder.

    `encrypted` are encrypted flights (not verified), `imported` are of other programs (without a signature),
    `erased` were erased by `landline logs erase`, `missing` are in
    the ledger but neither here nor where they were recorded. `gaps` are flights whose record names a head before it
    that neither a flight here nor the ledger has.
    """

    flights: dict[str, FlightVerification]
    encrypted: tuple[str, ...]
    imported: tuple[str, ...]
    erased: tuple[str, ...]
    missing: tuple[str, ...]
    gaps: tuple[str, ...]


def verify_folder(
    flights: Path,
    ledger: Ledger,
    *,
    own: set[str],
    trusted: set[str] | None = None,
    on_flight: Callable[[str, FlightVerification], None] | None = None,
) -> FolderVerification:
    """Verify each flight in `flights`, and compare the folder with `ledger`.

    `own` are the public keys of this machine, `trusted` those of `verify_flight`; `on_flight` is called with
    the name and result of each flight.
    """
    found, encrypted, imported = {}, [], []
    for folder in store.all_flights(flights):
        if (folder / store.ARCHIVE).is_file():
            encrypted.append(folder.name)
            continue
        if store.is_only_imported(folder):
            imported.append(folder.name)
            continue
        found[folder.name] = verify_flight(folder, ledger=ledger, trusted=trusted)
        if on_flight is not None:
            on_flight(folder.name, found[folder.name])
    # Another machine's flight of the same name does not replace ours.
    ours = {name: result for name, result in found.items() if not own or result.signed_by in {*own, None}}
    names = {*encrypted, *(result.flight or name for name, result in ours.items())}
    # Folders where these flights were recorded: all of them may have been moved or copied together.
    here = str(flights.absolute().resolve())
    recorded_folders = {here}
    for result in found.values():
        recorded_folders.update(
            entry.flights_folder for entry in ledger.of(result.flight) if entry.head in result.heads
        )
    # Read the name from the chain: a folder of a flight's name may be empty or a copy of another flight.
    names_in = {
        recorded_folder: {recorded_flight_name(folder) for folder in store.all_flights(Path(recorded_folder))}
        for recorded_folder in recorded_folders - {here, ""}
    }
    names_in[here] = set()
    absent = [
        entry
        for entry in ledger.entries.values()
        if entry.flights_folder in names_in and entry.flight not in names | names_in[entry.flights_folder]
    ]
    heads = ledger.heads.union(*(result.heads for result in found.values()))
    return FolderVerification(
        flights=found,
        encrypted=tuple(encrypted),
        imported=tuple(imported),
        erased=tuple(entry.flight for entry in absent if entry.erased),
        missing=tuple(entry.flight for entry in absent if not entry.erased),
        gaps=tuple(
            name
            for name, result in found.items()
            if result.signed_by in own and result.previous is not None and result.previous not in heads
        ),
    )
