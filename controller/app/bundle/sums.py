"""Signed list of a bundle's files: `SHA256SUMS`, its Ed25519 signature and the public key.

The formats are those of ordinary tools, so that a stranger verifies a bundle without Landline: `sha256sum -c` reads the
list, and `openssl pkeyutl -verify -rawin` checks the signature over the bytes of the list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from controller.errors import VerificationFailed
from controller.logs.record.keys import RecordKey, verify_signature

SUMS = "SHA256SUMS"
SIGNATURE = "SHA256SUMS.sig"
PUBLIC = "SHA256SUMS.pem"
# The files that the list cannot name: itself, its signature, the key of the signature.
UNLISTED = frozenset({SUMS, SIGNATURE, PUBLIC})
_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def format_sums(sums: Mapping[str, str]) -> bytes:
    """Return the list of files (path to SHA-256 in hexadecimal), sorted by path."""
    return "".join(f"{sums[path]}  {path}\n" for path in sorted(sums)).encode()


def parse_sums(data: bytes, where: str) -> dict[str, str]:
    """Return the SHA-256 of each path. Raises VerificationFailed for a line in another form or a path given twice."""
    sums: dict[str, str] = {}
    try:
        lines = data.decode().split("\n")
    except UnicodeDecodeError:
        lines = [""]
    if lines[-1] != "":
        raise VerificationFailed("invalid list of files: the last line has no end", where=where)
    for number, line in enumerate(lines[:-1], 1):
        found = _LINE.fullmatch(line)
        if found is None or found[2] in sums:
            raise VerificationFailed("invalid list of files", where=f"{where}:{number}")
        sums[found[2]] = found[1]
    return sums


def public_pem(public_hex: str) -> bytes:
    """Return an Ed25519 public key as PEM, as openssl reads it."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_hex))
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def public_hex(pem: bytes, where: str) -> str:
    """Return the 64 hexadecimal digits of an Ed25519 public key in PEM. Raises VerificationFailed."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise VerificationFailed("invalid public key of the bundle: not PEM", where=where) from error
    if not isinstance(key, Ed25519PublicKey):
        raise VerificationFailed("invalid public key of the bundle: not Ed25519", where=where)
    return key.public_bytes_raw().hex()


def sign_sums(folder: Path, sums: Mapping[str, str], key: RecordKey) -> None:
    """Write the list, its signature and the public key into a bundle's folder."""
    data = format_sums(sums)
    (folder / SUMS).write_bytes(data)
    (folder / SIGNATURE).write_bytes(bytes.fromhex(key.sign(data)))
    (folder / PUBLIC).write_bytes(public_pem(key.public_hex))


def is_signed(data: bytes, signature: bytes, key: str) -> bool:
    """Return whether the signature (64 bytes) of the list is that of the public key (64 hexadecimal digits)."""
    return verify_signature(key, signature.hex(), data)
