"""Search for a flight by the name a user types; an encrypted flight is decrypted to a temporary copy."""

from __future__ import annotations

import os
from pathlib import Path

from controller.errors import UserError
from controller.logs.flights.store import ARCHIVE, all_flights, flight_log, is_flight
from controller.logs.privacy.decrypted_copy import IDENTITY, opened


def find_flight(flights: Path, name: str) -> Path:
    """Return a flight's folder by path, name, beginning of its name, or `last`.

    An encrypted flight is decrypted to a temporary copy that exists until the process ends. Raises UserError if no
    flight or more than one matches, or if LANDLINE_IDENTITY names no file that decrypts it.
    """
    folder = find_folder(flights, name)
    # With files beside the archive, encryption was interrupted: the archive is the complete copy.
    if not (folder / ARCHIVE).is_file():
        return folder
    return opened(folder, os.environ.get(IDENTITY, ""))


def find_decrypted_flight(flights: Path, name: str) -> Path:
    """Return a flight's folder for a command that writes into it. Raises UserError for an encrypted flight."""
    folder = find_folder(flights, name)
    if (folder / ARCHIVE).is_file():
        raise UserError(
            "cannot write into the flight: it is encrypted",
            where=str(folder),
            hint=f"run landline logs decrypt {folder.name} --identity FILE, or set {IDENTITY} and use --out",
        )
    return folder


def find_folder(flights: Path, name: str) -> Path:
    """Return a flight's folder as `find_flight` does, without decrypting it."""
    direct = Path(name)
    if is_flight(direct) or (direct / ARCHIVE).is_file():
        return direct
    existing = all_flights(flights)
    if name == "last":
        found = [folder for folder in existing if _has_frames(folder)][-1:] or existing[-1:]
    else:
        found = [folder for folder in existing if folder.name.startswith(name)]
    exact = [folder for folder in found if folder.name == name]
    if len(exact or found) == 1:
        return (exact or found)[0]
    if not found:
        hint = (
            f"the newest is {existing[-1].name}"
            if existing
            else "record one first: this folder has no flights"
        )
        raise UserError(f"cannot find flight '{name}'", where=str(flights), hint=hint)
    raise UserError(
        f"ambiguous name '{name}': {len(found)} flights begin with it",
        where=str(flights),
        hint=f"type more of the name, for example {found[-1].name}",
    )


def _has_frames(folder: Path) -> bool:
    """Whether the flight is encrypted, or has a telemetry log that is not empty."""
    if (folder / ARCHIVE).is_file():
        return True
    try:
        return flight_log(folder).stat().st_size > 0
    except OSError:
        return False
