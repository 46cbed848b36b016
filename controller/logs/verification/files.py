"""What proves each file of a flight's folder: the chain, an addition, a proof of its own, or nothing, and why."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from controller.logs.flights import store
from controller.logs.record.additions import Addition, digest_of

Proof = Literal["chain", "addition", "own", "none", "removed"]

# The proofs themselves.
_PROOFS = frozenset((store.CHAIN, store.ADDITIONS))
_OWN_PROOF = {
    store.MERGE_INDEX: "signed by itself",
    store.MERGED_FRAMES: f"checked with {store.MERGE_INDEX}",
    store.BOX_RECORD: "checked by the box's own chain",
}
_COLUMNS = "columns"  # tables of `landline logs sql`
_WHY_NOT = {
    store.REPORT: "it was made without the signing key, or by an older version; "
    "make it again: landline logs report {flight}",
    store.EGRESS: "it was written without the signing key",
    store.PHOTOS: "it was written without the signing key",
    store.TRUTH: "it was written without the signing key, by an older version, or the flight was interrupted",
    _COLUMNS: "a copy of the record for landline logs sql, made again when it is missing",
}
_FOREIGN = "it is no part of the record"


@dataclass(frozen=True, slots=True)
class FileProof:
    """One file (or folder) beside the record: what proves it, and for `none` the reason."""

    file: str
    proof: Proof
    reason: str = ""


def file_proofs(
    folder: Path, *, chained: Collection[str], additions: list[Addition], trusted_keys: Collection[str] | None
) -> tuple[list[FileProof], str]:
    """Return the proof of each file of the folder, and the first change that an addition shows ("" for none).

    `trusted_keys` are the keys whose additions count; None for all.
    """
    by_name = {one.file: one for one in additions if not one.fault}
    wrong = next((one.fault for one in additions if one.fault), "")
    found = []
    for path in sorted(folder.iterdir()):
        if path.name in _PROOFS:
            continue
        if path.name in chained:
            found.append(FileProof(path.name, "chain"))
            continue
        signed = by_name.pop(path.name, None)
        if signed is not None and trusted_keys is not None and signed.key not in trusted_keys:
            found.append(FileProof(path.name, "none", f"it is signed by unknown key {signed.key}"))
        elif signed is not None:
            changed = _is_changed(path, signed)
            wrong = wrong or (f"{path.name} was changed after it was signed" if changed else "")
            found.append(FileProof(path.name, "addition"))
        elif path.name in _OWN_PROOF:
            found.append(FileProof(path.name, "own", _OWN_PROOF[path.name]))
        else:
            reason = _WHY_NOT.get(path.name, _FOREIGN).format(flight=folder.name)
            found.append(FileProof(path.name, "none", reason))
    for name in sorted(by_name):
        found.append(FileProof(name, "removed", "it was signed, and is gone"))
        if name != store.REPORT:  # a report can be made again
            wrong = wrong or f"cannot read {name}: it was signed, and is gone"
    return found, wrong


def _is_changed(path: Path, signed: Addition) -> bool:
    try:
        return digest_of(path) != (signed.length, signed.sha256)
    except OSError:
        return True
