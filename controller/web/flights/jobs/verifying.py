"""Verification of a flight for the page: what is covered, who signed it, and the first change."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from controller.logs.box.merge import verify_merge
from controller.logs.box.record import FILE as BOX_RECORD
from controller.logs.box.record import announced_heads, verify_box_record
from controller.logs.flights.store import FRAMES, MERGE_INDEX, is_only_imported, read_import
from controller.logs.record.keys import known_keys
from controller.logs.record.ledger import read_ledger
from controller.logs.verification.flight import verify_flight
from controller.logs.verification.imported import import_fault


def verification(folder: Path, keys: Path) -> dict[str, Any]:
    """Verify one flight as `landline logs verify` does, with the box record and the merge in its folder.

    Of an imported flight, of which there is no record, `imported` alone says whether its file is unchanged.
    """
    if is_only_imported(folder):
        told, why = read_import(folder), import_fault(folder)
        shown = {name: str(told.get(name, "")) for name in ("name", "title", "sha256", "imported_utc")}
        return {"ok": not why, "imported": {**shown, "why": why}}
    trusted = set(known_keys(keys))
    found = verify_flight(folder, ledger=read_ledger(keys), trusted=trusted)
    fault = found.first_fault
    result: dict[str, Any] = {
        "ok": found.ok,
        "imported": None,
        "closed": found.closed,
        "blocks": found.blocks,
        "frames": found.frames,
        "signed_by": found.signed_by,
        "key_known": found.signed_by in trusted,
        "first_bad": None
        if fault is None
        else {"block": fault.block, "offset": fault.offset, "why": fault.why},
        "unsigned_blocks": found.unsigned_blocks,
        "tail_bytes": found.tail_bytes,
        "recorded_as": found.flight,
        "files": [asdict(one) for one in found.files],
        "uncovered": list(found.uncovered),
        "box": None,
        "merge": None,
    }
    if (folder / BOX_RECORD).is_file():
        heads = announced_heads(folder / FRAMES) if (folder / FRAMES).is_file() else {}
        box = verify_box_record(folder / BOX_RECORD, heads)
        why = box.first_fault.why if box.first_fault else ""
        result["box"] = {"ok": box.ok, "blocks": box.blocks, "frames": box.frames, "why": why}
    if (folder / MERGE_INDEX).is_file():
        merge = verify_merge(folder, trusted=trusted)
        result["merge"] = {"ok": merge.ok, "frames": merge.frames, "why": merge.why}
    return result
