"""Random single changes of a recorded flight's files, and the check that verification finds each of them."""

from __future__ import annotations

import json
import random
from pathlib import Path

from controller.logs.record.chain import CHAIN_FILE
from controller.logs.record.ledger import read_ledger
from controller.logs.verification.flight import verify_flight

KINDS = (
    "bit", "byte", "swap", "cut", "splice", "double", "truncate", "append", "reorder",
    "remove", "older head", "roll back",
)  # fmt: skip


def is_head(line: bytes) -> bool:
    """Return whether a line of the chain is a signed head."""
    return b'"kind":"head"' in line


def single_change(kind: str, files: dict[str, bytes], rng: random.Random) -> dict[str, bytes | None]:
    """Return the files that one random change of that kind changes; None for a removed file."""
    name = rng.choice(sorted(files))
    raw, other = files[name], files[rng.choice(sorted(files))]
    at, there = rng.randrange(len(raw)), rng.randrange(len(raw))
    span = rng.randrange(1, 60)
    match kind:
        case "bit":
            return {name: raw[:at] + bytes((raw[at] ^ 1 << rng.randrange(8),)) + raw[at + 1 :]}
        case "byte":
            return {name: raw[:at] + bytes((rng.randrange(256),)) + raw[at + 1 :]}
        case "swap":
            changed = bytearray(raw)
            changed[at], changed[there] = changed[there], changed[at]
            return {name: bytes(changed)}
        case "cut":
            return {name: raw[:at] + raw[at + span :]}
        case "splice":
            begin = rng.randrange(len(other))
            return {name: raw[:at] + other[begin : begin + span] + raw[at:]}
        case "double":
            return {name: raw[: at + span] + raw[at:]}
        case "truncate":
            return {name: raw[:at]}
        case "append":
            return {name: raw + other[:span]}
        case "remove":
            return {name: None}
        case "reorder":
            name = rng.choice([name for name in files if files[name].count(b"\n") > 1])
            lines = files[name].splitlines(keepends=True)
            first, second = sorted(rng.sample(range(len(lines)), 2))
            lines[first], lines[second] = lines[second], lines[first]
            return {name: b"".join(lines)}
        case "older head":
            lines = files[CHAIN_FILE].splitlines(keepends=True)
            older, newer = sorted(
                rng.sample([number for number, line in enumerate(lines) if is_head(line)], 2)
            )
            lines[newer] = lines[older]
            return {CHAIN_FILE: b"".join(lines)}
        case _:
            return dict(rolled_back(files, rng))


def rolled_back(files: dict[str, bytes], rng: random.Random) -> dict[str, bytes | None]:
    """Return all files as they were when an older head was the newest."""
    lines = files[CHAIN_FILE].splitlines(keepends=True)
    end = rng.choice([number for number, line in enumerate(lines[:-1]) if is_head(line)]) + 1
    lengths: dict[str, int] = {}
    for line in map(json.loads, lines[:end]):
        if line["kind"] in ("block", "file"):
            lengths[line["file"]] = line.get("offset", 0) + line["length"]
    kept = {name: raw[: lengths[name]] if name in lengths else None for name, raw in files.items()}
    return kept | {CHAIN_FILE: b"".join(lines[:end])}


def check_changes_are_found(folder: Path, keys: Path, changes: int, seed: int) -> dict[str, int]:
    """Make `changes` single changes, one at a time, and assert that each is found. Return the number of each kind."""
    rng = random.Random(seed)
    ledger = read_ledger(keys)
    originals = {path.name: path.read_bytes() for path in folder.iterdir()}
    made = dict.fromkeys(KINDS, 0)
    while sum(made.values()) < changes:
        kind = rng.choice(KINDS)
        changed = single_change(kind, originals, rng)
        if all(originals[name] == raw for name, raw in changed.items()):
            continue
        for name, raw in changed.items():
            (folder / name).unlink() if raw is None else (folder / name).write_bytes(raw)
        result = verify_flight(folder, ledger=ledger)
        assert not result.ok, f"'{kind}' of {list(changed)} was not found (seed {seed}, {made})"
        assert result.first_fault is not None
        for name in changed:
            (folder / name).write_bytes(originals[name])
        made[kind] += 1
    assert verify_flight(folder, ledger=ledger).ok
    return made
