"""Verification of an imported flight: whether its file is the one that was imported.

Another program recorded it, and Landline signed nothing of it: the hash beside the file shows a change of the file,
not one of both.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from controller.logs.flights.store import flight_log, read_import


def import_fault(folder: Path) -> str:
    """Return why a flight's file is not the one that was imported; "" if it is unchanged."""
    try:
        with flight_log(folder).open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"the imported file cannot be read: {error.strerror}"
    wanted = read_import(folder).get("sha256")
    return "" if found == wanted else f"the imported file has changed: its SHA-256 is {found}, not {wanted}"
