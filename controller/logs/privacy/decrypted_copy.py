"""Decrypt a flight for reading: a copy that only this user can read, removed when the process ends."""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path

from controller.errors import UserError
from controller.logs.privacy.encryption import extract, identities_of

IDENTITY = "LANDLINE_IDENTITY"  # environment variable: file of the age identity that decrypts flights


def opened(folder: Path, identity: str) -> Path:
    """Return the folder of the copy, with the flight's name. Raises UserError without an identity, or with a wrong
    one."""
    if not identity:
        raise UserError(
            "the flight is encrypted",
            where=str(folder),
            hint=f"set {IDENTITY} to the file of an age identity that decrypts it",
        )
    identities = identities_of(Path(identity))
    folder_of_copy = tempfile.TemporaryDirectory(prefix="landline-")
    atexit.register(folder_of_copy.cleanup)
    copy = Path(folder_of_copy.name) / folder.name
    copy.mkdir()
    extract(folder, copy, identities)
    return copy
