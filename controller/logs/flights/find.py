"""Find a flight by the name that a person types; an encrypted one is decrypted to a temporary copy."""

from __future__ import annotations

import os
from pathlib import Path

from controller.errors import UserError
from controller.logs.flights.store import ARCHIVE, all_flights, is_flight
from controller.logs.privacy.decrypted_copy import IDENTITY, opened


def find_flight(flights: Path, name: str) -> Path:
    """A flight by path, name or beginning of its name, or `last`; an encrypted one as a copy that lives as long as
    the process.

    Raises UserError when it is none or more than one, or is encrypted and LANDLINE_IDENTITY names no file that
    opens it.
    """
    folder = find_folder(flights, name)
    # Where files stand beside it, somebody was stopped half-way: the archive is what is whole.
    if not (folder / ARCHIVE).is_file():
        return folder
    return opened(folder, os.environ.get(IDENTITY, ""))


def find_decrypted_flight(flights: Path, name: str) -> Path:
    """As `find_flight`, for what writes into the folder. Raises UserError for an encrypted flight."""
    folder = find_folder(flights, name)
    if (folder / ARCHIVE).is_file():
        raise UserError(
            "the flight is encrypted",
            where=str(folder),
            hint=f"put it back with landline logs decrypt {folder.name} --identity FILE, or give --out with {IDENTITY} set",
        )
    return folder


def find_folder(flights: Path, name: str) -> Path:
    """As `find_flight`, but an encrypted flight as it is."""
    direct = Path(name)
    if is_flight(direct) or (direct / ARCHIVE).is_file():
        return direct
    there = all_flights(flights)
    found = there[-1:] if name == "last" else [folder for folder in there if folder.name.startswith(name)]
    exact = [folder for folder in found if folder.name == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        hint = f"the newest is {there[-1].name}" if there else "there are no flights yet"
        raise UserError(f"no flight '{name}'", where=str(flights), hint=hint)
    raise UserError(
        f"{len(found)} flights begin with '{name}'", where=str(flights), hint=f"for example {found[-1].name}"
    )
