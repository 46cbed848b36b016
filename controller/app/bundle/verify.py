"""Verification of a bundle: the signature of its list, and each file against the list."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from controller.app.bundle.known_keys import remembered
from controller.app.bundle.source import BundleFiles, chunks, opened
from controller.app.bundle.sums import PUBLIC, SIGNATURE, SUMS, UNLISTED, is_signed, parse_sums, public_hex
from controller.errors import VerificationFailed

HINT = "get the bundle again from its maker; nothing of it was run or installed"
# The three files of the signature; a longer one is no signature, and is not read into memory.
_LARGEST_LIST = 16 << 20


@dataclass(frozen=True, slots=True)
class SignedList:
    """Paths of a bundle with their SHA-256, and the public key that signed them.

    `trust` says why the key is trusted: `given` (--key), `remembered` (a bundle of it was made or installed here
    before), or `first use`: the
    key is known from the bundle alone, which shows that the files belong together and not who made them. `raw` are the
    files of the signature.
    """

    sums: dict[str, str]
    key: str
    trust: str
    raw: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class BundleVerification:
    """Result: the signed list, and the paths that differ from it."""

    signed: SignedList
    changed: tuple[str, ...]
    missing: tuple[str, ...]
    added: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every file is the one that was signed, and no other is there."""
        return not (self.changed or self.missing or self.added)

    def require(self, where: str) -> None:
        """Raise VerificationFailed, naming each file that differs."""
        parts = [
            f"{problem}: {', '.join(names)}"
            for problem, names in (
                ("changed", self.changed),
                ("missing", self.missing),
                ("added", self.added),
            )
            if names
        ]
        if parts:
            raise VerificationFailed("; ".join(parts), where=where, hint=HINT)


def read_signed(files: BundleFiles, keys: Path, given: frozenset[str] = frozenset()) -> SignedList:
    """Return the list of a bundle after checking its signature and key.

    `given` are the public keys that the operator trusts; without one the keys that are remembered in the folder `keys`
    count. Raises VerificationFailed.
    """
    absent = sorted(UNLISTED - set(files.names))
    if absent:
        raise VerificationFailed(f"the bundle is not signed: no {absent[0]}", where=files.where, hint=HINT)
    raw = {name: _small(files, name) for name in UNLISTED}
    data, signature, pem = raw[SUMS], raw[SIGNATURE], raw[PUBLIC]
    key = public_hex(pem, f"{files.where}/{PUBLIC}")
    known = remembered(keys)
    if given and key not in given:
        raise VerificationFailed(f"the bundle is signed by another key: {key}", where=files.where, hint=HINT)
    if not given and known and key not in known:
        raise VerificationFailed(
            f"the bundle is signed by key {key}; known from bundles before: {', '.join(sorted(known))}",
            where=files.where,
            hint="ask its maker for the key by another way, then give it with --key",
        )
    if not is_signed(data, signature, key):
        raise VerificationFailed(f"{SUMS} was changed: its signature is wrong", where=files.where, hint=HINT)
    trust = "given" if given else "remembered" if known else "first use"
    return SignedList(parse_sums(data, f"{files.where}/{SUMS}"), key, trust, raw)


def _small(files: BundleFiles, name: str) -> bytes:
    data = bytearray()
    with files.open(name) as file:
        for piece in chunks(file):
            data += piece
            if len(data) > _LARGEST_LIST:
                raise VerificationFailed(f"invalid bundle: {name} is larger than 16 MiB", where=files.where)
    return bytes(data)


def read_listed(files: BundleFiles, signed: SignedList, name: str) -> bytes:
    """Return one file of the signed list. Raises VerificationFailed if it is not the one that was signed."""
    data = _small(files, name) if name in files.names else b""
    if hashlib.sha256(data).hexdigest() != signed.sums.get(name):
        raise VerificationFailed(f"changed or missing: {name}", where=files.where, hint=HINT)
    return data


def compare(files: BundleFiles, signed: SignedList, to: Path | None = None) -> BundleVerification:
    """Hash every file of a bundle and compare it with the list; copy the listed files to the folder `to` meanwhile.

    The copies are verified only when the result is `ok`: each file is read once, so no other can come between the check
    and the copy.
    """
    there = set(files.names) - UNLISTED
    listed = sorted(there & set(signed.sums))
    changed = [name for name in listed if _digest(files, name, to) != signed.sums[name]]
    return BundleVerification(
        signed,
        changed=tuple(changed),
        missing=tuple(sorted(set(signed.sums) - there)),
        added=tuple(sorted(there - set(signed.sums))),
    )


def _digest(files: BundleFiles, name: str, to: Path | None) -> str:
    """Return the SHA-256 of a file, empty where it is damaged; copy it to the same path below `to`."""
    digest = hashlib.sha256()
    with ExitStack() as stack:
        copy: IO[bytes] | None = None
        if to is not None:
            target = to / name  # `name` is safe: it stays below `to`
            target.parent.mkdir(parents=True, exist_ok=True)
            copy = stack.enter_context(target.open("xb"))
        try:
            for data in chunks(stack.enter_context(files.open(name))):
                digest.update(data)
                if copy is not None:
                    copy.write(data)
        except VerificationFailed:
            return ""
    return digest.hexdigest()


def verify_bundle(path: Path, keys: Path, given: frozenset[str] = frozenset()) -> BundleVerification:
    """Verify a bundle, a folder or a zip file; nothing is written. Raises UserError and VerificationFailed.

    A wrong signature or key raises; files that differ are in the result.
    """
    with opened(path) as files:
        return compare(files, read_signed(files, keys, given))
