"""An encrypted flight opened for reading: a copy that only this user can read, taken away when the process ends."""

from __future__ import annotations

import atexit
import tempfile
from pathlib import Path

from controller.errors import UserError
from controller.logs.privacy.encryption import extract, identities_of

IDENTITY = "LANDLINE_IDENTITY"  # environment variable: file of the age identity that decrypts flights


def opened(folder: Path, identity: str) -> Path:
    """The copy's folder, of the same name. Raises UserError without an identity, or with one that does not fit."""
    if not identity:
        raise UserError(
            "the flight is encrypted",
            where=str(folder),
            hint=f"set {IDENTITY} to the file of an age identity that opens it",
        )
    identities = identities_of(Path(identity))
    place = tempfile.TemporaryDirectory(prefix="landline-")
    atexit.register(place.cleanup)
    copy = Path(place.name) / folder.name
    copy.mkdir()
    extract(folder, copy, identities)
    return copy
