"""Files that were added to a flight after its record ended, signed: the report, a simulation's ground truth, logs.

`additions.jsonl` has one line a file, canonical JSON: its name, length and SHA-256, the flight, the key and an Ed25519
signature of the line without its signature. A file that is made again gets a new line for the old one. The
chain is closed by then and cannot take them; `landline logs verify` checks both.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from controller.errors import UserError
from controller.guard.data_folder import data_folder
from controller.logs.flights import store
from controller.logs.record.append_file import write_atomically
from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import recorded_flight_name
from controller.logs.record.keys import KEY_FILE, PASSPHRASE, RecordKey, load_key, verify_signature

SIGNED_PREFIX = b"landline flight record addition\n"
READ_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Addition:
    """One signed file. `fault` says why the line proves nothing; empty for a sound one."""

    file: str
    length: int
    sha256: str
    key: str
    fault: str = ""


def sign_additions(folder: Path, names: Iterable[str], *, keys: Path | None = None) -> bool:
    """Sign files of a flight's folder as they are now. Return whether they are signed.

    Nothing is signed for a folder without a chain, and without a signing key that opens: no key is made for that.
    """
    names = [name for name in names if (folder / name).is_file()]
    key = _key(keys or data_folder() / "keys") if names and (folder / store.CHAIN).is_file() else None
    if key is None:
        return False
    flight = recorded_flight_name(folder)
    kept = [line for line in _lines(folder) if _name_of(line) not in names]
    try:
        for name in names:
            length, digest = digest_of(folder / name)
            fields: dict[str, Any] = {
                "kind": "addition",
                "flight": flight,
                "file": name,
                "length": length,
                "sha256": digest,
                "key": key.public_hex,
            }
            fields["signature"] = key.sign(SIGNED_PREFIX + canonical(fields))
            kept.append(canonical(fields))
        write_atomically(folder / store.ADDITIONS, b"".join(line + b"\n" for line in kept))
    except OSError:
        return False
    return True


def read_additions(folder: Path, flight: str) -> list[Addition]:
    """Return the signed files of a flight, in the order of the file; a line that proves nothing has a `fault`."""
    return [_addition(line, flight) for line in _lines(folder)]


def digest_of(path: Path) -> tuple[int, str]:
    """Return length and SHA-256 of a file. Raises OSError."""
    hashed, length = sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(READ_BYTES):
            hashed.update(chunk)
            length += len(chunk)
    return length, hashed.hexdigest()


def _key(keys: Path) -> RecordKey | None:
    if not (keys / KEY_FILE).is_file():
        return None
    try:
        return load_key(keys, passphrase=os.environ.get(PASSPHRASE))
    except (OSError, UserError):
        return None


def _lines(folder: Path) -> list[bytes]:
    try:
        return (folder / store.ADDITIONS).read_bytes().splitlines()
    except OSError:
        return []


def _fields(line: bytes) -> dict[str, Any]:
    try:
        fields: Any = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) and canonical(fields) == line else {}


def _name_of(line: bytes) -> str:
    return str(_fields(line).get("file", ""))


def _addition(line: bytes, flight: str) -> Addition:
    fields = _fields(line)
    try:
        signature = str(fields.pop("signature"))
        found = Addition(
            str(fields["file"]), int(fields["length"]), str(fields["sha256"]), str(fields["key"])
        )
    except (KeyError, TypeError, ValueError):
        return Addition(
            "", 0, "", "", f"{store.ADDITIONS} has a line that is not canonical JSON of a signed file"
        )
    if Path(found.file).name != found.file or found.file in ("", ".", "..", store.CHAIN, store.ADDITIONS):
        fault = f"{store.ADDITIONS} names a file outside the flight: {found.file!r}"
    elif not verify_signature(found.key, signature, SIGNED_PREFIX + canonical(fields)):
        fault = f"the signature of {found.file} in {store.ADDITIONS} is wrong"
    elif fields.get("flight") != flight:
        fault = f"{found.file} in {store.ADDITIONS} belongs to another flight"
    else:
        return found
    return Addition(found.file, found.length, found.sha256, found.key, fault)
