"""The key that signs flight records, and the ledger of what it has signed.

One Ed25519 key a machine, made at first use, readable by its owner alone, locked with a passphrase where one is set. The
ledger beside it names each flight's newest head; the next flight's record names that, and `verify` asks it whether a flight
was ever closed.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import UserError

KEY_FILE = "record.ed25519.pem"
LEDGER_FILE = "ledger.jsonl"


class KeyProblem(UserError):
    """The signing key cannot be read or made."""


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """The newest head of one flight. `head` is the SHA-256 of its line, `final` whether the flight was closed."""

    flight: str
    head: str
    final: bool


class RecordKey:
    """The private key; `public_hex` is what a stranger needs."""

    def __init__(self, private: Any) -> None:
        self._private = private
        self.public_hex: str = private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> str:
        """The signature of `data`, in hexadecimal."""
        signature: bytes = self._private.sign(data)
        return signature.hex()


def load_key(folder: Path, *, passphrase: str | None = None) -> RecordKey:
    """The key kept in `folder`, made if there is none. Raises KeyProblem."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = folder / KEY_FILE
    secret = passphrase.encode() if passphrase else None
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return _make_key(path, secret)
    except OSError as error:
        raise KeyProblem(f"the signing key cannot be read: {error.strerror}", where=str(path)) from error
    try:
        private = load_pem_private_key(pem, secret)
    except (ValueError, TypeError) as error:
        raise KeyProblem(
            "the signing key does not open: wrong or missing passphrase, or a damaged file", where=str(path)
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise KeyProblem("the signing key is not an Ed25519 key", where=str(path))
    return RecordKey(private)


def _make_key(path: Path, secret: bytes | None) -> RecordKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    private = Ed25519PrivateKey.generate()
    lock = BestAvailableEncryption(secret) if secret else NoEncryption()
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Never readable by others, not even for a moment; two first flights at once must not make two keys.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return load_key(path.parent, passphrase=secret.decode() if secret else None)
    except OSError as error:
        raise KeyProblem(f"the signing key cannot be written: {error.strerror}", where=str(path)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return RecordKey(private)


def verify_signature(public_hex: str, signature_hex: str, data: bytes) -> bool:
    """Whether `signature_hex` was made over `data` by the holder of that key, and is written as `sign` writes it."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signature = bytes.fromhex(signature_hex)
        if signature.hex() != signature_hex:
            return False  # capital letters and blanks would read the same: a change nobody sees
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def ledger(folder: Path) -> dict[str, LedgerEntry]:
    """The newest entry of every flight, oldest flight first; lines cut off by a crash are passed over."""
    entries: dict[str, LedgerEntry] = {}
    try:
        lines = (folder / LEDGER_FILE).read_text(encoding="utf-8").splitlines()
    except OSError:
        return entries
    for line in lines:
        try:
            found = json.loads(line)
            entry = LedgerEntry(str(found["flight"]), str(found["head"]), bool(found["final"]))
        except (ValueError, KeyError, TypeError):
            continue
        entries.pop(entry.flight, None)
        entries[entry.flight] = entry
    return entries


def note_head(folder: Path, entry: LedgerEntry, *, durable: bool = True) -> None:
    """Append to the ledger, and with `durable` wait until it is on disk."""
    line = json.dumps({"flight": entry.flight, "head": entry.head, "final": entry.final})
    with (folder / LEDGER_FILE).open("a+b") as file:
        # What a crash or a full disk left of the last line must not swallow this one.
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - 1))
        torn = length > 0 and file.read(1) != b"\n"
        file.write(b"\n" * torn + line.encode() + b"\n")
        file.flush()
        if durable:
            os.fsync(file.fileno())
