"""Ed25519 key that signs flight records.

Each machine has one key. It is made at first use, readable by its owner only, and encrypted with a passphrase if
one is set. The public keys of the machine are in a file beside it, one a line, the newest last, those of replaced
keys included.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

from controller.errors import UserError

KEY_FILE = "record.ed25519.pem"
PUBLIC_FILE = "record.ed25519.pub"
PASSPHRASE = "LANDLINE_KEY_PASSPHRASE"


class SigningKeyError(UserError):
    """The signing key cannot be read or created."""


class RecordKey:
    """A private signing key; `public_hex` is the public key, which others need to verify a record."""

    def __init__(self, private: Any) -> None:
        self._private = private
        self.public_hex: str = private.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> str:
        """Return the Ed25519 signature of `data`, in hexadecimal."""
        signature: bytes = self._private.sign(data)
        return signature.hex()


def load_key(folder: Path, *, passphrase: str | None = None) -> RecordKey:
    """Load the key in `folder`, or create it if there is none. Raises SigningKeyError."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    path = folder / KEY_FILE
    secret = passphrase.encode() if passphrase else None
    try:
        pem = path.read_bytes()
    except FileNotFoundError:
        return _make_key(path, secret)
    except OSError as error:
        raise SigningKeyError(f"cannot read the signing key: {error.strerror}", where=str(path)) from error
    try:
        private = load_pem_private_key(pem, secret)
    except (ValueError, TypeError) as error:
        raise SigningKeyError(
            "cannot open the signing key: wrong or missing passphrase, or damaged file",
            where=str(path),
            hint=f"set {PASSPHRASE}, or restore the file from a backup",
        ) from error
    if not isinstance(private, Ed25519PrivateKey):
        raise SigningKeyError(
            "invalid signing key: not an Ed25519 key",
            where=str(path),
            hint="move the file away to make a new key",
        )
    return _published(folder, RecordKey(private))


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
        # Created with these permissions, so never readable by others; O_EXCL: two first flights must not make two
        # keys.
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return load_key(path.parent, passphrase=secret.decode() if secret else None)
    except OSError as error:
        raise SigningKeyError(f"cannot write the signing key: {error.strerror}", where=str(path)) from error
    with os.fdopen(handle, "wb") as file:
        file.write(pem)
        file.flush()
        os.fsync(file.fileno())
    return _published(path.parent, RecordKey(private))


def _published(folder: Path, key: RecordKey) -> RecordKey:
    if key.public_hex not in _public_lines(folder):
        with contextlib.suppress(OSError), (folder / PUBLIC_FILE).open("a", encoding="ascii") as file:
            file.write(key.public_hex + "\n")
    return key


def _public_lines(folder: Path) -> list[str]:
    try:
        return (folder / PUBLIC_FILE).read_text(encoding="ascii", errors="replace").split()
    except OSError:
        return []


def known_keys(folder: Path) -> list[str]:
    """Return the public keys of this machine, the newest last, without creating a key.

    A key with a passphrase is listed after its first use.
    """
    if not _public_lines(folder) and (folder / KEY_FILE).is_file():
        with contextlib.suppress(SigningKeyError):
            return [load_key(folder, passphrase=os.environ.get(PASSPHRASE)).public_hex]
    return _public_lines(folder)


def verify_signature(public_hex: str, signature_hex: str, data: bytes) -> bool:
    """Return whether `signature_hex` is that key's signature of `data`, in the form that `RecordKey.sign` writes."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        signature = bytes.fromhex(signature_hex)
        if signature.hex() != signature_hex:
            return False  # capital letters and spaces would decode to the same bytes: an undetected change
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex)).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True
