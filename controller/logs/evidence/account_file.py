"""The signed file of a run's account: `egress.json` in a flight's folder, or a file in the folder of runs.

The file is one line of canonical JSON with the public key and an Ed25519 signature of the line without its signature,
so that a copy proves itself. In a flight's folder it is signed as an addition too, which `landline logs verify` checks.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.errors import UserError, VerificationFailed
from controller.guard.data_folder import data_folder
from controller.guard.run_account import KIND
from controller.logs.flights import store
from controller.logs.record.additions import digest_of, read_additions, sign_additions
from controller.logs.record.append_file import write_atomically
from controller.logs.record.canonical_json import canonical
from controller.logs.record.chain import recorded_flight_name
from controller.logs.record.keys import PASSPHRASE, load_key, verify_signature

SIGNED_PREFIX = b"landline egress account\n"
MOST_BYTES = 1 << 24


@dataclass(frozen=True, slots=True)
class WrittenAccount:
    """Where an account was written. `unsigned` says why it has no signature; "" for a signed one."""

    path: Path
    unsigned: str = ""


@dataclass(frozen=True, slots=True)
class ReadAccount:
    """An account read from its file. `fault` says why it proves nothing; "" for a sound one."""

    path: Path
    fields: dict[str, Any]
    key: str = ""
    fault: str = ""


def runs_folder(data: Path | None = None) -> Path:
    """Return the folder of the accounts of runs without a flight."""
    return (data or data_folder()) / "runs"


def write_account(
    fields: Mapping[str, Any],
    *,
    flight: Path | None = None,
    data: Path | None = None,
    keys: Path | None = None,
) -> WrittenAccount:
    """Sign an account and write it, whole or not at all. Raises OSError where the file cannot be written.

    `flight` is the folder of the flight that the run recorded; without one the file goes to the folder of runs.
    """
    data = data or data_folder()
    keys = keys or data / "keys"
    whole: dict[str, Any] = dict(fields) | {"flight": recorded_flight_name(flight) if flight else ""}
    unsigned = ""
    try:
        key = load_key(keys, passphrase=os.environ.get(PASSPHRASE))
        whole["key"] = key.public_hex
        whole["signature"] = key.sign(SIGNED_PREFIX + canonical(whole))
    except (OSError, UserError) as error:
        whole.pop("key", None)
        unsigned = str(error)
    path = flight / store.EGRESS if flight else _free_path(runs_folder(data), whole)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, canonical(whole) + b"\n")
    if flight and not unsigned and not sign_additions(flight, [store.EGRESS], keys=keys):
        unsigned = "the flight has no record that it could be added to"
    return WrittenAccount(path, unsigned)


def _free_path(folder: Path, fields: Mapping[str, Any]) -> Path:
    stamp = re.sub(r"[-:]|\.\d+", "", str(fields["started_utc"]))
    words = [word for word in fields["command"][:2] if re.fullmatch(r"[a-z][a-z-]*", word)]
    name = "-".join([stamp, *(words or ["landline"])])
    path, number = folder / f"{name}.json", 1
    while path.exists():
        number += 1
        path = folder / f"{name}-{number}.json"
    return path


def read_account(path: Path) -> ReadAccount:
    """Read an account and check its form and its signature.

    Raises OSError, UserError for another kind of file, VerificationFailed where a flight's account is no account.

    Whether the key is trusted is for the caller to judge.
    """
    with path.open("rb") as file:
        line = file.read(MOST_BYTES).removesuffix(b"\n")
    try:
        fields: Any = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or fields.get("kind") != KIND:
        if path.name == store.EGRESS:
            what = "the account proves nothing: it was changed, and is no account"
            raise VerificationFailed(what, where=str(path), hint="compare with a copy")
        raise UserError(
            "not the account of a run", where=str(path), hint="name a flight or a file of the folder runs"
        )
    body = dict(fields)
    signature, key = str(body.pop("signature", "")), str(fields.get("key", ""))
    if not signature:
        fault = "the account is not signed"
    elif canonical(fields) != line:
        fault = "the account was changed after it was signed: it is not canonical JSON"
    elif not verify_signature(key, signature, SIGNED_PREFIX + canonical(body)):
        fault = "the account was changed after it was signed: its signature is wrong"
    else:
        fault = ""
    return ReadAccount(path, fields, key, fault)


def fault_of(read: ReadAccount, trusted: Collection[str]) -> str:
    """Return why an account proves nothing, "" for a sound one: its signature, its key, its flight's record."""
    if read.fault:
        return read.fault
    if read.key not in trusted:
        return f"it is signed by unknown key {read.key}"
    if not read.fields.get("flight"):
        if read.path.name == store.EGRESS:
            return "it belongs to a run without a flight, not to this folder"
        return _recording_fault(read)
    folder = read.path.parent
    if read.path.name != store.EGRESS or recorded_flight_name(folder) != read.fields["flight"]:
        return f"it belongs to the flight {read.fields['flight']}, not to this folder"
    listed = [one for one in read_additions(folder, read.fields["flight"]) if one.file == store.EGRESS]
    if not listed:
        return f"the flight's {store.ADDITIONS} does not list it"
    if listed[-1].fault or digest_of(read.path) != (listed[-1].length, listed[-1].sha256):
        return listed[-1].fault or f"{store.EGRESS} was changed after it was added to the flight"
    return ""


def _recording_fault(read: ReadAccount) -> str:
    """Return why the file of packets beside the account is not the recorded one."""
    recorded = read.fields.get("recording")
    if not recorded:
        return ""
    file = read.path.with_name(Path(recorded["pcap"]["file"]).name)
    try:
        same = digest_of(file) == (recorded["pcap"]["bytes"], recorded["pcap"]["sha256"])
    except OSError as error:
        return f"cannot read {file.name}, which has the recorded packets: {error.strerror}"
    return "" if same else f"{file.name} was changed after it was recorded"
